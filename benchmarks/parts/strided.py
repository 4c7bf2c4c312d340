# SPDX-License-Identifier: BSD-3-Clause
"""Views that are not contiguous, beside np.multiply on the same."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from measure import Case, Goal, timed
from subjects import Array, dropout, drops, filled, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure import Subject

MULTIPLY = "np.multiply(x, s, out=y)"
SIZES = (("1 MiB", 512), ("64 MiB", 4096))  # names and sides of a square of float32
VIEWS: dict[str, tuple[Callable[[Array], Array], tuple[float, float]]] = {
    "row-sliced a[:, 8:-8]": (lambda a: a[:, 8:-8], (1.5, 1.5)),
    "step 2 a[:, ::2]": (lambda a: a[:, ::2], (1.5, 1.4)),
    "reversed a[::-1, ::-1]": (lambda a: a[::-1, ::-1], (1.5, 1.4)),
    "transposed a.T": (lambda a: a.T, (2.5, 2.5)),
    "channels-last (N, 64, H, W)": (
        lambda a: a.reshape(16, -1, 32, 64).transpose(0, 3, 1, 2),
        (2.5, 2.5),
    ),
}  # with goals for each size


def cases() -> Iterator[Case]:
    """Each view of a square array, into an array of the layout that it asks for."""
    for i, (size, side) in enumerate(SIZES):
        for name, (view, bounds) in VIEWS.items():
            elements = view(np.empty((side, side), np.float32)).size
            goal = Goal(bounds[i], bounds[i])
            setup = functools.partial(views, side, view, goal)
            yield Case(f"{name}, {size}", elements, setup, seconds=1.0)


def views(side: int, view: Callable[[Array], Array], goal: Goal) -> dict[str, Subject]:
    """One view."""
    x = view(filled((side, side)))
    out = np.empty_like(x)
    s = np.full((), 1.25, x.dtype)
    base = (MULTIPLY,)

    def multiply() -> Array:
        return np.multiply(x, s, out=out)

    return {
        MULTIPLY: timed(multiply, lambda: same(multiply(), x * s), base),
        "dropout p=0.5": drops(dropout(0.5), x, out, goal, against=base),
        "dropout p=0.1": drops(dropout(0.1), x, out, goal, against=base),
    }
