# SPDX-License-Identifier: BSD-3-Clause
"""drop_path is the oracle's over its whole argument space, to the bit."""

import ml_dtypes
import numpy as np
import pytest
import reference as ref
from arrays import (
    DTYPES,
    FLOATS,
    KERNELS,
    LAYOUTS,
    RATES,
    arrays,
    assert_same,
    blocks,
    laid_out,
    layouts,
    parts,
    shapes,
    values,
)
from calls import KEY, compare, masks, outs, residuals, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl


@st.composite
def calls(draw):
    """x, out and keywords of drop_path."""
    shape = draw(shapes(min_dims=1))
    x = draw(arrays(shape))
    rates = st.sampled_from(RATES) | st.floats(0, 1)
    options = {
        "prob": draw(rates),
        "training": draw(st.sampled_from([True, True, np.True_, False])),
        "per": draw(st.sampled_from(["sample", "batch"])),
        "scaling": draw(st.sampled_from(["inverted", "inverted", "classic"])),
        "return_mask": draw(st.booleans()),
    }
    options["scale_by_keep"] = options["scaling"] == "classic" or draw(st.booleans())
    batch = options["per"] == "batch"
    if not batch and draw(st.integers(0, 2)) == 0:
        n = shape[0]
        some = st.sampled_from([0.0, 1.0]) if draw(st.booleans()) else rates
        probs = np.array(draw(st.lists(some, min_size=n, max_size=n)), np.float64)
        options["prob"] = draw(layouts(probs))
    if draw(st.booleans()):
        options["residual"] = draw(residuals(x))
    if draw(st.integers(0, 2)) == 0:
        options["mask"] = draw(masks((1,) if batch else shape[:1]))
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], start = draw(blocks(shape))
        options["start"] = draw(st.sampled_from([start, None]))
    operands = [x, options["residual"]] if "residual" in options else [x]
    return x, draw(outs(ref.common(*operands), *operands)), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare("drop_path", x, out, **options)


# Rows around what is applied together, and above a page, which may not be touched.
ROWS = [(5000, 1), (4100, 3), (300, 31), (40, 255), (40, 257), (9, 1025), (3, 9001)]


@pytest.mark.parametrize("shape", ROWS, ids=str)
@pytest.mark.parametrize("dtype", FLOATS)
def test_rows_of_any_length_are_dropped_whole(shape, dtype):
    x, r = values(dtype, shape), values(dtype, shape, 9)
    for layout in ("C", "F", "reversed"):
        y, s = laid_out(x, layout), laid_out(r, layout)
        compare("drop_path", y, prob=0.3, training=True)
        compare("drop_path", y, s, prob=0.3, training=True, residual=s)
        compare("drop_path", y, y, prob=0.3, training=True, scale_by_keep=False)
    probs = np.linspace(0, 1, shape[0])
    compare("drop_path", x, prob=probs, training=True, residual=r, return_mask=True)


