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
        prog="droplayers", description="Dropout and drop-path: shown, checked, timed."
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of every mask shown (default: %(default)s)"
    )
    rng = np.random.default_rng(parser.parse_args(argv).seed)
    config = dl.show_config(mode="dicts")
    threads = config["num_threads"]
    print(
        f"droplayers {config['version']} on NumPy {np.__version__} and Python"
        f" {platform.python_version()}: {config['isa']}, {threads} thread"
        + "s"
        * (threads != 1)
    )
    show_small(rng)
    right = show_samples(rng)
    right &= show_statistics(rng)
    show_times(rng)
    return 0 if right else 1


def heading(text: str) -> None:
    """Begin a part."""
    print(f"\n{text}\n{'-' * len(text)}")


def show_small(rng: np.random.Generator) -> None:
    """Both functions on a small array, and the mask that a Key draws again."""
    heading("A small array")
    x = np.arange(1.0, 13.0).reshape(3, 4)
    key = dl.Key.fresh(rng)
    show("x = np.arange(1.0, 13.0).reshape(3, 4)", x)
    show(f"dropout(x, 0.5, rng={key})", dl.dropout(x, 0.5, rng=key))
    show("the same on a gradient of ones", dl.dropout(np.ones_like(x), 0.5, rng=key))
    show('dropout(x, 0.5, "test") is x', dl.dropout(x, 0.5, "test") is x)
    key = dl.Key.fresh(rng)
    show(f"drop_path(x, 0.5, True, rng={key})", dl.drop_path(x, 0.5, True, rng=key))


def show(expression: str, value: object) -> None:
    """An expression, and its value beside it."""
    left = [expression]
    for line in str(value).splitlines():
        print(f"{left.pop() if left else '':50}{line}")


def show_samples(rng: np.random.Generator) -> bool:
    """Which samples of a (4, 3, 2, 2) array drop_path drops; whether that is right."""
    heading("drop_path(x, 0.2, True) on a (4, 3, 2, 2) array")
    x = 4.0 * np.arange(1, 49).reshape(4, 3, 2, 2)
    y, keep = dl.drop_path(x, 0.2, True, rng=rng, return_mask=True)
    print("x is 4, 8, ..., 192, so x/0.8 is 5, 10, ..., 240\n")
    for b, (row, kept) in enumerate(zip(y.reshape(4, -1), keep, strict=True)):
        values = "".join(f"{value:5.0f}" for value in row)
        print(f"y[{b}]  {'kept' if kept else 'dropped':7} {values}")
    off = np.abs(y[keep] - x[keep] / 0.8).max(initial=0.0)
    zero = not y[~keep].any()
    print(
        f"\nkept: the largest difference from x/0.8 is {off:g}; dropped: all 0, {zero}"
    )
    return bool(off == 0.0) and zero


def show_statistics(rng: np.random.Generator) -> bool:
    """The share dropped and the mean of many elements, and how far chance alone puts
    them from p and from the mean of x; whether they are as near as that."""
    heading(f"{ELEMENTS:,} elements of float32")
    x = rng.random(ELEMENTS, dtype=np.float32) + np.float32(0.5)  # none is zero
    samples = x.reshape(-1, 10)
    mean = x.mean(dtype=np.float64)
    print(f"{'':25}{'share dropped':^27}    {f'mean of y (of x: {mean:.6f})':^27}")
    print(f"{'':25}" + "    ".join([f"{'measured':9}{'sigma':>9}{'off by':>9}"] * 2))
    off = []
    for name, p, units, y in (
        ("dropout(x, 0.1)", 0.1, x[:, None], dl.dropout(x, 0.1, rng=rng)),
        ("dropout(x, 0.5)", 0.5, x[:, None], dl.dropout(x, 0.5, rng=rng)),
        (
            "drop_path(x, 0.2, True)",
            0.2,
            samples,
            dl.drop_path(samples, 0.2, True, rng=rng),
        ),
    ):
        measured = [1.0 - np.count_nonzero(y) / ELEMENTS, y.mean(dtype=np.float64)]
        sigmas = deviations(units, p)
        off += [
            (m - e) / s for m, e, s in zip(measured, (p, mean), sigmas, strict=True)
        ]
        cells = zip(measured, sigmas, off[-2:], strict=True)
        print(
            f"{name:25}"
            + "    ".join(f"{m:.6f} {s:9.6f}{z:+9.2f}" for m, s, z in cells)
        )
    print(
        "\nsigma is the standard deviation that chance alone gives, off by counts sigmas:"
        "\n68% of right results are within 1, 99.7% within 3."
    )
    return max(map(abs, off)) < FAR


def deviations(units: Floats, p: float) -> tuple[float, float]:
    """The standard deviations of the share dropped and of the mean, over all masks.

    Each row of `units` is kept with probability 1 - p, and then divided by it:
    its sum s has variance ``s**2 * p / (1 - p)``.
    """
    sums = units.sum(axis=1, dtype=np.float64)
    share = math.sqrt(p * (1.0 - p) / len(sums))
    return share, math.sqrt(p / (1.0 - p) * float(sums @ sums)) / units.size


def show_times(rng: np.random.Generator) -> None:
    """The time of both functions, of a copy and of what is written without them."""
    heading(f"Time for {ELEMENTS:,} elements of float32 (median of {ROUNDS})")
    x = rng.random((1000, ELEMENTS // 1000), dtype=np.float32)
    out = np.empty_like(x)

    def idiom(p: float) -> Callable[[], Floats]:
        return lambda: x * (np.random.binomial(1, 1 - p, size=x.shape) / (1 - p))

    new = {
        "a copy": x.copy,
        "dropout(x, 0.5)": lambda: dl.dropout(x, 0.5, rng=rng),
        "dropout(x, 0.1)": lambda: dl.dropout(x, 0.1, rng=rng),
        "drop_path(x, 0.2, True)": lambda: dl.drop_path(x, 0.2, True, rng=rng),
        "NumPy idiom, p = 0.5": idiom(0.5),
        "NumPy idiom, p = 0.1": idiom(0.1),
    }
    stored = {
        "a copy": lambda: np.copyto(out, x),
        "dropout(x, 0.5)": lambda: dl.dropout(x, 0.5, rng=rng, out=out),
        "dropout(x, 0.1)": lambda: dl.dropout(x, 0.1, rng=rng, out=out),
        "drop_path(x, 0.2, True)": lambda: dl.drop_path(x, 0.2, True, rng=rng, out=out),
    }
    columns = medians(new), medians(stored)
    print(f"{'':25}{'a new array':^20}    {'into out=':^20}")
    print(f"{'':25}" + "    ".join([f"{'ms':>8}{'x copy':>12}"] * 2))
    for name in new:
        cells = [
            f"{1e3 * column[name]:8.2f}{column[name] / column['a copy']:12.2f}"
            for column in columns
            if name in column
        ]
        print(f"{name:25}" + "    ".join(cells))
    print("\nidiom: x * (np.random.binomial(1, 1 - p, size=x.shape) / (1 - p))")


def medians(functions: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The median time of each function in seconds, taken in turns."""
    rounds = [list(map(seconds, functions.values())) for _ in range(ROUNDS)]
    return dict(zip(functions, map(statistics.median, zip(*rounds)), strict=True))


def seconds(function: Callable[[], Any]) -> float:
    """The time of one call."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
