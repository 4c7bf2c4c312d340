# SPDX-License-Identifier: BSD-3-Clause
"""What parts are put together from: arrays, copies of them, and calls of the library,
each with the check of its output."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import numpy as np
import streaming
from measure import Case, Goal, Subject, timed
from numpy.typing import NDArray

import droplayers as dl
from droplayers import _core

Array: TypeAlias = NDArray[Any]
Operation: TypeAlias = Callable[[Array, "Array | None"], Any]

KEY = dl.Key(20260)
COPIES = ("memcpy", "vector loop")  #: the faster is the denominator, "the copy"
STREAMING = "non-temporal copy"
MIB = 2**20


def filled(shape: int | tuple[int, ...], dtype: Any = np.float32) -> Array:
    """An array of numbers in [0.5, 1.5) that repeat after a prime number of them."""
    size = min(math.prod(np.atleast_1d(shape)), 1_000_003)
    block = np.random.default_rng(0).random(size, dtype=np.float32) + np.float32(0.5)
    return np.resize(block.astype(dtype), shape)


def same(a: Any, b: Any) -> bool:
    """Whether two arrays are equal to the bit."""
    size = np.asarray(a).itemsize
    bits = f"{'u' if size <= 8 else 'V'}{size}"  # a void compares more slowly
    return a.dtype == b.dtype and np.array_equal(a.view(bits), b.view(bits))


@contextlib.contextmanager
def scalar_kernels() -> Iterator[None]:
    """Compute in plain C within a ``with`` block."""
    before = _core.isa()
    _core.use("scalar")
    try:
        yield
    finally:
        _core.use(before)


def within(
    context: Callable[[], AbstractContextManager[object]], subject: Subject
) -> Subject:
    """A subject whose calls run within a ``with`` block."""

    def seconds(calls: int) -> float:
        with context():
            return subject.seconds(calls)

    def check() -> bool:
        with context():
            return subject.check()

    return subject._replace(seconds=seconds, check=check)


#: What more threads may take beside one: they must never cost.
NEVER_SLOWER = Goal(1.1, 1.1)


def on_threads(number: int, subject: Subject) -> Subject:
    """A subject whose calls have so many threads, whatever its case has."""
    return within(functools.partial(dl.num_threads, number), subject)


def copying(
    copy: Callable[[], object], x: Array, out: Array, against: tuple[str, ...] = COPIES
) -> Subject:
    """A copy of x to out."""

    def check() -> bool:
        out[...] = 0
        copy()
        return same(out, x)

    return timed(copy, check, against)


def copies(x: Array, out: Array) -> dict[str, Subject]:
    """Copies of a contiguous array: the C library's, a loop over vectors, and where
    Numba is installed one that stores past the caches."""
    words, copied = x.reshape(-1).view(np.uint32), out.reshape(-1).view(np.uint32)
    found = {
        "memcpy": lambda: np.copyto(out, x),
        # x | x: any bits as they are, in NumPy's widest vectors, as np.positive is not
        "vector loop": lambda: np.bitwise_or(words, words, copied),
    }
    if streaming.AVAILABLE and x.nbytes >= 64 * MIB:
        found[STREAMING] = streaming.copy(words, copied)
    return {name: copying(copy, x, out) for name, copy in found.items()}


def drops(
    operation: Operation,
    x: Array,
    out: Array | None,
    *goals: Goal,
    against: tuple[str, ...] = COPIES,
) -> Subject:
    """A call of the library, checked against its scalar kernels: into `out`, which may
    be x itself, or into a new array."""
    before = x.copy() if out is x else None

    def check() -> bool:
        if before is not None:
            np.copyto(x, before)
        with scalar_kernels():
            expected = operation(x, None)
        return same(operation(x, out), expected)

    return timed(lambda: operation(x, out), check, against, *goals)


def dropout(p: float, **options: Any) -> Operation:
    """dropout at this rate."""
    return lambda x, out: dl.dropout(x, p, rng=KEY, out=out, **options)


def drop_path(p: float, **options: Any) -> Operation:
    """drop_path at this rate."""
    return lambda x, out: dl.drop_path(x, p, True, rng=KEY, out=out, **options)


def spatial_dropout(p: float, **options: Any) -> Operation:
    """spatial_dropout at this rate."""
    return lambda x, out: dl.spatial_dropout(x, p, rng=KEY, out=out, **options)


def beside_copy(
    name: str,
    shape: tuple[int, ...],
    operations: dict[str, tuple[Operation, *tuple[Goal, ...]]],
    dtype: Any = np.float32,
    **options: Any,
) -> Case:
    """The case of operations, each with its goals, into a warm `out`, beside a copy."""

    def setup() -> dict[str, Subject]:
        x = filled(shape, dtype)
        out = x.copy()
        found = copies(x, out)
        for label, (operation, *goals) in operations.items():
            found[label] = drops(operation, x, out, *goals)
        return found

    elements = math.prod(shape)
    memory = 3 * elements * np.dtype(dtype).itemsize
    return Case(name, elements, setup, memory=memory, **options)
