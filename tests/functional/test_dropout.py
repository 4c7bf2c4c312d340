# SPDX-License-Identifier: BSD-3-Clause
"""dropout is the oracle's over its whole argument space, to the bit."""

import functools
import itertools

import numpy as np
import pytest
import reference as ref
from arrays import (
    DTYPES,
    HALVES,
    KERNELS,
    LAYOUTS,
    RATES,
    SIZES,
    arrays,
    assert_same,
    blocks,
    laid_out,
    parts,
    shapes,
    stretched,
    values,
)
from calls import KEY, compare, masks, outs, residuals
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl


@st.composite
def calls(draw):
    """x, out and keywords of dropout."""
    shape = draw(shapes())
    x = draw(arrays(shape))
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    options = {
        "p": draw(st.sampled_from(RATES) | st.floats(0, 1)),
        "mode": draw(st.sampled_from(["train", "train", "train", "test", "eval"])),
        "scaling": draw(st.sampled_from(["inverted", "classic"])),
        "return_mask": draw(st.booleans()),
        "shared_axes": [a - len(shape) * draw(st.booleans()) for a in axes],
    }
    if draw(st.integers(0, 2)) == 0:
        own = tuple(1 if i in axes else n for i, n in enumerate(shape))
        options["mask"] = draw(masks(own))
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], start = draw(blocks(shape))
        options["start"] = draw(st.sampled_from([start, None]))
    if draw(st.integers(0, 2)) == 0:
        options["residual"] = draw(residuals(x))
    operands = [x, options["residual"]] if "residual" in options else [x]
    return x, draw(outs(ref.common(*operands), *operands)), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare("dropout", x, out, **options)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", KERNELS)
def test_every_size_is_right_at_both_sides_of_a_tile(dtype, n):
    for start in (0, 1, 4095):
        x = values(dtype, (n,), n)
        compare("dropout", x, p=0.3, full_shape=(n + 9000,), start=(start,))
        compare("dropout", x, x, p=0.5, full_shape=(n + 9000,), start=(start,))


# Axes that are shorter and longer than what walks take at a time.
WALKS = [(3, 5, 4099), (70, 1100), (1030, 66), (2, 300, 7, 5), (9, 1, 64), (65, 3, 65)]


