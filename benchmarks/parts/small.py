# SPDX-License-Identifier: BSD-3-Clause
"""Whole calls on few elements: functions beside np.multiply(x, 2.0), which makes a new
array as they do, and layers beside their functions."""

from __future__ import annotations

import functools
import timeit
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from idioms import binomial
from measure import Case, Goal, Subject
from subjects import KEY, Array, filled, same, scalar_kernels

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1, 16, 256, 4096)
MULTIPLY = "np.multiply(x, 2.0)"
FUNCTIONS = {
    "Dropout": "dl.dropout(x, 0.5, rng={})",
    "SpatialDropout": "dl.spatial_dropout(x, 0.5, rng={})",
    "DropPath": "dl.drop_path(x, 0.5, True, rng={})",
}
IN_TEST_MODE = {
    "Dropout": 'dl.dropout(x, 0.5, "test")',
    "SpatialDropout": 'dl.spatial_dropout(x, 0.5, "test")',
    "DropPath": "dl.drop_path(x, 0.5)",
}
OTHERS = (
    "dl.dropout(half, 0.5, rng=key)",
    "dl.alpha_dropout(x, 0.5, rng=key)",
    "dl.gaussian_dropout(x, 0.5, rng=key)",
)
RATES = {"np.float64(0.5)": np.float64(0.5), "np.float32(0.5)": np.float32(0.5)}
GOALS = {"key": Goal(1.0, 1.0), "None": Goal(1.3, 1.3), "generator": Goal(1.5, 1.5)}
ANY_RATE = Goal(1.3, 1.3)
LAYER = Goal(3.0, 3.0)
TEST_MODE, LAYER_IN_TEST_MODE = Goal(1.0, 1.0), Goal(2.0, 2.0)
NEVER_SLOWER = Goal(1.0, 1.0, least=True)


def cases() -> Iterator[Case]:
    """Arrays of a few sizes."""
    for n in SIZES:
        name = "1 element" if n == 1 else f"{n} elements"
        yield Case(name, n, functools.partial(calls, n), unit="us/call")


def calls(n: int) -> dict[str, Subject]:
    """Functions with each kind of rng and of rate, and layers; in test mode too."""
    x = filled((min(n, 8), max(1, n // 8)))
    names = {"np": np, "dl": dl, "x": x, "key": KEY, "generator": generator()}
    found = {MULTIPLY: statement(MULTIPLY, names, x + x)}
    for rng, goal in GOALS.items():
        for call in FUNCTIONS.values():
            code = call.format(rng)
            found[code] = statement(code, names, None, MULTIPLY, goal)
    for code in IN_TEST_MODE.values():
        found[code] = statement(code, names, x, MULTIPLY, TEST_MODE)
    found |= others(names)
    found |= rates(names)
    found |= layers(names)
    found["binomial idiom"] = binomial(
        x, 0.5, (FUNCTIONS["Dropout"].format("None"),), NEVER_SLOWER
    )
    return found


def others(names: dict[str, Any]) -> dict[str, Subject]:
    """bfloat16, and functions that are no mere scaling."""
    names = {**names, "half": names["x"].astype(ml_dtypes.bfloat16)}
    found = {}
    for code in OTHERS:
        with scalar_kernels():
            expected = eval(code, names)
        found[code] = statement(code, names, expected, MULTIPLY)
    return found


def rates(names: dict[str, Any]) -> dict[str, Subject]:
    """Rates that are no float, beside one that is."""
    usual = FUNCTIONS["Dropout"].format("generator")
    found = {}
    for rate, p in {**RATES, "0": 0, "1": 1}.items():
        code = usual.replace("0.5", "p")
        own = {**names, "p": p}
        expected = names["x"] if p == 0 else None
        found[usual.replace("0.5", rate)] = statement(
            code, own, expected, usual, ANY_RATE
        )
    return found


def layers(names: dict[str, Any]) -> dict[str, Subject]:
    """Layers of the same generator as their functions."""
    found = {}
    for name, function in FUNCTIONS.items():
        make, usual = getattr(dl, name), function.format("generator")
        own = {**names, "layer": make(0.5, rng=names["generator"])}
        found[f"{name}(0.5)(x)"] = statement("layer(x)", own, None, usual, LAYER)
        own = {**names, "layer": make(0.5).eval()}
        found[f"{name}(0.5).eval()(x)"] = statement(
            "layer(x)", own, names["x"], MULTIPLY, LAYER_IN_TEST_MODE
        )
    return found


def generator() -> np.random.Generator:
    """One that gives the same each time."""
    return np.random.default_rng(0)


def statement(
    code: str,
    names: dict[str, Any],
    expected: Array | None,
    against: str = "",
    *goals: Goal,
) -> Subject:
    """A call, timed as a statement so that nothing but the call is; it gives what is
    expected, or what the scalar kernels give for the mask that its zeros tell of."""

    def check() -> bool:
        y = eval(code, names)
        if expected is not None:
            return same(y, expected)
        x = names["x"]
        with scalar_kernels():
            return same(y, dl.dropout(x, 0.5, mask=y != 0))

    timer = timeit.Timer(code, globals=names)
    return Subject(timer.timeit, check, (against,) if against else (), goals)
