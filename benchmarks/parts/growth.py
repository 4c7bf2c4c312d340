# SPDX-License-Identifier: BSD-3-Clause
"""What an element costs as the array grows, from 1 MiB to 8 GiB of float32."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from measure import Case, Subject, timed
from subjects import COPIES, KEY, Array, copies, filled, same, scalar_kernels

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {
    "1 MiB": 1 << 18,
    "16 MiB": 1 << 22,
    "256 MiB": 1 << 26,
    "2 GiB": 1 << 29,
    "8 GiB": 1 << 31,
}
BLOCK = 1 << 22


def cases() -> Iterator[Case]:
    """Out of place, so twice the array's size."""
    for name, n in SIZES.items():
        yield Case(name, n, functools.partial(grown, n), memory=8 * n + 2**28)


def grown(n: int) -> dict[str, Subject]:
    """A size."""
    x = filled(n)
    out = np.zeros_like(x)
    return copies(x, out) | {f"dropout p={p}": drop(x, out, p) for p in (0.5, 0.1)}


def drop(x: Array, out: Array, p: float) -> Subject:
    """A call that is checked block by block: a second result would not fit."""

    def call() -> object:
        return dl.dropout(x, p, rng=KEY, out=out)

    def check() -> bool:
        call()
        with scalar_kernels():
            return all(right(i) for i in range(0, x.size, BLOCK))

    def right(i: int) -> bool:
        part = x[i : i + BLOCK]
        expected = dl.dropout(part, p, rng=KEY, full_shape=x.shape, start=(i,))
        return same(out[i : i + BLOCK], expected)

    return timed(call, check, COPIES)
