"""``python -m droplayers``: what the package does, shown and measured here."""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

ELEMENTS = 10_000_000
ROUNDS = 5
FAR = 5.0  # sigmas: chance alone goes beyond in one of 1.7 million measurements


def main(argv: Sequence[str] | None = None) -> int:
    """Show the functions, check them on many elements, and time them.

    Parameters
    ----------
    argv : sequence of str, optional
        The command line; by default the process's own.

    Returns
    -------
    int
        The exit status: 0, or 1 if a result is not what it has to be.
    """
    parser = argparse.ArgumentParser(
        prog="droplayers",
        description="Dropout and drop-path on NumPy arrays: shown, checked and timed.",
    )
    parser.add_argument(
        "--key",
        type=int,
        default=6,
        help="an integer in [0, 2**64) that decides all masks (default: %(default)s)",
    )
    try:
        key = dl.Key(parser.parse_args(argv).key)
    except ValueError as error:
        parser.error(f"argument --key: {error}")
    rng = np.random.default_rng(int(key))
    show_versions()
    show_small(key)
    right = show_samples(key)
    right &= show_statistics(rng)
    show_times(rng)
    return 0 if right else 1


def heading(text: str) -> None:
    """Begin a part."""
    print(f"\n{text}\n{'-' * len(text)}")


def show_versions() -> None:
    """What runs here."""
    config = dl.show_config(mode="dicts")
    print(
        f"droplayers {config['version']}, NumPy {np.__version__}, Python"
        f" {platform.python_version()}; kernels: {config['isa']}, threads:"
        f" {config['num_threads']}"
    )


def show_small(key: dl.Key) -> None:
    """Both functions on a small array, and a mask that its Key draws again."""
    heading("A small array")
    x = np.arange(1.0, 13.0).reshape(3, 4)
    grad = np.ones_like(x)
    first, second = key.split(2)
    show("x = np.arange(1.0, 13.0).reshape(3, 4)", x)
    show(f"first, second = {key}.split(2)")
    show("dropout(x, 0.5, rng=first)", dl.dropout(x, 0.5, rng=first))
    show("drop_path(x, 0.5, True, rng=second)", dl.drop_path(x, 0.5, True, rng=second))
    show("The backward pass draws the same mask again:")
    show("dropout(np.ones_like(x), 0.5, rng=first)", dl.dropout(grad, 0.5, rng=first))
    show("Nothing is done, or copied, in test mode:")
    show('dropout(x, 0.5, "test") is x', dl.dropout(x, 0.5, "test") is x)


def show(text: str, value: object = "") -> None:
    """A text, and a value of any number of lines beside it."""
    first, *others = str(value).split("\n")
    print(f"{text:42}{first}".rstrip(), *(" " * 42 + line for line in others), sep="\n")


def show_samples(key: dl.Key) -> bool:
    """Which samples of a (4, 3, 2, 2) array drop_path drops; whether that is right."""
    heading("drop_path(x, 0.2, True) on an array of shape (4, 3, 2, 2)")
    x = 4.0 * np.arange(1, 49).reshape(4, 3, 2, 2)
    y, keep = dl.drop_path(x, 0.2, True, rng=key.child(2), return_mask=True)
    print("x is 4, 8, ..., 192, so x/0.8 is 5, 10, ..., 240.")
    for b, (sample, kept) in enumerate(zip(y.reshape(4, -1), keep, strict=True)):
        values = "".join(f"{value:5.0f}" for value in sample)
        print(f"y[{b}] {'kept' if kept else 'dropped':9}{values}")
    off = np.abs(y[keep] - x[keep] / 0.8).max(initial=0.0)
    others = np.abs(y[~keep]).max(initial=0.0)
    print(
        f"Largest |y - x/0.8| where kept: {off:g}; largest |y| where dropped: {others:g}"
    )
    return not off and not others


def show_statistics(rng: np.random.Generator) -> bool:
    """The share dropped and the mean of many elements; whether both are as near to
    what is expected as chance alone puts them."""
    heading(f"{ELEMENTS:,} elements of float32")
    x = rng.random(ELEMENTS, dtype=np.float32) + np.float32(0.5)  # none is zero
    rows = x.reshape(-1, 10)
    print(f"{'':24}{'share dropped':^29}   {'mean of y':^29}")
    print(" " * 24 + "   ".join([f"{'measured':>9}{'expected':>11}{'off by':>9}"] * 2))
    right = [
        show_row("dropout(x, 0.1)", x, 0.1, dl.dropout(x, 0.1, rng=rng)),
        show_row("dropout(x, 0.5)", x, 0.5, dl.dropout(x, 0.5, rng=rng)),
        show_row(
            "drop_path(x, 0.2, True)", rows, 0.2, dl.drop_path(rows, 0.2, True, rng=rng)
        ),
    ]
    print(
        "off by: in standard deviations of what chance alone gives; 99.7% of right"
        " results\nare within 3."
    )
    return all(right)


def show_row(name: str, x: Floats, p: float, y: Floats) -> bool:
    """Share dropped and mean beside what is expected, for one mask out of many.

    What is kept or dropped as one has a sum s in x. Kept with probability 1 - p, and
    then divided by it, that sum has the variance ``s**2 * p / (1 - p)``.
    """
    sums = x if x.ndim == 1 else x.sum(axis=1)
    squares = float(np.square(sums).sum(dtype=np.float64))
    share = 1.0 - np.count_nonzero(y) / y.size, p, math.sqrt(p * (1.0 - p) / len(x))
    ...
