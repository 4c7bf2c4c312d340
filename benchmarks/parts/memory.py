# SPDX-License-Identifier: BSD-3-Clause
"""Far beyond the caches: 256 MiB where nothing else is said."""

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
#: dtypes, sizes, and goals at p = 0.5 and 0.1
OUT_OF_PLACE = (
    ("float32", SIZE, Goal(0.85, 0.95), Goal(0.85, 1.0)),
    ("float64", SIZE, Goal(1.0, 1.1), Goal(1.0, 1.15)),
    ("float16", SIZE, Goal(1.2, 1.4), Goal(1.7, 2.6)),
    ("bfloat16", SIZE, Goal(1.2, 1.4), Goal(1.7, 2.6)),
    ("float16", 64 * MIB, Goal(1.0, 1.1), Goal(1.1, 1.5)),
    ("bfloat16", 64 * MIB, Goal(1.0, 1.1), Goal(1.1, 1.5)),
)
IN_PLACE = Goal(1.1, 1.1), Goal(1.15, 1.2)
MULTIPLY = "np.multiply(x, 1, out=x)"


def cases() -> Iterator[Case]:
    """Out of place for each dtype, and in place."""
    for name, size, half, tenth in OUT_OF_PLACE:
        if name == "bfloat16" and importlib.util.find_spec("ml_dtypes") is None:
            continue
        dtype = element(name)
        yield beside_copy(
            f"{name}, {size // MIB} MiB, out of place",
            (size // dtype.itemsize,),
            {
                "dropout p=0.5": (dropout(0.5), half),
                "dropout p=0.1": (dropout(0.1), tenth),
            },
            dtype,
        )
    yield Case("float32, 256 MiB, in place", SIZE // 4, in_place, memory=4 * SIZE)


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
