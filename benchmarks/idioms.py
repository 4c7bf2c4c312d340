# SPDX-License-Identifier: BSD-3-Clause
"""Dropout as it is written with NumPy alone, each checked against a selection made of
the same draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from measure import Goal, Subject, timed
from subjects import Array, same

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 7


def binomial(
    x: Array, p: float, against: tuple[str, ...] = (), *goals: Goal
) -> Subject:
    """The most common one."""

    def call() -> Array:
        return x * (np.random.binomial(1, 1 - p, size=x.shape) / (1 - p))

    def check() -> bool:
        np.random.seed(SEED)
        y = call()
        np.random.seed(SEED)
        keep = np.random.binomial(1, 1 - p, size=x.shape).astype(bool)
        return same(y, np.where(keep, x * np.float64(1 / (1 - p)), 0.0))

    return timed(call, check, against, *goals)


def uniform(x: Array, p: float, against: tuple[str, ...] = (), *goals: Goal) -> Subject:
    """The fastest one, in float32 throughout."""
    rng = np.random.default_rng(SEED)
    scale = np.float32(1 / (1 - p))

    def call() -> Array:
        return x * ((rng.random(x.shape, dtype=np.float32) >= p) * scale)

    def check() -> bool:
        state = rng.bit_generator.state
        y = call()
        rng.bit_generator.state = state
        keep = rng.random(x.shape, dtype=np.float32) >= p
        return same(y, np.where(keep, x * scale, np.float32(0)))

    return timed(call, check, against, *goals)


IDIOMS: dict[str, Callable[..., Subject]] = {
    "np.random.binomial": binomial,
    "rng.random(float32) >= p": uniform,
}