@pytest.mark.parametrize("shape", WALKS, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f4", "f2", "f8"])
def test_every_walk_through_memory_gives_the_same(shape, layout, dtype):
    x = laid_out(values(dtype, shape), layout)
    for axes in ((), (0,), (1,), (0, 1), (-1,)):
        mask = ref.keep_mask(shape, 0.3, KEY, shared_axes=axes)
        expected = ref.dropout(x, 0.3, mask=mask)
        y = dl.dropout(x, 0.3, rng=dl.Key(KEY), shared_axes=axes)
        assert_same(y, expected)
        y = dl.dropout(x, 0.3, mask=mask, shared_axes=axes)
        assert_same(y, expected)
        for r in (values(dtype, shape, 5), laid_out(values(dtype, shape, 5), layout)):
            options = {"mask": mask, "shared_axes": axes, "residual": r}
            expected = ref.dropout(x, 0.3, **options)
            assert_same(dl.dropout(x, 0.3, **options), expected)
            options = {"rng": dl.Key(KEY), "shared_axes": axes, "residual": r}
            assert_same(dl.dropout(x, 0.3, **options), expected)


@pytest.mark.parametrize("shape", [(1025, 1030), (2050, 17), (9, 1, 2049)], ids=str)
def test_a_walk_across_the_order_of_the_mask_gives_the_same(isa, shape):
    mask = large_mask(shape)
    for dtype in ("f4", "f2"):
        x = np.asfortranarray(values(dtype, shape))
        expected = ref.dropout(x, 0.3, mask=mask)
        for y in (x, x[..., ::-1][..., ::-1], laid_out(x, "F")[::-1][::-1]):
            assert_same(dl.dropout(y, 0.3, rng=dl.Key(KEY)), expected)
            assert_same(dl.dropout(y, 0.3, mask=mask), expected)


@functools.cache
def large_mask(shape):
    """The oracle's mask, which takes a second."""
    return ref.keep_mask(shape, 0.3, KEY)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("p", [0.0, 2.0**-41, 0.3, 1 - 2.0**-41, 1.0])
def test_special_values_come_through_and_leave_no_trace_where_dropped(dtype, p):
    x, r = (values(dtype, (60, 33), seed).astype(dtype) for seed in (3, 4))
    for scaling in ("inverted", "classic"):
        for mode in ("train", "test"):
            compare("dropout", x, p=p, mode=mode, scaling=scaling)
            compare("dropout", x, p=p, mode=mode, scaling=scaling, residual=r)
    y = dl.dropout(x, 0.5, mask=np.zeros(x.shape, bool), residual=r)
    assert_same(y, ref.cast(r, ref.common(r)))
    y = dl.dropout(x, 0.5, mask=np.zeros(x.shape, bool))
    assert_same(y, np.zeros(x.shape, ref.common(x)))


@pytest.mark.parametrize("dtype", KERNELS)
def test_all_halves_and_subnormals_are_scaled_as_by_the_oracle(dtype):
    if np.dtype(dtype).itemsize == 2:
        x = np.arange(2**16).astype(np.uint16).view(dtype)
    else:
        bits = np.random.default_rng(0).integers(0, 2**64, 2**14, np.uint64)
        bits[:2000] &= 2**23 - 1  # subnormals of float32, and of float64
        x = bits.astype(f"u{np.dtype(dtype).itemsize}").view(dtype)
    mask = np.ones(x.shape, bool)
    for p in (1 / 3, 0.1, 2.0**-20, 1 - 2.0**-30):
        compare("dropout", x, p=p, mask=mask)
        compare("dropout", x, p=p, mode="test", scaling="classic")


def test_a_half_is_scaled_in_float32_and_rounded_once():
    for dtype in (np.float16, KERNELS[-1]):
        x = np.ones(1000, dtype)
        y = dl.dropout(x, 0.1, rng=1)
        once = np.float32(1 / 0.9).astype(dtype)
        assert set(y.astype(float).tolist()) == {0.0, float(once)}


@pytest.mark.parametrize("dtype", HALVES)
def test_a_residual_of_halves_is_added_in_float32_and_rounded_once(dtype):
    x, r = np.random.default_rng(0).normal(size=(2, 200, 33)).astype(dtype)
    y, keep = dl.dropout(x, 0.1, residual=r, rng=1, return_mask=True)
    scaled = x.astype("f4") * np.float32(1 / 0.9)
    assert_same(y, np.where(keep, (r.astype("f4") + scaled).astype(dtype), r))
    assert np.any(y != np.where(keep, r + scaled.astype(dtype), r))


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("cells", [np.s_[:], np.s_[:, :1], np.s_[:, 1], np.s_[-3:, 0]])
def test_a_dropped_half_is_the_residuals_but_for_a_nan_of_float16(dtype, cells, isa):
    bits = np.stack(3 * [np.arange(1 << 16, dtype="u2")], 1)[cells]
    infinity, nan = np.array([np.inf, np.nan], dtype).view("u2")
    r = bits.view(dtype)
    y = dl.dropout(np.ones_like(r), mask=np.zeros(r.shape, bool), residual=r)
    quiet = bits & 0x7FFF > infinity if dtype == np.float16 else False
    expected = np.where(quiet, bits | nan, bits)
    np.testing.assert_array_equal(y.view("u2"), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scaling", ["inverted", "classic"])
@pytest.mark.parametrize("mode", ["train", "test"])
def test_a_residual_with_dropout_is_their_sum(dtype, scaling, mode):
    x, r = np.random.default_rng(0).normal(size=(2, 200, 33)).astype(dtype)
    options = {"mode": mode, "scaling": scaling, "rng": 5}
    for shared in ((), 1):
        y = dl.dropout(x, 0.4, shared_axes=shared, **options)
        joined = dl.dropout(x, 0.4, shared_axes=shared, residual=r, **options)
        assert_same(joined, r + y)


def test_a_residual_of_another_dtype_decides_on_that_of_the_result():
    x, r = np.ones(4, "f2"), np.arange(4)
    assert dl.dropout(x, 0.5, residual=x.astype("F"), rng=1).dtype == "F"
    assert dl.dropout(r, 0.5, residual=r, rng=1).dtype == "f8"
    y = dl.dropout(x, 0, "test", residual=r)
    assert_same(y, np.array([1.0, 2.0, 3.0, 4.0]))
    assert dl.dropout(2.0, 0.5, residual=1, mask=True) == 5.0


def test_a_rate_that_bfloat16_cannot_tell_from_zero_still_drops():
    y = dl.dropout(np.ones(100_000, KERNELS[-1]), 0.001, rng=1)
    assert 50 < np.count_nonzero(y == 0) < 150


def test_integers_and_bools_are_not_truncated():
    for dtype in ("?", "i1", "u8", ">i4"):
        y = dl.dropout(np.ones(100, dtype), 0.7, rng=1)
        assert set(y.tolist()) == {0.0, 1 / (1 - 0.7)}


@given(st.data())
def test_blocks_of_an_array_get_their_part_of_the_whole(data):
    shape = data.draw(shapes(min_dims=1, max_dims=4))
    x = data.draw(arrays(shape))
    axes = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1))))
    whole = dl.dropout(x, 0.4, rng=dl.Key(KEY), shared_axes=axes)
    where = data.draw(parts(shape))
    at = {"full_shape": shape, "start": tuple(s.start for s in where)}
    part = dl.dropout(x[where], 0.4, rng=dl.Key(KEY), shared_axes=axes, **at)
    assert_same(part, whole[where])


