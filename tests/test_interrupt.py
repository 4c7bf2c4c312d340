# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at a random moment of a call of every public function.

DROPLAYERS_INTERRUPTS is how many moments there are, 1,000 in CI's long form.
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
LATEST = 0.4  #: of a moment, in seconds after a call's beginning


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
    chance = random.Random(name)
    for _ in range(-(-MOMENTS // len(CALLS))):
        moment, late = 2 * chance.uniform(0.002, LATEST), None
        while late is None:  # earlier, where the call ends first
            moment /= 2
            rng = np.random.default_rng(1)
            late = interrupted(lambda rng=rng: call(rng, LARGE), moment)
            assert is_free(rng)
        assert late < 0.2, moment
        for y, z in zip(flat(call(dl.Key(1), 1)), expected, strict=True):
            assert_same(y, z)


def test_ctrl_c_ends_the_packing_of_a_given_mask():
    rows = np.lib.stride_tricks.sliding_window_view(np.ones(1 << 21, bool), 3000)
    mask = rows[:, ::3]
    late = interrupted(lambda: _core.pack_given(mask), 0.1)
    assert late is not None
    assert late < 0.2
