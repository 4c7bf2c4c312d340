"""``python -m droplayers``: what the package does, shown and measured here."""

from __future__ import annotations

import argparse
import math
import os
import platform
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
KEY = 8  # one that drops one of the four samples shown
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
        The exit status: 0, or 1 if a result is not what it has to be, or nobody reads
        the output to its end.
    """
    try:
        try:
            return tour(argv)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:
        # The reader is gone, as head is after ten lines. Python flushes at its end too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def tour(argv: Sequence[str] | None) -> int:
    """What `main` does, for a reader who stays."""
    parser = argparse.ArgumentParser(
        prog="droplayers",
        description="Dropout and drop-path on NumPy arrays: shown, checked and timed.",
    )
    parser.add_argument(
        "--key",
        type=int,
        default=KEY,
        help="an integer in [0, 2**64): of the masks shown (default: %(default)s)",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {dl.__version__}"
    )
    try:
        key = dl.Key(parser.parse_args(argv).key)
    except ValueError as error:
        parser.error(f"argument --key: {error}")
    rng = np.random.default_rng()
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
    print(f"Largest |y - x/0.8| where kept: {off:g}")
    print(f"Largest |y| where dropped: {others:g}")
    return not off and not others


def show_statistics(rng: np.random.Generator) -> bool:
    """The share dropped and the mean of many elements; whether both are as near to
    what is expected as chance alone puts them."""
    heading(f"Share dropped and mean of {ELEMENTS:,} elements of float32")
    x = rng.random(ELEMENTS, dtype=np.float32) + np.float32(0.5)  # none is zero
    rows = x.reshape(-1, 10)
    print(f"{'':37}measured  expected     sigma    off by")
    off = [
        *show_moments("dropout(x, 0.1)", x, 0.1, dl.dropout(x, 0.1, rng=rng)),
        *show_moments("dropout(x, 0.5)", x, 0.5, dl.dropout(x, 0.5, rng=rng)),
        *show_moments(
            "drop_path(x, 0.2, True)", rows, 0.2, dl.drop_path(rows, 0.2, True, rng=rng)
        ),
    ]
    print(
        "sigma is the standard deviation that chance alone gives, over all masks:\n"
        "68% of right results are off by less than 1 sigma, 99.7% by less than 3.\n"
        "Each run draws new masks."
    )
    return max(map(abs, off)) < FAR


def show_moments(name: str, x: Floats, p: float, y: Floats) -> tuple[float, float]:
    """Two lines of a table, and their last column: by how many sigmas the share
    dropped and the mean of y are off.

    x[i] is kept with probability 1 - p, as one, and then divided by it: the variance
    of its sum s in y is ``s**2 * p / (1 - p)``.
    """
    sums = x.reshape(len(x), -1).sum(axis=1) if x.ndim > 1 else x
    squares = float(np.square(sums).sum(dtype=np.float64))
    share_sigma = math.sqrt(p * (1.0 - p) / len(x))
    mean_sigma = math.sqrt(p / (1.0 - p) * squares) / x.size
    share = 1.0 - np.count_nonzero(y) / y.size
    mean, expected = (float(a.mean(dtype=np.float64)) for a in (y, x))
    return (
        show_moment(f"{name:25}dropped", share, p, share_sigma),
        show_moment(f"{'':25}mean", mean, expected, mean_sigma),
    )


def show_moment(name: str, measured: float, expected: float, sigma: float) -> float:
    """A line of a table, and its last column."""
    off = (measured - expected) / sigma
    print(f"{name:35}{measured:10.6f}{expected:10.6f}{sigma:10.6f}{off:+10.2f}")
    return off


def show_times(rng: np.random.Generator) -> None:
    """The time of both functions, of a copy and of what is written without them."""
    heading(
        f"Time for {ELEMENTS:,} elements of float32, on one thread, median of {ROUNDS}"
    )
    x = rng.random((1000, ELEMENTS // 1000), dtype=np.float32)
    out = np.empty_like(x)

    def idiom(p: float) -> Callable[[], Floats]:
        return lambda: x * (np.random.binomial(1, 1 - p, size=x.shape) / (1 - p))

    new = {
        "copy": x.copy,
        "dropout(x, 0.1)": lambda: dl.dropout(x, 0.1, rng=rng),
        "dropout(x, 0.5)": lambda: dl.dropout(x, 0.5, rng=rng),
        "drop_path(x, 0.2, True)": lambda: dl.drop_path(x, 0.2, True, rng=rng),
        "NumPy idiom, p = 0.1": idiom(0.1),
        "NumPy idiom, p = 0.5": idiom(0.5),
    }
    stored = {
        "copy": lambda: np.copyto(out, x),
        "dropout(x, 0.1)": lambda: dl.dropout(x, 0.1, rng=rng, out=out),
        "dropout(x, 0.5)": lambda: dl.dropout(x, 0.5, rng=rng, out=out),
        "drop_path(x, 0.2, True)": lambda: dl.drop_path(x, 0.2, True, rng=rng, out=out),
    }
    columns = {
        "into a new array": medians(new, 1),
        "into out": medians(stored, 1),
    }
    if (threads := dl.get_num_threads()) > 1:
        columns[f"out on {threads} threads"] = {
            **medians(stored, threads),
            "copy": columns["into out"]["copy"],
        }
    print(" " * 25 + "".join(f"{column:>20}" for column in columns))
    print(" " * 25 + f"{'ms':>10}{'/ copy':>10}" * len(columns))
    for name in new:
        times = [(t[name], t["copy"]) for t in columns.values() if name in t]
        cells = "".join(f"{1e3 * t:10.2f}{t / copy:10.2f}" for t, copy in times)
        print(f"{name:25}{cells}")
    print(
        "NumPy idiom: x * (np.random.binomial(1, 1 - p, size=x.shape) / (1 - p)),"
        " in float64"
    )


def medians(functions: dict[str, Callable[[], Any]], threads: int) -> dict[str, float]:
    """The median time of each function in seconds, taken in turns."""
    with dl.num_threads(threads):
        rounds = [[seconds(f) for f in functions.values()] for _ in range(ROUNDS)]
    return dict(zip(functions, np.median(rounds, axis=0), strict=True))


def seconds(function: Callable[[], Any]) -> float:
    """The time of one call."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
