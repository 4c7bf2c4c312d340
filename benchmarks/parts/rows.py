# SPDX-License-Identifier: BSD-3-Clause
"""Runs of elements that share a draw: drop_path and trailing shared axes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from measure import Case, Goal, timed
from subjects import (
    KEY,
    MIB,
    Array,
    Operation,
    beside_copy,
    drop_path,
    dropout,
    drops,
    filled,
    same,
)

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

SIZES = (("1 MiB", MIB, Goal(1.15, 1.15)), ("256 MiB", 256 * MIB, Goal(1.05, 1.05)))
RUNS = (("1 KiB", 256), ("64 KiB", 16384))  # names and elements
UNREAD = Goal(0.85, 0.85)  # dropped rows are not read
ADD = "np.add(r, x, out=y)"


def cases() -> Iterator[Case]:
    """float32 in runs of 1 KiB and of 64 KiB."""
    for size, bytes_, goal in SIZES:
        for run, length in RUNS:
            shape = bytes_ // 4 // length, length
            unread = (UNREAD,) if bytes_ > MIB else ()
            yield beside_copy(
                f"{size} in runs of {run}",
                shape,
                {
                    "drop_path prob=0.1": (drop_path(0.1), goal),
                    "drop_path prob=0.5": (drop_path(0.5), goal, *unread),
                    "dropout p=0.1, shared_axes": (dropout(0.1, shared_axes=1), goal),
                    "dropout p=0.5, shared_axes": (dropout(0.5, shared_axes=1), goal),
                },
            )
        setup = functools.partial(residuals, (bytes_ // 4096, 1024))
        name = f"{size} in runs of 4 KiB, residual"
        yield Case(name, bytes_ // 4, setup, memory=4 * bytes_)


def residuals(shape: tuple[int, ...]) -> dict[str, Subject]:
    """What is added to in the same pass."""
    x = filled(shape)
    r, out = x[::-1].copy(), np.zeros_like(x)
    base = (ADD,)
    found = {
        ADD: timed(
            lambda: np.add(r, x, out=out), lambda: same(np.add(r, x, out=out), r + x)
        )
    }
    for p in (0.1, 0.5):
        goal = Goal(1.05, 1.05)
        label = f"drop_path prob={p}, residual=r"
        found[label] = drops(added(r, p), x, out, goal, against=base)
    return found


def added(r: Array, p: float) -> Operation:
    """drop_path with a residual."""
    return lambda x, out: dl.drop_path(x, p, True, rng=KEY, residual=r, out=out)
