"""The rate of DropBlock's seeds, from the share of cells that their blocks drop."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from .mask import ONE

if TYPE_CHECKING:
    from .._validation import Array


@functools.lru_cache(maxsize=256)
def seed_threshold(p: float, sides: tuple[tuple[int, int], ...]) -> int:
    """The smallest threshold at which the seeds' blocks drop an expected share of at
    least p. sides are pairs: the length of an axis, and of a block along it."""
    seeds, cells = _coverage(sides)
    low, high = 0, ONE
    while low < high:
        middle = (low + high) // 2
        if _dropped_share(seeds, cells, middle) >= p:
            high = middle
        else:
            low = middle + 1
    return low


@functools.lru_cache(maxsize=16)
def _coverage(sides: tuple[tuple[int, int], ...]) -> tuple[Array, Array]:
    """The distinct numbers of seeds that can cover a cell, ascending, and the number of
    cells for each."""
    seeds: Array = np.ones(1, np.intp)
    cells: Array = np.ones(1)
    for d, side in sides:
        along, places = _covering(d, side)
        seeds, inverse = np.unique(np.multiply.outer(seeds, along), return_inverse=True)
        cells = np.bincount(inverse.ravel(), np.multiply.outer(cells, places).ravel())
    return seeds, cells


def _covering(d: int, side: int) -> tuple[Array, Array]:
    """The same along one axis: from either end, the number of seeds rises by one a
    place."""
    most = min(side, d - side + 1)
    places = np.full(most, 2.0)
    places[-1] = d - 2 * (most - 1)
    return np.arange(1, most + 1), places


@np.errstate(all="ignore")
def _dropped_share(seeds: Array, cells: Array, t: int) -> float:
    """The expected share that is dropped if seeds have the threshold t. Powers and sums
    are accumulated in order, as STREAM.md defines them to the bit."""
    powers = np.full(seeds[-1], 1.0 - t / ONE)
    np.multiply.accumulate(powers, out=powers)
    terms = cells * (1.0 - powers[seeds - 1])
    return float(np.add.accumulate(terms)[-1] / cells.sum())
