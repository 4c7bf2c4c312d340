# SPDX-License-Identifier: BSD-3-Clause
"""stochastic_depth and its backward pass are the oracle's, to the bit."""

import tracemalloc
import warnings

import numpy as np
import pytest
import reference as ref
import reference_family as fam
from arrays import (
    FLOATS,
    KERNELS,
    LAYOUTS,
    RATES,
    arrays,
    assert_same,
    laid_out,
    shapes,
    values,
)
from calls import KEY, compare, is_same_kind, outs
from hypothesis import assume, given
from hypothesis import strategies as st

import droplayers as dl

SAMPLINGS = ["bernoulli", "fixed"]


def doubled_in_place(v):
    v += v
    return v


def listed(v):
    """As lists, where these have v's shape."""
    return v.tolist() if v.size else v


BRANCHES = [
    lambda v: v,
    lambda v: -v,
    listed,
    lambda v: v[::-1].copy()[::-1],
    lambda v: np.asfortranarray(v.astype(v.dtype.newbyteorder())),
    lambda v: v.real.astype(np.float32),
    lambda v: v.astype(np.complex64),
    lambda v: np.ones(v.shape, bool),
    lambda v: np.full(v.shape, -3, np.int16),
    lambda v: np.broadcast_to(v.dtype.type(3), v.shape),
    doubled_in_place,
]


def quiet(branch):
    """A branch that overflows in silence."""
    return np.errstate(all="ignore")(lambda v: branch(v))


