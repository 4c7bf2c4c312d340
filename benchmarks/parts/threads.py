# SPDX-License-Identifier: BSD-3-Clause
"""One thread and more, beside a copy by as many."""

from __future__ import annotations

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import machine
import numpy as np
from measure import Case, Goal
from subjects import (
    NEVER_SLOWER,
    Array,
    Operation,
    copying,
    drop_path,
    dropout,
    drops,
    filled,
    on_threads,
    spatial_dropout,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure import Subject

SIZES = (("16 Mi elements", 1 << 24), ("256 MiB", 1 << 26))
OPERATIONS = {
    "dropout p=0.1": dropout(0.1),
    "dropout p=0.5": dropout(0.5),
    "drop_path prob=0.1": drop_path(0.1),
}
TWICE = Goal(1.8, 1.8, least=True)
AS_COPY = Goal(1.0, 1.0)
#: long runs that share a draw: names, shapes
RUNS = {
    "drop_path (256, 65536)": ((256, 65536), drop_path(0.1)),
    "drop_path (1024, 16384)": ((1024, 16384), drop_path(0.1)),
    "spatial_dropout (32, 64, 8192)": ((32, 64, 8192), spatial_dropout(0.1)),
}


def cases() -> Iterator[Case]:
    """Powers of two up to the cores, each beside one thread and beside copies."""
    numbers = [2**i for i in range(1, machine.cores().bit_length())]
    for size, elements in SIZES:
        for number in numbers:
            setup = functools.partial(scaling, elements, number)
            yield Case(size, elements, setup, number, memory=12 * elements)
    for name, (shape, operation) in RUNS.items():
        n = math.prod(shape)
        for number in numbers:
            setup = functools.partial(runs, shape, operation, number)
            yield Case(name, n, setup, number, memory=12 * n)


def scaling(elements: int, number: int) -> dict[str, Subject]:
    """One thread beside a number of them, and the copy of as many."""
    x = filled((elements // 256, 256))
    out = x.copy()
    names = "copy, 1 thread", f"copy, {number} threads"
    found = {
        names[0]: copying(by_threads(x, out, 1), x, out, names[1:]),
        names[1]: copying(by_threads(x, out, number), x, out, ()),
    }
    for name, operation in OPERATIONS.items():
        one, more = f"{name}, 1 thread", f"{name}, {number} threads"
        target = number == 2 and elements == 1 << 24 and name == "dropout p=0.1"
        goals = [TWICE] if target else []
        found[one] = on_threads(1, drops(operation, x, out, *goals, against=(more,)))
        beyond = [AS_COPY] if elements > 1 << 24 else []
        found[more] = drops(operation, x, out, *beyond, against=names[1:])
    return found


def runs(
    shape: tuple[int, ...], operation: Operation, number: int
) -> dict[str, Subject]:
    """A number of threads beside one."""
    x = filled(shape)
    out = x.copy()
    one, more = "1 thread", f"{number} threads"
    return {
        one: on_threads(1, drops(operation, x, out, against=())),
        more: drops(operation, x, out, NEVER_SLOWER, against=(one,)),
    }


def by_threads(x: Array, out: Array, number: int) -> Callable[[], object]:
    """A copy in equal parts by threads that wait for work."""
    pool = ThreadPoolExecutor(number)
    parts = np.array_split(out, number), np.array_split(x, number)
    return lambda: list(pool.map(np.copyto, *parts))
