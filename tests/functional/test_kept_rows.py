# SPDX-License-Identifier: BSD-3-Clause
"""kept_rows chooses the rows of the oracle."""

import numpy as np
import pytest
import reference_family as fam
from arrays import RATES, assert_same, on_each_isa
from calls import KEY, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import _core

SAMPLINGS = ["bernoulli", "fixed"]


def assert_rows(actual, expected):
    """The same rows, of dtype intp, and the same scale."""
    assert_same(actual[0], expected[0])
    assert actual[0].dtype == np.intp
    assert type(actual[1]) is float
    assert actual[1] == expected[1]


@given(
    st.integers(0, 40) | st.integers(0, 3000),
    st.sampled_from(RATES) | st.floats(0, 1),
    st.sampled_from(SAMPLINGS),
)
def test_every_choice_of_rows_is_the_oracles(n, prob, sampling):
    expected = fam.kept_rows(n, prob, sampling=sampling, key=KEY)

    def check():
        rows = dl.kept_rows(n, prob, sampling=sampling, rng=dl.Key(KEY))
        assert_rows(rows, expected)

    on_each_isa(check)


def test_bernoulli_rows_are_those_that_drop_path_keeps():
    for prob in (0.2, 0.5, 2.0**-20):
        x = np.ones((1_000_000, 1), np.float32)
        keep = dl.drop_path(x, prob, True, rng=dl.Key(KEY), return_mask=True)[1]
        rows, scale = dl.kept_rows(len(x), prob, rng=dl.Key(KEY))
        assert_same(rows, np.flatnonzero(keep))
        assert scale == 1 / (1 - prob)


def test_of_two_equal_uniforms_the_lower_row_is_kept():
    n = 3_000_000
    uniforms = _core.uniforms(KEY, 0, n)
    order = np.argsort(uniforms, kind="stable")
    equal = np.flatnonzero(np.diff(uniforms[order]) == 0)
    assert equal.size
    for i in equal:
        low, high = order[i], order[i + 1]
        count = n - i - 1
        rows, scale = dl.kept_rows(n, 1 - count / n, sampling="fixed", rng=dl.Key(KEY))
        assert (rows.size, scale) == (count, n / count)
        assert np.isin([low, high], rows).tolist() == [True, False]


def test_each_row_is_as_likely_to_be_among_a_fixed_number():
    calls, n = 4000, 12
    counts = np.zeros(n)
    for key in range(calls):
        rows = dl.kept_rows(n, 0.75, sampling="fixed", rng=dl.Key(key))[0]
        assert rows.size == 3
        counts[rows] += 1
    assert np.all(np.abs(counts - calls / 4) < 5 * np.sqrt(calls * 3 / 16))


CASES = [(1, 9, 0.5), (1, 9, 1e-30), (1, 0, 0.5), (0, 9, 0), (0, 9, 1)]


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(("words", "n", "prob"), CASES)
def test_certain_rows_draw_nothing_and_others_one_word(words, n, prob, sampling):
    def call(rng):
        dl.kept_rows(n, prob, sampling=sampling, rng=rng)

    assert words_drawn(call) == words


BAD = [
    *((TypeError, "n", {"n": n}) for n in (True, np.False_, 4.0, "4", None, (4,))),
    *((ValueError, "n", {"n": n}) for n in (-1, -(2**70), 2**63, 2**70)),
    *((ValueError, "prob", {"prob": p}) for p in (-0.1, 1.5, np.nan, -5e-324, 2)),
    *((TypeError, "prob", {"prob": p}) for p in (None, "0.5", True, 0.5j, [0.5] * 4)),
    *((ValueError, "sampling", {"sampling": s}) for s in ("row", None, 0, True)),
    *((TypeError, "rng", {"rng": rng}) for rng in ("seed", 0.5)),
]


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(("error", "name", "bad"), BAD)
def test_a_bad_argument_is_named_and_nothing_is_drawn(error, name, bad, sampling):
    def call(rng):
        arguments = {"n": 4, "prob": 0.5, "sampling": sampling, "rng": rng, **bad}
        with pytest.raises(error, match=rf"^{name} must .*, got "):
            dl.kept_rows(**arguments)

    assert words_drawn(call) == 0


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_rows_that_memory_cannot_hold_draw_nothing(sampling):
    def call(rng):
        with pytest.raises((MemoryError, ValueError)):
            dl.kept_rows(2**62, 0.5, sampling=sampling, rng=rng)

    assert words_drawn(call) == 0
