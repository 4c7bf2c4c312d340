# SPDX-License-Identifier: BSD-3-Clause
"""Rates grow with depth and with the step as the oracle's do."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import reference_family as fam
from arrays import RATES
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

rates = st.sampled_from(RATES) | st.floats(0, 1)


# --- over the depth -------------------------------------------------------------------


@given(rates, st.integers(0, 200))
def test_every_depth_has_the_rates_of_the_oracle(rate, depth):
    actual = dl.drop_path_rates(rate, depth)
    assert actual == fam.drop_path_rates(rate, depth)
    assert all(type(r) is float for r in actual)
    assert all(0 <= r <= rate for r in actual)
    assert actual == sorted(actual)


@given(rates, st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_every_list_of_stages_has_the_rates_of_the_oracle(rate, depths):
    flat = dl.drop_path_rates(rate, depths)
    assert flat == fam.drop_path_rates(rate, depths)
    assert flat == dl.drop_path_rates(rate, sum(depths))
    stages = dl.drop_path_rates(rate, depths, True)
    assert stages == fam.drop_path_rates(rate, depths, True)
    assert [len(stage) for stage in stages] == depths
    assert list(itertools.chain(*stages)) == flat


def test_the_first_block_has_no_rate_and_the_last_has_all_of_it():
    assert dl.drop_path_rates(0.3, 7)[0] == 0.0
    assert dl.drop_path_rates(0.3, 7)[-1] == 0.3
    assert dl.drop_path_rates(0.3, 2) == [0.0, 0.3]
    assert dl.drop_path_rates(0.3, 1) == [0.0]
    assert dl.drop_path_rates(0.0, 3) == [0.0] * 3


def test_a_net_without_blocks_has_no_rates():
    assert dl.drop_path_rates(0.3, 0) == []
    assert dl.drop_path_rates(0.3, []) == []
    assert dl.drop_path_rates(0.3, [], stagewise=True) == []
    assert dl.drop_path_rates(0.3, [0, 2, 0], stagewise=True) == [[], [0.0, 0.3], []]


def test_depths_may_be_any_integers():
    expected = [[0.0], [0.25, 0.5]]
    for depths in ((1, 2), np.array([1, 2]), range(1, 3), [np.int8(1), np.uint64(2)]):
        assert dl.drop_path_rates(0.5, depths, stagewise=np.True_) == expected
    assert dl.drop_path_rates(0.5, (d for d in (1, 2)), stagewise=True) == expected
    assert dl.drop_path_rates(Fraction(1, 2), np.int32(2)) == [0.0, 0.5]
    assert dl.drop_path_rates(np.float16(0.5), np.array(2)) == [0.0, 0.5]


def test_the_rates_are_those_of_timm():
    # torch.linspace(0, 0.2, 8), in single precision.
    expected = [0.0, 0.02857142873108387, 0.05714285746216774, 0.08571428805589676]
    expected += [
        0.11428571492433548,
        0.1428571492433548,
        0.17142857611179352,
        0.20000000298023224,
    ]
    assert dl.drop_path_rates(0.2, [2, 2, 4]) == pytest.approx(expected, rel=1e-7)


# --- over the steps -------------------------------------------------------------------


reals = st.floats(allow_nan=False) | st.integers(-(2**60), 2**60)


@given(reals, st.floats(5e-324, 1e300) | st.integers(1, 2**50), rates, rates)
def test_every_step_has_the_rate_of_the_oracle(step, total, stop, start):
    rate = dl.ramp(step, total, stop, start)
    assert type(rate) is float
    assert rate == fam.ramp(float(step), float(total), stop, start)
    assert min(start, stop) <= rate <= max(start, stop)
    assert dl.ramp(0, total, stop, start) == start
    assert dl.ramp(total, total, stop, start) == stop


def test_a_ramp_begins_at_start_and_stays_at_stop():
    assert [dl.ramp(step, 4, 0.5) for step in (-1, 0, 1, 2, 4, 5)] == [
        0.0, 0.0, 0.125, 0.25, 0.5, 0.5,
    ]  # fmt: skip
    assert [dl.ramp(step, 2, 0.25, 0.75) for step in range(4)] == [
        0.75,
        0.5,
        0.25,
        0.25,
    ]
    assert dl.ramp(math.inf, 3, 0.5) == 0.5
    assert dl.ramp(-math.inf, 3, 0.5, start=0.25) == 0.25


def test_a_ramp_does_not_overshoot_by_a_rounding():
    """0.7 + (0.1 - 0.7) is below 0.1."""
    assert 0.7 + (0.1 - 0.7) < 0.1
    assert dl.ramp(3, 3, 0.1, 0.7) == 0.1
    assert dl.ramp(np.nextafter(3, 0), 3, 0.1, 0.7) >= 0.1


def test_steps_may_be_any_reals():
    kinds = np.int64, np.float16, np.longdouble, Fraction, Decimal, np.array
    for step in (1, 1.0, *(kind(1) for kind in kinds)):
        for total in (4, 4.0, np.uint8(4), np.array(4, "f4"), Fraction(4)):
            rate = dl.ramp(step, total, np.array(0.4), Fraction(0))
            assert type(rate) is float
            assert rate == 0.1


# --- arguments ------------------------------------------------------------------------


NO_RATES = [
    *((ValueError, rate) for rate in (-0.1, 1.5, math.nan, math.inf, -5e-324, 2)),
    *((TypeError, rate) for rate in (None, "0.5", True, 0.5j, [0.5], np.ones(3))),
]
RATE = [(error, "rate", {"rate": rate}) for error, rate in NO_RATES]
DEPTHS = [
    *((ValueError, "depths", {"depths": d}) for d in (-1, [2, -1], np.array([-3]))),
    *((ValueError, "depths", {"depths": d}) for d in (2**63, [2**62] * 2, 2**70)),
    *((TypeError, "depths", {"depths": d}) for d in (3.0, None, True, "3", [2, 3.0])),
    *((TypeError, "depths", {"depths": d}) for d in ([True], [None], [[2], [3, 4]])),
    *((ValueError, "depths", {"depths": d, "stagewise": True})
      for d in (12, np.int64(12), np.array(12))),
    *((TypeError, "stagewise", {"stagewise": s}) for s in (1, 0, None, "True")),
]  # fmt: skip
RAMP = [
    *((TypeError, name, {name: value}) for name in ("step", "total")
      for value in (None, "3", True, 1j, [3], np.ones(2), np.True_)),
    (ValueError, "step", {"step": math.nan}),
    *((ValueError, "total", {"total": t}) for t in (0, -1, 0.0, math.nan, math.inf)),
    *((error, name, {name: rate}) for name in ("stop", "start")
      for error, rate in NO_RATES),
]  # fmt: skip


@pytest.mark.parametrize(("error", "name", "bad"), [*RATE, *DEPTHS])
def test_a_bad_argument_of_drop_path_rates_is_named(error, name, bad):
    with pytest.raises(error, match=rf"^{name} must .*, got "):
        dl.drop_path_rates(**{"rate": 0.1, "depths": [2, 3], **bad})


@pytest.mark.parametrize(("error", "name", "bad"), RAMP)
def test_a_bad_argument_of_ramp_is_named(error, name, bad):
    with pytest.raises(error, match=rf"^{name} must .*, got "):
        dl.ramp(**{"step": 1, "total": 3, "stop": 0.5, **bad})
