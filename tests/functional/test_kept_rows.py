# SPDX-License-Identifier: BSD-3-Clause
"""kept_rows chooses the rows of the oracle."""

import sys
import tracemalloc

import numpy as np
import pytest
import reference_family as fam
from arrays import RATES, assert_same, on_each_isa
from calls import KEY, run_python, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import _core
from droplayers.functional import _kept_rows

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


@pytest.mark.parametrize("chunk", [4096, 5000])
def test_rows_of_many_chunks_are_those_of_one(chunk, monkeypatch):
    calls = [
        (n, prob, sampling)
        for n in (chunk - 1, chunk, chunk + 1, 9 * chunk + 7)
        for prob in (0.0, 0.01, 0.4, 0.9999)
        for sampling in SAMPLINGS
    ]
    options = [{"n": n, "prob": p, "sampling": s} for n, p, s in calls]
    expected = [dl.kept_rows(**o, rng=dl.Key(KEY)) for o in options]
    monkeypatch.setattr(_kept_rows, "CHUNK", chunk)
    for arguments, rows in zip(options, expected, strict=True):
        assert_rows(dl.kept_rows(**arguments, rng=dl.Key(KEY)), rows)


def test_rows_take_memory_for_themselves_and_not_for_what_is_drawn():
    n = 1 << 22
    for sampling, prob in (("bernoulli", 0.9), ("fixed", 0.9)):
        tracemalloc.start()
        try:
            rows, _ = dl.kept_rows(n, prob, sampling=sampling, rng=1)
            now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert now < 1.1 * rows.nbytes + 1e6
        assert most < 8 * n * (1 if sampling == "bernoulli" else 0.1) + 4e6


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
@pytest.mark.parametrize("n", [2**50, 2**62])
def test_rows_that_memory_cannot_hold_draw_nothing(sampling, n):
    def call(rng):
        with pytest.raises((MemoryError, ValueError)):
            dl.kept_rows(n, 0.5, sampling=sampling, rng=rng)

    assert words_drawn(call) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of memory")
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_call_that_fails_for_memory_has_drawn_nothing(sampling):
    run_python(f"""
        import resource
        import numpy as np
        import droplayers as dl

        n = 1 << 25
        dl.kept_rows(9, 0.5, sampling={sampling!r}, rng=1)
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        failed = 0
        for mib in range(0, 256, 16):
            resource.setrlimit(resource.RLIMIT_AS, (used + (mib << 20), hard))
            rng = np.random.default_rng(1)
            before = rng.bit_generator.state
            try:
                dl.kept_rows(n, 0.5, sampling={sampling!r}, rng=rng)
            except MemoryError:
                failed += 1
                assert rng.bit_generator.state == before, mib
        assert failed > 2
    """)
