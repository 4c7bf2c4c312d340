# SPDX-License-Identifier: BSD-3-Clause
"""dropout of float32 at p = 0.1 and what else there is, as a multiple of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import machine
from frameworks import FRAMEWORKS, LABELS
from idioms import IDIOMS
from measure import Case, Goal
from subjects import copies, dropout, drops, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

P = 0.1
SIZES = {"1 MiB": 1 << 18, "256 MiB": 1 << 26}
INTO, NEW = "dropout into out", "dropout, a new array"


def at_least(avx512: float, others: float) -> Goal:
    """How many times the peer's time has to be ours."""
    return Goal(avx512, others, least=True)


# LLVM vectorises the loop with AVX-512; Zen 5, family 26, runs that faster than Zen 4.
FUSED = 1.1 if "family 26" in machine.cpu() else 1.8
ONE_THREAD = {
    "1 MiB": {"torch": at_least(50, 30), "numba": at_least(FUSED, 4)},
    "256 MiB": {"torch": at_least(35, 25), "numba": at_least(1.2, 1.2)},
}
ALL_THREADS = {"torch": at_least(50, 30), "numba": at_least(10, 4)}


def cases() -> Iterator[Case]:
    """On one thread, and on all."""
    for threads in sorted({1, machine.cores()}):
        for name, n in SIZES.items():
            setup = functools.partial(beside, name, n, threads)
            yield Case(name, n, setup, threads, memory=32 * n, seconds=4.0)


def beside(name: str, n: int, threads: int) -> dict[str, Subject]:
    """All that is installed."""
    x = filled(n)
    out = x.copy()
    base = (INTO,)
    found = {
        "memcpy, 1 thread": copies(x, out)["memcpy"]._replace(against=base),
        INTO: drops(dropout(P), x, out, against=base),
        NEW: drops(dropout(P), x, None, against=base),
    }
    for label, idiom in IDIOMS.items():
        never_slower = [at_least(1, 1)] if label == "np.random.binomial" else []
        found[label] = idiom(x, P, base, *never_slower)
    goals = ONE_THREAD[name] if threads == 1 else ALL_THREADS
    for label, framework in FRAMEWORKS.items():
        own = [goals[label]] if label in goals else []
        found[LABELS[label]] = framework(x, P, threads, base, *own)
    return found
