# SPDX-License-Identifier: BSD-3-Clause
"""Far beyond the caches: 256 MiB, or what the case says."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import Case, Goal, timed
from subjects import MIB, beside_copy, dropout, drops, filled, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

SIZE = 256 * MIB
HALVES = Goal(1.0, 1.1), Goal(1.1, 1.5)
GOALS = {  # at p = 0.5 and 0.1
    "float32": (Goal(0.85, 0.95), Goal(0.85, 1.0)),
    "float64": (Goal(1.0, 1.1), Goal(1.0, 1.15)),
    "float16": HALVES,
    "bfloat16": HALVES,
}
IN_PLACE = Goal(1.1, 1.1), Goal(1.15, 1.2)
MULTIPLY = "np.multiply(x, 1, out=x)"


def cases() -> Iterator[Case]:
    """Out of place for each dtype, for halves at 64 MiB too, and in place."""
    for name, goals in GOALS.items():
        if name == "bfloat16" and importlib.util.find_spec("ml_dtypes") is None:
            continue
        yield out_of_place(f"{name}, out of place", SIZE, element(name), goals)
        if goals is HALVES:
            yield out_of_place(f"{name}, 64 MiB", SIZE // 4, element(name), goals)
    yield Case("float32, in place", SIZE // 4, in_place, memory=4 * SIZE)


def out_of_place(
    name: str, size: int, dtype: np.dtype[Any], goals: tuple[Goal, Goal]
) -> Case:
    """So many bytes of a dtype, into a warm array."""
    operations = {
        f"dropout p={p}": (dropout(p), goal)
        for p, goal in zip((0.5, 0.1), goals, strict=True)
    }
    return beside_copy(name, (size // dtype.itemsize,), operations, dtype)


def element(name: str) -> np.dtype[Any]:
    """NumPy's dtype, or that of ml_dtypes."""
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes

    bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return bfloat16


def in_place() -> dict[str, Subject]:
    """On one array, whose values do not matter to the time."""
    x = filled(SIZE // 4)
    before = x.copy()
    half, tenth = IN_PLACE
    one = np.ones((), x.dtype)

    def multiply() -> object:
        return np.multiply(x, one, out=x)

    def check() -> bool:
        np.copyto(x, before)
        multiply()
        return same(x, before)

    base = (MULTIPLY,)
    return {
        MULTIPLY: timed(multiply, check, base),
        "dropout p=0.5": drops(dropout(0.5), x, x, half, against=base),
        "dropout p=0.1": drops(dropout(0.1), x, x, tenth, against=base),
    }
