# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at a random moment of a call of every public function.

DROPLAYERS_INTERRUPTS is how many moments there are, 1,000 in CI's long form. They are
then of the whole of a call, which is measured first. Without it there is one in each
call, of its beginning.
"""

import os
import random
import signal

import numpy as np
import pytest
import timer
from arrays import assert_same
from calls import is_free
from long_calls import CALLS, LARGE, SHORT

import droplayers as dl
from droplayers import _core

MOMENTS = int(os.environ.get("DROPLAYERS_INTERRUPTS", len(CALLS)))
IN_EACH = -(-MOMENTS // len(CALLS))  #: how many moments there are in each call
BEGINNING = 0.4  #: of a call, in seconds


@pytest.fixture(autouse=True)
def slow(use_isa):
    """Ctrl-C for the signal of the timer, one thread, and the slowest kernels."""
    use_isa("scalar")
    with timer.handled_by(signal.default_int_handler), dl.num_threads(1):
        yield


def interrupted(call, moment):
    """How late KeyboardInterrupt comes out of a call; None if the call ends first."""
    try:
        timer.start(moment)
        call()
        timer.start(0)
    except KeyboardInterrupt:
        return timer.since()
    return None


def length(call):
    """The seconds of a call, or of its beginning where it is not worth measuring."""
    if IN_EACH == 1:
        return BEGINNING
    timer.start(timer.FAR)
    call(dl.Key(1), LARGE)
    return timer.since()


def flat(result):
    """The arrays and numbers of a result."""
    items = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(item) for item in items]


def test_every_public_function_is_interrupted():
    called = {name.split(",")[0].split(" ")[0] for name in CALLS}
    assert called | SHORT == {*dl.__all__}
    assert not called & SHORT


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_ends_a_call_at_once_and_the_next_one_is_right(name):
    call = CALLS[name]
    expected = flat(call(dl.Key(1), 1))
    end = length(call)
    chance = random.Random(name)
    for _ in range(IN_EACH):
        threads = chance.choice([1, 2])
        moment, late = end, None
        while late is None:  # earlier, where the call ends first
            moment = chance.uniform(0.002, moment)
            rng = np.random.default_rng(1)
            with dl.num_threads(threads):
                late = interrupted(lambda rng=rng: call(rng, LARGE), moment)
            assert is_free(rng)
        assert late < 0.2, (threads, moment, end)
        for y, z in zip(flat(call(dl.Key(1), 1)), expected, strict=True):
            assert_same(y, z)


def test_ctrl_c_ends_the_packing_of_a_given_mask():
    rows = np.lib.stride_tricks.sliding_window_view(np.ones(1 << 21, bool), 3000)
    mask = rows[:, ::3]
    late = interrupted(lambda: _core.pack_given(mask), 0.1)
    assert late is not None
    assert late < 0.2