@pytest.mark.parametrize("dtype", KERNELS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_residual_is_added_in_one_pass_in_any_layout(dtype, layout):
    x, r = values(dtype, (50, 7, 9)), values(dtype, (50, 7, 9), 5)
    for options in (
        {"prob": 0.4, "training": True},
        {"prob": 0.4, "training": True, "per": "batch"},
        {"prob": 1.0, "training": True},
        {"prob": 0.4},
    ):
        compare("drop_path", laid_out(x, layout), residual=r, **options)
        compare("drop_path", x, residual=laid_out(r, layout), **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_residual_with_drop_path_is_their_sum(dtype):
    x, r = np.random.default_rng(0).normal(size=(2, 200, 33)).astype(dtype)
    for options in ({}, {"per": "batch"}, {"scale_by_keep": False}):
        for key in map(dl.Key, range(5)):
            branch = dl.drop_path(x, 0.4, True, rng=key, **options)
            joined = dl.drop_path(x, 0.4, True, rng=key, residual=r, **options)
            assert_same(joined, r + branch)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_residual_of_halves_is_added_in_float32_and_rounded_once(dtype):
    x, r = np.random.default_rng(0).normal(size=(2, 200, 33)).astype(dtype)
    y, keep = dl.drop_path(x, 0.1, True, residual=r, rng=1, return_mask=True)
    wide = r.astype("f4") + x.astype("f4") * np.float32(1 / 0.9)
    assert_same(y, np.where(keep[:, None], wide.astype(dtype), r))
    twice = r + (x.astype("f4") * np.float32(1 / 0.9)).astype(dtype)
    assert np.any(y[keep] != twice[keep])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_dropped_row_is_its_residual_whatever_the_row_was(dtype):
    x = values(dtype, (40, 30)).astype(dtype)
    r = values(dtype, (40, 30), 4).astype(dtype)
    dropped = np.zeros(40, bool)
    y = dl.drop_path(x, 0.5, True, residual=r, mask=dropped)
    assert_same(y, ref.cast(r, ref.common(r)))
    y = dl.drop_path(x, 0.5, True, mask=dropped)
    assert_same(y, np.zeros(x.shape, ref.common(x)))
    assert_same(dl.drop_path(x, np.ones(40), True), y)


def test_every_sample_may_have_a_rate_of_its_own():
    x = np.ones((6, 5), np.float32)
    probs = np.array([0.0, 1.0, 0.25, 0.5, 0.75, 2.0**-41])
    for given_as in (probs, probs.tolist(), tuple(probs), probs[::-1].copy()[::-1]):
        compare("drop_path", x, prob=given_as, training=True, return_mask=True)
    for dtype in ("f4", "f2", ">f8", "g", ml_dtypes.bfloat16):
        probs = np.linspace(0, 1, 6).astype(dtype)
        compare("drop_path", x, prob=probs, training=True)
    compare("drop_path", x, prob=np.arange(6) % 2, training=True)


def test_a_long_row_has_a_rate_of_its_own_in_any_dtype_and_layout():
    """Long rows, and rows beyond a block of those that are applied together."""
    for dtype in KERNELS:
        for shape in ((5, 3, 700), (2, 40, 3, 20), (6, 2100)):
            x, probs = values(dtype, shape), np.linspace(0.1, 0.9, shape[0])
            for y in (x, x.swapaxes(0, -1), x.swapaxes(0, 1), x[:, ::2], x[..., ::-1]):
                p = np.resize(probs, len(y))
                compare("drop_path", y, prob=p, training=True)
                compare("drop_path", y, y, prob=p, scaling="classic", residual=y)


def test_classic_scaling_is_the_papers():
    x = np.random.default_rng(0).normal(size=(400, 3)).astype("f4")
    y, keep = dl.drop_path(x, 0.3, True, scaling="classic", rng=1, return_mask=True)
    assert_same(y, np.where(keep[:, None], x, np.float32(0)))
    assert_same(keep, dl.keep_mask(400, 0.3, rng=1))
    y, keep = dl.drop_path(x, 0.3, scaling="classic", return_mask=True)
    assert_same(y, x * np.float32(0.7))
    assert keep.all()
    rates = np.linspace(0, 1, 400)
    expected = x * (1 - rates).astype("f4")[:, None]
    expected[-1] = 0
    assert_same(dl.drop_path(x, rates, scaling="classic"), expected)
    assert_same(dl.drop_path(x, rates, scaling="classic", residual=x), x + expected)
    assert dl.drop_path(x, 0.0, scaling="classic") is x
    assert_same(dl.drop_path(x * np.inf, 1.0, scaling="classic"), np.zeros_like(x))


def test_test_mode_draws_nothing_whatever_the_rates():
    x, rates = np.ones((9, 2)), np.linspace(0, 1, 9)
    for prob in (0.3, rates, rates.astype("f4"), rates.round()):
        for options in ({"scaling": "classic"}, {"scaling": "inverted"}):
            call = lambda rng: dl.drop_path(x, prob, rng=rng, **options)  # noqa: B023, E731
            assert words_drawn(call) == 0


def test_one_rate_for_all_is_that_rate_for_each():
    x = values("f4", (300, 7))
    one = dl.drop_path(x, 0.3, True, rng=1)
    assert_same(dl.drop_path(x, np.full(300, 0.3), True, rng=1), one)


def test_a_batch_is_dropped_as_a_whole_by_its_first_index():
    x = np.ones((4, 3))
    drawn = [dl.drop_path(x, 0.5, True, per="batch", rng=key) for key in range(40)]
    assert {y.sum() for y in drawn} == {0.0, 24.0}
    at = {"full_shape": (2**40, 3), "start": (2**39, 0)}
    for key, y in enumerate(drawn):
        assert_same(dl.drop_path(x, 0.5, True, per="batch", rng=key, **at), y)


@given(st.data())
def test_blocks_of_an_array_get_their_part_of_the_whole(data):
    shape = data.draw(shapes(min_dims=1, max_dims=4))
    x, where = data.draw(arrays(shape)), data.draw(parts(shape))
    probs = np.random.default_rng(0).random(shape[0])
    at = {"full_shape": shape, "start": tuple(s.start for s in where)}
    for whole_prob, part_prob in ((0.4, 0.4), (probs, probs[where[0]])):
        whole = dl.drop_path(x, whole_prob, True, rng=dl.Key(KEY))
        part = dl.drop_path(x[where], part_prob, True, rng=dl.Key(KEY), **at)
        assert_same(part, whole[where])


def test_the_backward_pass_drops_the_samples_that_the_forward_pass_did():
    x = np.random.default_rng(0).normal(size=(100, 9)).astype("f4")
    joined = dl.drop_path(x, 0.4, True, residual=x, rng=8)
    dropped = np.all(joined == x, axis=1)
    backward = dl.drop_path(np.ones_like(x), 0.4, True, rng=8)
    assert 10 < dropped.sum() < 70
    assert not np.any(backward[dropped])
    assert_same(backward[~dropped], np.full_like(backward[~dropped], 1 / 0.6))


@pytest.mark.parametrize("shape", ROWS, ids=str)
@pytest.mark.parametrize("dtype", [*FLOATS, np.int32])
def test_rows_of_any_length_have_rates_of_their_own(shape, dtype):
    x = values(dtype, shape)
    probs = np.random.default_rng(2).random(shape[0])
    probs[::7], probs[3::7] = 0, 1
    for layout in ("C", "F", "reversed", "step"):
        y = laid_out(x, layout)
        options = {"prob": probs, "training": True}
        compare("drop_path", y, **options, return_mask=True)
        compare("drop_path", y, y if x.dtype.kind != "i" else None, **options)
        compare("drop_path", y, **options, scale_by_keep=False, residual=y[::-1])
        compare("drop_path", y, prob=probs, scaling="classic", residual=y[::-1])


def test_rates_of_many_rows_are_drawn_in_parts():
    n = 3 * 2**16 + 5
    x, probs = np.ones((n, 1), np.float32), np.linspace(0, 1, n)
    full = {"full_shape": (n + 2000, 1), "start": (1001, 0)}
    expected = ref.drop_path(x, probs, True, key=KEY, **full)
    assert_same(dl.drop_path(x, probs, True, rng=dl.Key(KEY), **full), expected)
    keep = np.arange(n) % 3 > 0
    expected = ref.drop_path(x, probs, True, key=KEY, mask=keep)
    assert_same(dl.drop_path(x, probs, True, mask=keep), expected)
    late = np.zeros(n)
    late[-1] = 0.5  # the one rate that needs a key
    assert words_drawn(lambda rng: dl.drop_path(x, late, True, rng=rng)) == 1
    assert words_drawn(lambda rng: dl.drop_path(x, late.round(), True, rng=rng)) == 0
