# SPDX-License-Identifier: BSD-3-Clause
"""Whole calls on few elements, a new array each, beside np.multiply(x, 2.0)."""

from __future__ import annotations

import functools
import timeit
from typing import TYPE_CHECKING, Any

import numpy as np
from idioms import binomial
from measure import Case, Goal, Subject
from subjects import KEY, Array, filled, same, scalar_kernels

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1, 16, 128, 1024)
MULTIPLY = "np.multiply(x, 2.0)"
DROPOUT = "dl.dropout(x, 0.5, rng={})"
DROP_PATH = "dl.drop_path(x, 0.5, True, rng={})"
GOALS = {"key": Goal(1.0, 1.0), "None": Goal(1.3, 1.3), "generator": Goal(1.5, 1.5)}
NEVER_SLOWER = Goal(1.0, 1.0, least=True)


def cases() -> Iterator[Case]:
    """float32 of a few sizes."""
    for n in SIZES:
        name = "1 element" if n == 1 else f"{n} elements"
        yield Case(name, n, functools.partial(calls, n), unit="us/call")


def calls(n: int) -> dict[str, Subject]:
    """Both functions with each kind of rng; statements, so that nothing but the call
    is timed."""
    x = filled((min(n, 8), max(1, n // 8)))
    names = {"np": np, "dl": dl, "x": x, "key": KEY, "generator": generator()}
    found = {MULTIPLY: statement(MULTIPLY, names, x + x)}
    for rng, goal in GOALS.items():
        for call in (DROPOUT, DROP_PATH):
            code = call.format(rng)
            found[code] = statement(code, names, None, goal)
    found["binomial idiom"] = binomial(x, 0.5, (DROPOUT.format("None"),), NEVER_SLOWER)
    return found


def generator() -> np.random.Generator:
    """One that gives the same each time."""
    return np.random.default_rng(0)


def statement(
    code: str, names: dict[str, Any], expected: Array | None, *goals: Goal
) -> Subject:
    """A call, which gives what is expected, or what the scalar kernels give for the
    mask that its zeros tell of."""

    def check() -> bool:
        y = eval(code, names)
        if expected is not None:
            return same(y, expected)
        x = names["x"]
        with scalar_kernels():
            return same(y, dl.dropout(x, 0.5, mask=y != 0))

    timer = timeit.Timer(code, globals=names)
    against = () if expected is not None else (MULTIPLY,)
    return Subject(timer.timeit, check, against, goals)
