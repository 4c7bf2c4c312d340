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
    """The smallest T of seeds with which blocks drop an expected share of at least p:
    sides are the lengths of axes and of blocks along them."""
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
    """How many seeds' blocks can cover a cell, ascending, and how many cells have
    that many."""
    seeds: Array = np.ones(1, np.intp)
    cells: Array = np.ones(1)
    for d, side in sides:
        along, places = _covering(d, side)
        seeds, inverse = np.unique(np.multiply.outer(seeds, along), return_inverse=True)
        cells = np.bincount(inverse.ravel(), np.multiply.outer(cells, places).ravel())
    return seeds, cells


def _covering(d: int, side: int) -> tuple[Array, Array]:
    """How many seeds' blocks can cover a place of an axis, and how many places have
    that many: they rise by one from either end."""
    most = min(side, d - side + 1)
    places = np.full(most, 2.0)
    places[-1] = d - 2 * (most - 1)
    return np.arange(1, most + 1), places


@np.errstate(all="ignore")
def _dropped_share(seeds: Array, cells: Array, t: int) -> float:
    """The expected share dropped by seeds at rate t * 2**-40, where some cells are
    covered by some seeds each. Products and sums go on one after the other."""
    powers = np.full(seeds[-1], 1.0 - t * 2.0**-40)
    np.multiply.accumulate(powers, out=powers)
    terms = cells * (1.0 - powers[seeds - 1])
    return float(np.add.accumulate(terms)[-1] / cells.sum())