def promoted(x, branch):
    """The dtype of x + branch(x), if there is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = np.asarray(branch(ref.cast(x, ref.common(x))))
    try:
        return ref.common(np.empty(0, ref.common(x)), part)
    except TypeError:
        return None


@st.composite
def calls(draw):
    """x, out and keywords of stochastic_depth."""
    x = draw(arrays(draw(shapes(min_dims=1))))
    branch = quiet(draw(st.sampled_from(BRANCHES)))
    dtype = promoted(x, branch)
    assume(dtype is not None)
    options = {
        "branch": branch,
        "prob": draw(st.sampled_from(RATES) | st.floats(0, 1)),
        "training": draw(st.sampled_from([True, True, np.True_, False])),
        "per": draw(st.sampled_from(["sample", "sample", "batch"])),
        "scaling": draw(st.sampled_from(["inverted", "inverted", "classic"])),
        "sampling": "bernoulli",
    }
    if (options["per"], options["scaling"]) == ("sample", "inverted"):
        options["sampling"] = draw(st.sampled_from(SAMPLINGS))
    assume(len(x) or options["training"])
    out = draw(outs(dtype, x))
    assume(out is None or is_same_kind(ref.common(x), out.dtype))
    return x, out, options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare("stochastic_depth", x, out, **options)


# Rows around a block that stays in cache, many to a block and longer than one.
ROWS = [(33_000,), (7000, 5), (1000, 70), (40, 1025), (3, 40_000), (5, 7, 1001)]


@pytest.mark.parametrize("shape", ROWS, ids=str)
@pytest.mark.parametrize("dtype", FLOATS)
def test_rows_of_any_length_are_added_where_kept(shape, dtype):
    x = values(dtype, shape)
    options = {"branch": quiet(np.negative), "training": True}
    for layout in ("C", "F", "reversed"):
        y = laid_out(x, layout)
        compare("stochastic_depth", y, prob=0.3, **options)
        compare("stochastic_depth", y, y, prob=0.6, **options)


# The last chunk of the last but one has one row on 2 threads, of the last on 3.
MANY = [(600_001, 4), (2_200_000,), (601, 4001), (34, 70_000), (35, 70_000)]


@pytest.mark.parametrize("shape", MANY, ids=str)
@pytest.mark.parametrize("order", "CF")
def test_threads_give_the_same(shape, order):
    x = np.asarray(np.random.default_rng(0).normal(size=shape), "f4", order=order)
    y = []
    for n in (1, 2, 3):
        with dl.num_threads(n):
            y.append(dl.stochastic_depth(x, np.negative, 0.3, True, rng=dl.Key(KEY)))
    keep = dl.keep_mask(shape[0], 0.3, rng=dl.Key(KEY))
    rows = keep.reshape(-1, *[1] * (x.ndim - 1))
    expected = np.where(rows, x - np.float32(1 / 0.7) * x, x)
    for got in y:
        assert_same(got, expected)


@pytest.mark.parametrize("axes", [1, 63, 64])
def test_complex_numbers_may_have_as_many_axes_as_numpy_knows(axes):
    x = values("F", (7, *[1] * (axes - 1)))
    compare("stochastic_depth", x, branch=quiet(np.negative), prob=0.4, training=True)


@pytest.mark.parametrize("dtype", KERNELS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_result_may_lie_in_memory_in_any_way(dtype, layout):
    x = values(dtype, (50, 7, 9))

    def branch(v):
        return laid_out(v, layout)

    for options in ({"training": True}, {"prob": 0.4, "training": True}, {}):
        compare("stochastic_depth", x, branch=branch, **options)
        compare("stochastic_depth", laid_out(x, layout), branch=branch, **options)


@pytest.mark.parametrize("dtype", KERNELS)
def test_it_is_drop_path_of_a_branch_with_a_residual(dtype):
    x = np.random.default_rng(0).normal(size=(200, 33)).astype(dtype)
    for key in map(dl.Key, range(5)):
        joined = dl.drop_path(np.tanh(x), 0.4, True, residual=x, rng=key)
        assert_same(dl.stochastic_depth(x, np.tanh, 0.4, True, rng=key), joined)
    assert_same(dl.stochastic_depth(x, np.tanh), x + np.tanh(x))


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("scaling", ["inverted", "classic"])
@pytest.mark.parametrize("training", [True, False])
def test_it_is_drop_path_with_the_same_options(per, scaling, training):
    x = np.random.default_rng(0).normal(size=(200, 33)).astype("f4")
    options = {"per": per, "scaling": scaling, "training": training, "prob": 0.4}
    for rng in map(dl.Key, range(6)):
        expected = dl.drop_path(np.tanh(x), residual=x, rng=rng, **options)
        assert_same(dl.stochastic_depth(x, np.tanh, rng=rng, **options), expected)
        back = dl.stochastic_depth_backward(x, np.tanh, rng=rng, **options)
        assert_same(back, expected)


@pytest.mark.parametrize("shift", [-3, -1, 1, 3])
@pytest.mark.parametrize("shape", [(50, 7), (60, 1100)], ids=str)
def test_out_may_overlap_x_in_any_way(shape, shift):
    n = shape[0] - 6
    for prob in (0.0, 0.4, 1.0):
        memory = np.random.default_rng(0).normal(size=shape)
        x, out = memory[3 : 3 + n], memory[3 + shift : 3 + shift + n]
        for y in (x, x[::-1]):
            before = y.copy()
            expected = fam.stochastic_depth(before, np.sin, prob, True, key=KEY)
            options = {"rng": dl.Key(KEY), "out": out}
            assert dl.stochastic_depth(y, np.sin, prob, True, **options) is out
            assert_same(out, expected)


@pytest.mark.parametrize("prob", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("first", [0, 1, 200])
def test_a_branch_may_give_a_part_of_out(prob, first):
    rows, scale = dl.kept_rows(300, prob, rng=1)
    for in_place in (True, False):
        memory = np.random.default_rng(0).normal(size=(600, 200))
        out = memory[:300]
        x = out if in_place else np.ones_like(out)
        part = memory[first : first + rows.size]
        expected = x.copy()
        expected[rows] += part * scale
        y = dl.stochastic_depth(x, lambda v: part, prob, True, rng=1, out=out)  # noqa: B023
        assert y is out
        assert_same(y, expected)


def test_a_branch_may_not_take_the_memory_of_x_away():
    for size in (1, 100_000):
        x = np.ones((1000, 64), np.float32)

        def branch(v, x=x, size=size):
            x.resize((size, 1), refcheck=False)
            return v

        with pytest.raises(ValueError, match="x must keep its memory"):
            dl.stochastic_depth(x, branch, 0.5, True, rng=1)


def test_all_samples_are_gathered_once():
    for dtype in ("f4", "i4", ">f4"):
        x, out = np.ones((1000, 1000), dtype), np.empty((1000, 1000))
        dl.stochastic_depth(x, lambda v: v, out=out)
        tracemalloc.start()
        dl.stochastic_depth(x, lambda v: v, out=out)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 1.1 * x.size * (8 if dtype == "i4" else 4) + 1e6


def test_signalling_nans_in_a_result_are_added_in_silence():
    x = np.ones((1000, 4))
    nans = np.full(x.shape, 0x7F800001, np.uint32).view(np.float32)
    compare("stochastic_depth", x, branch=lambda v: nans[: len(v)])
    options = {"prob": 0.5, "training": True}
    compare("stochastic_depth", x, branch=lambda v: nans[: len(v)], **options)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("training", [True, False])
def test_of_a_linear_branch_the_backward_pass_is_the_adjoint(sampling, training):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, 30, 8))
    w = rng.normal(size=(8, 8))
    options = {"sampling": sampling, "rng": dl.Key(KEY)}
    y = dl.stochastic_depth(x, lambda v: v @ w, 0.4, training, **options)
    back = dl.stochastic_depth_backward(g, lambda v: v @ w.T, 0.4, training, **options)
    assert np.vdot(y, g) == pytest.approx(np.vdot(x, back), rel=1e-12)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_backward_pass_is_the_derivative(sampling):
    x, g, direction = np.random.default_rng(0).normal(size=(3, 30, 8))
    options = {"prob": 0.4, "training": True, "sampling": sampling, "rng": dl.Key(KEY)}

    def loss(t):
        y = dl.stochastic_depth(x + t * direction, np.tanh, **options)
        return np.vdot(y, g)

    rows, _ = dl.kept_rows(30, 0.4, sampling=sampling, rng=dl.Key(KEY))
    slopes = 1 - np.tanh(x[rows]) ** 2
    grad = dl.stochastic_depth_backward(g, lambda v: v * slopes, **options)
    numeric = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert numeric == pytest.approx(np.vdot(grad, direction), rel=1e-7)


def test_both_passes_do_the_same():
    x = values("f4", (50, 9))
    for sampling in SAMPLINGS:
        for prob, training in ((0.3, True), (0, True), (1, True), (0.3, False)):
            arguments = x, quiet(np.negative), prob, training
            options = {"sampling": sampling, "rng": 5}
            forward = dl.stochastic_depth(*arguments, **options)
            assert_same(dl.stochastic_depth_backward(*arguments, **options), forward)
