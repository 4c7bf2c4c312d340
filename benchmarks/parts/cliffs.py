# SPDX-License-Identifier: BSD-3-Clause
"""Call patterns beside NumPy's own into a new array: the worst twenty.

Speed must not depend on the luck of a layout, a shape or an option, and a second thread
must never cost."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from measure import Case, Goal, timed
from patterns import NUMPY, PATTERNS, Pattern
from subjects import MIB, NEVER_SLOWER, on_threads, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Result, Subject

SIZES = (("16 MiB", 4 * MIB, 1.0), ("64 KiB", 2**14, 1.5))  # names, float32, leeway
WORST = 20  #: results that the summary shows


def cases() -> Iterator[Case]:
    """Each pattern, beyond the cache and within."""
    for size, elements, leeway in SIZES:
        for name, pattern in PATTERNS.items():
            setup = functools.partial(subjects, pattern, elements, leeway)
            yield Case(f"{name}, {size}", elements, setup, threads=2, seconds=0.3)


def subjects(pattern: Pattern, n: int, leeway: float) -> dict[str, Subject]:
    """A pattern on one thread beside what NumPy does to the same array, and on two
    beside one; its output is that of the same call on an array in C order."""
    x = pattern.make(n)
    goal = Goal(pattern.goal * leeway, pattern.goal * leeway)

    def check() -> bool:
        plain = np.array(x, order="C")
        return same(np.ascontiguousarray(pattern.call(x)), pattern.call(plain))

    def drops(against: str, goal: Goal) -> Subject:
        return timed(lambda: pattern.call(x), check, (against,), goal)

    return {
        pattern.beside: timed(lambda: NUMPY[pattern.beside](x), lambda: True),
        "1 thread": on_threads(1, drops(pattern.beside, goal)),
        "2 threads": on_threads(2, drops("1 thread", NEVER_SLOWER)),
    }


def summary(results: list[Result]) -> str:
    """The results that are worst beside their goals."""
    found = [(r.ratio / r.goals[0][0], r) for r in results if r.goals]
    found.sort(key=lambda pair: -pair[0])
    lines = [
        f"{r.ratio:8.2f}  goal {r.goals[0][0]:6.2f}  {r.case}, {r.subject}"
        for _, r in found[:WORST]
    ]
    return "\n".join([f"worst {len(lines)} of {len(found)}", *lines])
