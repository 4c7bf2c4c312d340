# SPDX-License-Identifier: BSD-3-Clause
"""Calls of the library beside the oracle's, and what else must hold for each."""

import os
import pathlib
import subprocess
import sys
import textwrap
import threading

import numpy as np
import reference as ref
import reference_family as fam
from arrays import (
    DTYPES,
    arrays,
    assert_same,
    layouts,
    memory_order,
    on_each_isa,
    product_order,
)
from hypothesis import strategies as st

import droplayers as dl

KEY = 0x243F6A8885A308D3


def compare(name, x, out=None, **options):
    """A function's result on every instruction set is the oracle's; returns that.

    out may be an operand or overlap one: it is as before for each call.
    """
    oracle = getattr(ref if hasattr(ref, name) else fam, name)
    expected = oracle(x, key=KEY, **options)
    before = None if out is None else out.copy()
    operands = [x, options.get("residual"), options.get("mask")]
    copies = [np.array(y) for y in operands]

    def check():
        if out is not None:
            out[...] = before
        with np.errstate(all="raise"):
            result = getattr(dl, name)(x, rng=dl.Key(KEY), out=out, **options)
        y = result
        if options.get("return_mask"):
            y, keep = result
            assert_same(keep, expected[1])
            assert isinstance(keep, np.ndarray if keep.ndim else np.bool_)
        assert_stored(y, expected[0] if options.get("return_mask") else expected, out)
        if out is None:
            assert_like(y, x)
            for operand, copy in zip(operands, copies, strict=True):
                assert operand is None or operand.tobytes() == copy.tobytes()

    on_each_isa(check)
    return expected


def assert_stored(y, expected, out):
    """A result is a new one, or out and of its dtype."""
    if out is None:
        assert_same(y, expected)
        return
    assert y is out
    native = np.asarray(out).astype(out.dtype.newbyteorder("="))
    assert_same(native, ref.cast(expected, native.dtype))


def assert_like(y, x):
    """A new result is plain, a scalar for no axes, and in x's memory layout."""
    if np.ndim(x) == 0:
        assert type(y) is y.dtype.type
    else:
        assert type(y) is np.ndarray
        assert y is x or memory_order(y) == product_order(x)


def is_same_kind(dtype, target):
    """Whether a result may be stored as another dtype; ml_dtypes drops imaginaries."""
    halves = dtype.kind == "c" and target.kind == "V"
    return np.can_cast(dtype, target, "same_kind") and not halves


@st.composite
def outs(draw, dtype, *operands):
    """None, an operand, or an array of any dtype that can take a result."""
    places = [y for y in operands if y is not None and y.flags.writeable]
    places = [y for y in places if is_same_kind(dtype, y.dtype)]
    if places and draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(places))
    if draw(st.booleans()):
        return None
    dtypes = [d for d in DTYPES if is_same_kind(dtype, d)]
    sevens = np.full(operands[0].shape, 7)
    return draw(layouts(sevens, draw(st.sampled_from(dtypes))))


def promotes(dtype, other):
    """Whether two dtypes have a common one; bfloat16 has few relatives."""
    try:
        np.result_type(dtype, other)
    except TypeError:
        return False
    return True


def residuals(x):
    """Arrays that can be added to x: of its dtype, or of any that promotes with it."""
    dtypes = [dtype for dtype in DTYPES if promotes(x.dtype, dtype)]
    some = st.sampled_from([[x.dtype], dtypes])
    return some.flatmap(lambda dtypes: arrays(x.shape, dtypes))


@st.composite
def masks(draw, shape):
    """Keep masks in any layout."""
    mask = np.random.default_rng(draw(st.integers(0, 99))).random(shape) < 0.5
    return draw(layouts(np.asarray(mask), stretch=True))


def words_drawn(call):
    """How many words a call draws from the generator that it is given."""
    used, fresh = np.random.default_rng(1), np.random.default_rng(1)
    call(used)
    for words in range(3):
        if used.bit_generator.state == fresh.bit_generator.state:
            return words
        fresh.bit_generator.random_raw()
    raise AssertionError("more than two, or not by words")


def is_free(rng):
    """Whether no thread has a generator's lock: this one could take its own again."""
    lock, got = rng.bit_generator.lock, []

    def take():
        got.append(lock.acquire(blocking=False))
        if got[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return got[0]


def run_python(code, **environment):
    """Runs some code in a new interpreter; it must succeed. Returns what it prints."""
    tests = [
        str(pathlib.Path(__file__).parent),
        *filter(None, [os.getenv("PYTHONPATH")]),
    ]
    if "LD_PRELOAD" in environment:
        # What watches the tests, as a sanitizer, has to be the first.
        libraries = [os.getenv("LD_PRELOAD"), environment["LD_PRELOAD"]]
        environment["LD_PRELOAD"] = os.pathsep.join(filter(None, libraries))
    # -P: the folder droplayers of a checkout is not what was installed
    options = ["-P", "-X", "faulthandler", "-W", "error"]
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(tests), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