def test_the_backward_pass_drops_and_scales_what_the_forward_pass_did():
    x, grad = values("f4", (50, 40)), np.full((50, 40), 3, np.float32)
    forward, keep = dl.dropout(np.isnan(x) + 1.0, 0.3, rng=5, return_mask=True)
    backward = dl.dropout(grad, 0.3, rng=5)
    np.testing.assert_array_equal(backward != 0, forward != 0)
    assert_same(backward, np.where(keep, grad * np.float32(1 / 0.7), np.float32(0)))


@pytest.mark.parametrize("shape", [(6, 7, 8), (70, 1100), (3, 9001, 5)], ids=str)
def test_masks_may_lie_in_memory_in_any_way(shape):
    x = values("f4", shape)
    mask = values("?", shape)
    for layout in LAYOUTS:
        compare("dropout", x, p=0.5, mask=laid_out(mask, layout), return_mask=True)
    expected = ref.dropout(x, 0.5, mask=mask)
    assert_same(dl.dropout(x, 0.5, mask=mask.tolist()), expected)
    assert_same(dl.dropout(x.T, 0.5, mask=mask.T), expected.T)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "shape", [(70, 66), (3, 130, 5), (2, 3, 4, 5), (1, 9)], ids=str
)
def test_a_mask_may_have_any_memory_order(shape, layout):
    mask = values("?", shape)
    for axes in itertools.permutations(range(len(shape))):
        for shared in ((), (0,), (len(shape) - 1,)):
            lengths = [1 if i in shared else n for i, n in enumerate(shape)]
            part = mask[tuple(map(slice, lengths))]
            keep = laid_out(part, layout, axes=axes)
            for x in (values("f4", shape), laid_out(values("f4", shape), "F")):
                y = dl.dropout(x, 0.3, mask=keep, shared_axes=shared)
                expected = ref.dropout(x, 0.3, mask=part, shared_axes=shared)
                assert_same(y, expected)
                z = stretched(part, axes[:1])
                y = dl.dropout(x, 0.3, mask=z, shared_axes=shared)
                assert_same(y, ref.dropout(x, 0.3, mask=z, shared_axes=shared))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(9000,), (90, 100), (3, 1, 4100), ()], ids=str)
def test_both_parts_of_a_complex_number_share_a_draw(dtype, shape):
    x = values(dtype, shape, 4)
    for layout in LAYOUTS:
        y = laid_out(x, layout)
        compare("dropout", y, p=0.3)
        compare("dropout", y, y, p=0.6)
        for axis in range(x.ndim):
            compare("dropout", y, p=0.3, shared_axes=(axis,))
