# SPDX-License-Identifier: BSD-3-Clause
"""No call leaks memory or references, or takes more memory than it says."""

import gc
import os
import sys
import tracemalloc

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from arrays import LAYOUTS, laid_out
from calls import run_python

import droplayers as dl

X = np.arange(1, 25, dtype=np.float32).reshape(4, 6)
KEEP = X > 5
OUT = np.empty_like(X)
RNG = np.random.default_rng(1)
KEY = dl.Key(1)
LAYER = dl.Dropout(0.5, rng=RNG)
RATES = np.linspace(0, 0.9, 4)
OTHERS = {
    name: X.astype(name)
    for name in ("f2", "f8", "i4", "F", "g", ">f4", ml_dtypes.bfloat16)
}
BLOCK = {"full_shape": (9, 9), "start": (1, 2)}
SERIES = pd.Series([1.0, 2.0, 3.0])


class Unreal:
    def __float__(self):
        raise ZeroDivisionError


SUCCESSES = {
    "dropout": lambda: dl.dropout(X, 0.5, rng=KEY),
    "dropout from entropy": lambda: dl.dropout(X, 0.5),
    "dropout from a generator": lambda: dl.dropout(X, 0.5, rng=RNG),
    "dropout from a seed": lambda: dl.dropout(X, 0.5, rng=1),
    "dropout into out": lambda: dl.dropout(X, 0.5, rng=RNG, out=OUT),
    "dropout in place": lambda: dl.dropout(OUT, 0.5, rng=RNG, out=OUT),
    "dropout of a view": lambda: dl.dropout(X[::-1, ::2], 0.5, rng=RNG),
    "dropout into a view": lambda: dl.dropout(X.T, 0.5, rng=RNG, out=OUT.T),
    "dropout across an overlap": lambda: dl.dropout(OUT[1:], 0.5, out=OUT[:-1]),
    "dropout by a mask": lambda: dl.dropout(X, 0.5, mask=KEEP),
    "dropout by a mask's view": lambda: dl.dropout(X.T, 0.5, mask=KEEP.T),
    "dropout with its mask": lambda: dl.dropout(X, 0.5, return_mask=True),
    "dropout of one draw": lambda: dl.dropout(X, 0.5, shared_axes=1),
    "dropout of a block": lambda: dl.dropout(X, 0.5, rng=KEY, **BLOCK),
    "dropout, p = 0": lambda: dl.dropout(X, 0.0),
    "dropout, p = 1": lambda: dl.dropout(X, 1.0),
    "dropout, test": lambda: dl.dropout(X, 0.5, "test"),
    "dropout, classic": lambda: dl.dropout(X, 0.5, "test", scaling="classic"),
    "dropout of a scalar": lambda: dl.dropout(1.0, 0.5),
    "dropout of a list": lambda: dl.dropout([1, 2, 3], 0.5),
    "dropout of a Series": lambda: dl.dropout(SERIES, 0.5),
    "dropout of nothing": lambda: dl.dropout(X[:0], 0.5),
    "dropout of a residual": lambda: dl.dropout(X, 0.5, residual=X, rng=KEY),
    "dropout of two dtypes": lambda: dl.dropout(X, 0.5, residual=OTHERS["F"]),
    "drop_path": lambda: dl.drop_path(X, 0.5, True, rng=KEY),
    "drop_path from entropy": lambda: dl.drop_path(X, 0.5, True, residual=X),
    "drop_path from a generator": lambda: dl.drop_path(X, 0.5, True, rng=RNG),
    "drop_path into out": lambda: dl.drop_path(X, 0.5, True, residual=X, out=OUT),
    "drop_path of a residual's view": lambda: dl.drop_path(X.T, residual=X.T),
    "drop_path of rates": lambda: dl.drop_path(X, RATES, True, residual=X),
    "drop_path of a batch": lambda: dl.drop_path(X, 0.5, True, per="batch"),
    "drop_path by a mask": lambda: dl.drop_path(X, 0.5, True, mask=KEEP[:, 0]),
    "drop_path of two dtypes": lambda: dl.drop_path(X, residual=OTHERS["F"]),
    "drop_path of a Series": lambda: dl.drop_path(SERIES, 0.5, True, residual=SERIES),
    "replace": lambda: dl.replace(X, 0, 0.5, rng=KEY),
    "replace by an array": lambda: dl.replace(X, X[0], 0.5, rng=RNG, out=OUT),
    "replace by a mask": lambda: dl.replace(X.T, 1.5, mask=KEEP.T, return_mask=True),
    "replace integers": lambda: dl.replace(X.astype("i2"), [1, 2, 3, 4, 5, 6], 0.5),
    "replace text": lambda: dl.replace([["a", "bc"]], "d", 0.5),
    "keep_mask": lambda: dl.keep_mask((4, 6), 0.5, rng=KEY),
    "keep_mask, packed": lambda: dl.keep_mask(99, 0.5, packed=True),
    "dropout, p of a scalar": lambda: dl.dropout(X, np.float32(0.5), rng=RNG),
    "spatial_dropout": lambda: dl.spatial_dropout(X, 0.5, rng=RNG),
    "alpha_dropout, test": lambda: dl.alpha_dropout(X, 0.5, "test"),
    "a layer": lambda: LAYER(X),
    "a layer from entropy": lambda: dl.DropPath(0.5)(X),
    "a layer, test": lambda: dl.SpatialDropout(0.5, rng=KEY).eval()(X),
    "a layer, backward": lambda: (LAYER(X), LAYER.backward(X)),
    "keys": lambda: [dl.Key.fresh(RNG).child(2).split(3), hash(KEY), dl.Key(3) < KEY],
    "show_config": lambda: dl.show_config("dicts"),
    **{
        f"dropout of {name}": lambda x=x: dl.dropout(x, 0.5, rng=KEY)
        for name, x in OTHERS.items()
    },
    **{
        f"drop_path of {name}": lambda x=x: dl.drop_path(x, RATES, True, residual=x)
        for name, x in OTHERS.items()
    },
}
ERRORS = {
    "x": lambda: dl.dropout("text"),
    "objects": lambda: dl.replace([None], 0, 0.5),
    "value": lambda: dl.replace(X.astype("i2"), 2**70, 0.5),
    "value's shape": lambda: dl.replace(X, [1, 2], 0.5, out=OUT),
    "masked x": lambda: dl.dropout(np.ma.array(X)),
    "x without axes": lambda: dl.drop_path(3.0),
    "p": lambda: dl.dropout(X, 2.0, rng=RNG, out=OUT),
    "p's dtype": lambda: dl.dropout(X, "0.5"),
    "p's own": lambda: dl.dropout(X, Unreal(), out=OUT),
    "prob's shape": lambda: dl.drop_path(X, [0.5], True),
    "prob's values": lambda: dl.drop_path(X, [0, 0, 0, 2], True),
    "prob per batch": lambda: dl.drop_path(X, RATES, True, per="batch"),
    "mode": lambda: dl.dropout(X, 0.5, "Train"),
    "training": lambda: dl.drop_path(X, 0.5, "test"),
    "scaling": lambda: dl.dropout(X, 0.5, scaling="none"),
    "per": lambda: dl.drop_path(X, 0.5, True, per="row"),
    "axes": lambda: dl.dropout(X, 0.5, shared_axes=(0, 5)),
    "same axes": lambda: dl.dropout(X, 0.5, shared_axes=(0, 0)),
    "residual": lambda: dl.drop_path(X, 0.5, True, residual=X.T),
    "residual of elements": lambda: dl.dropout(X, 0.5, residual=X.T, out=OUT),
    "residual's dtype": lambda: dl.drop_path(X, 0.5, True, residual="text"),
    "mask's shape": lambda: dl.dropout(X, 0.5, mask=KEEP.T, out=OUT),
    "mask's dtype": lambda: dl.dropout(X, 0.5, mask=X),
    "out": lambda: dl.dropout(X, 0.5, out=X.tolist()),
    "out's shape": lambda: dl.dropout(X, 0.5, rng=RNG, out=OUT.T),
    "out's dtype": lambda: dl.dropout(X, 0.5, out=OTHERS["i4"]),
    "out's memory": lambda: dl.dropout(X, 0.5, out=np.broadcast_to(OUT[0], X.shape)),
    "return_mask": lambda: dl.dropout(X, 0.5, return_mask=1),
    "full_shape": lambda: dl.dropout(X, 0.5, full_shape=(1, 1)),
    "start": lambda: dl.dropout(X, 0.5, start=(1, 1)),
    "rng": lambda: dl.dropout(X, 0.5, rng="seed"),
    "rng of out": lambda: dl.dropout(X, 0.5, rng=-1, out=OUT),
    "rng of drop_path": lambda: dl.drop_path(X, 0.5, True, rng=1.5, residual=X),
    "rng of a mask": lambda: dl.keep_mask(9, 0.5, rng=-1),
    "shape": lambda: dl.keep_mask(-1, 0.5),
    "memory": lambda: dl.keep_mask(2**62, 0.5),
    "packed memory": lambda: dl.keep_mask(2**63 - 1, 0.5, packed=True),
    "memory of dropout": lambda: dl.dropout(np.broadcast_to(X[0, 0], (2**60,)), 0.5),
    "key": lambda: dl.Key(-1),
    "child": lambda: KEY.child(2**64),
    "keyword": lambda: dl.dropout(X, rate=1),
    "a layer's x": lambda: LAYER("text"),
    "a lazy key": lambda: dl.Dropout(0.5, rng=RNG)(np.broadcast_to(X[0, 0], (2**60,))),
}
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


def references():
    return np.array([sys.getrefcount(thing) for thing in [*HELD, *COUNTED]])


def error_of(call):
    """Calls what must fail, and keeps nothing of its error."""
    try:
        call()
    except Exception:
        return
    raise AssertionError("no error")


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


@pytest.mark.skipif(sys.version_info < (3, 12), reason="immortal objects are 3.12's")
@pytest.mark.parametrize("count", [100, IMMORTAL + 100])
def test_no_number_of_calls_ends_what_is_immortal(count):
    """Each call begins with counts such as 2**32 or 2**31 calls could leave behind."""
    run_python(f"""
        import ctypes, runpy, sys

        tests = runpy.run_path({__file__!r})
        things = [None, True, False, NotImplemented, ()]
        assert all(sys.getrefcount(thing) >= tests["IMMORTAL"] for thing in things)
        counts = [ctypes.c_ssize_t.from_address(id(thing)) for thing in things]

        def call_often(call):
            for count in counts:
                count.value = {count}
            for _ in range(200):
                call()
            assert repr(things) == "[None, True, False, NotImplemented, ()]"

        for call in tests["SUCCESSES"].values():
            call_often(call)
        for call in tests["ERRORS"].values():
            call_often(lambda: tests["error_of"](call))
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
