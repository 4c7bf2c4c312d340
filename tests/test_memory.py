# SPDX-License-Identifier: BSD-3-Clause
"""No call leaks memory or references, or takes more memory than it says."""

import gc
import os
import sys
import tracemalloc

import numpy as np
import pytest
from arrays import LAYOUTS, laid_out
from calls import run_python
from every_call import (
    ERRORS,
    KEEP,
    KEY,
    OTHERS,
    OUT,
    RATES,
    RNG,
    SERIES,
    SUCCESSES,
    X,
    error_of,
)

import droplayers as dl

HELD = [
    X, KEEP, OUT, KEY, RATES, SERIES, RNG, RNG.bit_generator, RNG.bit_generator.lock,
    RNG.bit_generator.capsule,
    *OTHERS.values(), *(x.dtype for x in OTHERS.values()), *map(np.dtype, "?Bfd"),
    np.ndarray, np.float64, dl.Key,
]  # fmt: skip
COUNTED = [None, True, False, NotImplemented, (), "train", "inverted", "sample", 1, 0.5]

# From Python 3.12 on, what has a count as large as this is immortal: Python hands it
# on without counting. An extension of the stable ABI of 3.11 still counts.
IMMORTAL = 1 << 31


@pytest.fixture(autouse=True, scope="module")
def few_objects_to_go_through():
    """What other tests have left is no garbage, and is not gone through each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def references():
    return np.array([sys.getrefcount(thing) for thing in [*HELD, *COUNTED]])


@pytest.mark.interpreter
@pytest.mark.parametrize("name", [*SUCCESSES, *(f"error: {name}" for name in ERRORS)])
def test_2000_calls_leave_no_memory_and_no_references_behind(name):
    error = name.removeprefix("error: ")
    call = (lambda: error_of(ERRORS[error])) if error != name else SUCCESSES[name]
    for _ in range(50):
        call()
    gc.collect()
    before, blocks = references(), sys.getallocatedblocks()
    for _ in range(2000):
        call()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 500
    more = references() - before
    assert np.all(np.abs(more[: len(HELD)]) < 3)
    assert np.all(np.abs(more[before < IMMORTAL]) < 1000)
    # at most the True that the lock of a generator gives without a reference
    assert np.all(more[before >= IMMORTAL] > -2100)


@pytest.mark.interpreter
@pytest.mark.skipif(sys.version_info < (3, 12), reason="immortal objects are 3.12's")
@pytest.mark.parametrize("count", [100, IMMORTAL + 100])
def test_no_number_of_calls_ends_what_is_immortal(count):
    """Each call begins with counts such as 2**32 or 2**31 calls could leave behind."""
    run_python(f"""
        import ctypes, sys
        from every_call import ERRORS, SUCCESSES, error_of

        things = [None, True, False, NotImplemented, ()]
        assert all(sys.getrefcount(thing) >= {IMMORTAL} for thing in things)
        counts = [ctypes.c_ssize_t.from_address(id(thing)) for thing in things]

        def call_often(call):
            for count in counts:
                count.value = {count}
            for _ in range(200):
                call()
            assert repr(things) == "[None, True, False, NotImplemented, ()]"

        for call in SUCCESSES.values():
            call_often(call)
        for call in ERRORS.values():
            call_often(lambda: error_of(call))
    """)


def peak(call):
    """The most memory that a call takes at once, and its result."""
    tracemalloc.start()
    try:
        result = call()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


LARGE = (1 << 12, 1 << 12)
MIB = 1 << 20


@pytest.mark.parametrize("layout", LAYOUTS)
def test_calls_in_place_take_no_memory_in_any_layout(layout):
    x = laid_out(np.ones((1 << 11, 1 << 10), np.float16), layout)
    for call in (
        lambda: dl.dropout(x, 0.5, out=x),
        lambda: dl.dropout(x, 0.5, shared_axes=0, out=x),
        lambda: dl.drop_path(x, 0.5, True, residual=x, out=x),
    ):
        assert peak(call)[0] < 1 << 16


@pytest.mark.parametrize("dtype", ["f4", "f2", "i4", "F", "g", ">f8"])
def test_calls_take_memory_for_their_result_alone(dtype):
    x = np.ones((1 << 10, 1 << 11), dtype)
    rates = np.full(1 << 10, 0.5)
    for call in (
        lambda: dl.dropout(x, 0.5),
        lambda: dl.dropout(x[::-1], 0.5, shared_axes=1),
        lambda: dl.dropout(x.T, 0.5, "test", scaling="classic"),
        lambda: dl.drop_path(x, 0.5, True, residual=x),
        lambda: dl.drop_path(x, rates, True, residual=x),
    ):
        memory, y = peak(call)
        assert memory < y.nbytes + 3 * MIB


@pytest.mark.parametrize("dtype", ["f4", ">i2", "u1", "U3", "D"])
def test_elements_are_replaced_without_memory_for_values(dtype):
    x = np.ones((1 << 10, 1 << 11), dtype)
    value = np.ones(x.shape, "U2" if x.dtype.kind == "U" else "i1")
    for other in (value, value.T[:1024, :1024], value[:1], value[:, :1]):
        y = x[:, :1024] if other.shape[1] == 1024 else x
        memory, y = peak(lambda y=y, other=other: dl.replace(y, other, 0.5))
        assert memory < y.nbytes + 3 * MIB
        out = np.empty_like(y)
        memory, _ = peak(lambda y=y, out=out: dl.replace(y, out.T.T, 0.5, out=out))
        assert memory < MIB


def test_a_given_mask_takes_an_eighth_of_its_memory():
    x = np.ones(LARGE, np.float16)
    mask = np.ones(LARGE, bool)
    for keep in (mask, mask.T, mask[::-1], np.broadcast_to(True, LARGE)):
        memory, _ = peak(lambda keep=keep: dl.dropout(x, 0.5, mask=keep, out=x))
        assert memory < mask.nbytes / 8 + MIB


def test_masks_take_memory_for_themselves_alone():
    assert peak(lambda: dl.keep_mask(LARGE, 0.3))[0] < x_bytes(1) + MIB
    assert peak(lambda: dl.keep_mask(LARGE, 0.3, packed=True))[0] < x_bytes(1 / 8) + MIB


def x_bytes(each):
    return LARGE[0] * LARGE[1] * each


def test_an_overlap_takes_one_copy():
    buffer = np.ones((1 << 22) + 8, np.float32)
    x, out = buffer[:-8], buffer[8:]
    memory, _ = peak(lambda: dl.dropout(x, 0.5, out=out))
    assert memory < x.nbytes + MIB


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_the_process_does_not_grow():
    def resident():
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1])

    x = np.ones((1 << 8, 1 << 8), np.float32)
    calls = [
        lambda: dl.dropout(x, 0.5),
        lambda: dl.dropout(x, 0.5, mask=x.T > 0),
        lambda: dl.drop_path(x.T, 0.5, True, residual=x),
        lambda: dl.keep_mask(x.shape, 0.5, packed=True),
        lambda: error_of(lambda: dl.dropout(x, 0.5, rng=-1)),
    ]
    for call in calls:
        call()
    before = resident()
    for _ in range(400):
        for call in calls:
            call()
    assert (resident() - before) * os.sysconf("SC_PAGESIZE") < 8 * MIB
