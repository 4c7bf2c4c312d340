# SPDX-License-Identifier: BSD-3-Clause
"""Masks alone, beside copying as many float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measure import Case, Goal, timed
from subjects import COPIES, KEY, copies, filled, same, scalar_kernels, within

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

ELEMENTS = 1 << 18
GOALS = {0.5: Goal(0.2, 0.25), 0.25: Goal(0.25, 0.3), 0.1: Goal(0.85, 1.2)}
SCALAR = Goal(0.25, 0.25)  # ns an element


def cases() -> Iterator[Case]:
    """As many elements as 1 MiB of float32 has."""
    yield Case("keep_mask", ELEMENTS, masks)
    yield Case("keep_mask, scalar kernels", ELEMENTS, scalar)


def masks() -> dict[str, Subject]:
    """Packed masks, and boolean ones."""
    x = filled(ELEMENTS)
    found = copies(x, x.copy())
    for p, goal in GOALS.items():
        found[f"packed p={p}"] = mask(p, goal, packed=True)
    for p in GOALS:
        found[f"boolean p={p}"] = mask(p, packed=False)
    return found


def scalar() -> dict[str, Subject]:
    """Packed masks in plain C, whose goal is a time."""
    subject = mask(0.1, SCALAR, packed=True, against=())
    return {"packed p=0.1": within(scalar_kernels, subject)}


def mask(
    p: float, *goals: Goal, packed: bool, against: tuple[str, ...] = COPIES
) -> Subject:
    """A new mask."""

    def call() -> object:
        return dl.keep_mask(ELEMENTS, p, rng=KEY, packed=packed)

    def check() -> bool:
        with scalar_kernels():
            expected = call()
        return same(call(), expected)

    return timed(call, check, against, *goals)
