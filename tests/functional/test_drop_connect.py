# SPDX-License-Identifier: BSD-3-Clause
"""drop_connect is the oracle's, which makes every product: to the bit in training."""

import tracemalloc

import ml_dtypes
import numpy as np
import pytest
import reference as ref
import reference_family as family
from arrays import FLOATS, RATES, assert_same, laid_out, on_each_isa, plain
from calls import KEY
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers._lib import linear

DTYPES = [np.dtype(d) for d in [*FLOATS, np.int32, np.bool_]] + [np.dtype(">f4")]
LAYOUTS = ["C", "F", "step", "reversed", "unaligned"]
LENGTHS = st.sampled_from([0, 1, 2, 3, 17, 31, 32, 33, 70])


@st.composite
def layers(draw):
    """x, weight, bias or None, and grad of a layer, in any layout."""
    b, i, o = draw(st.tuples(LENGTHS, LENGTHS, LENGTHS))
    kinds = draw(
        st.sampled_from([[d] for d in DTYPES] + [[np.dtype("f4"), np.dtype("f8")]])
    )
    found = []
    for seed, shape in enumerate([(b, i), (i, o), (o,), (b, o)]):
        dtype = draw(st.sampled_from(kinds))
        x = np.random.default_rng(seed).normal(size=shape)
        share = draw(st.sampled_from([0, 0, 0.01])) if dtype.kind in "fV" else 0
        special = np.random.default_rng(seed).random(shape) < share
        x = np.where(special, draw(st.sampled_from([np.inf, np.nan, -0.0])), x)
        x = x.astype(dtype)
        found.append(laid_out(x, draw(st.sampled_from(LAYOUTS))))
    if draw(st.booleans()):
        found[2] = None
    return found


def assert_near(actual, expected):
    """Equal up to the order of a sum, where it is finite."""
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    actual, expected = plain(actual), plain(expected)
    single = actual.dtype.char in "fF" or actual.dtype.itemsize == 2
    number = np.isfinite(expected)
    np.testing.assert_allclose(
        actual[number], expected[number], *((1e-2, 1e-2) if single else (1e-9, 1e-9))
    )


@given(layers(), st.sampled_from(RATES) | st.floats(0, 1))
def test_training_gives_what_the_oracle_gives(layer, p):
    x, weight, bias, _ = layer
    expected = family.drop_connect(x, weight, p, bias=bias, key=KEY)

    def check():
        with np.errstate(all="raise"):
            y = dl.drop_connect(x, weight, p, bias=bias, rng=dl.Key(KEY))
        assert_same(y, expected)

    on_each_isa(check)


@given(layers(), st.sampled_from(RATES) | st.floats(0, 1), st.booleans())
def test_one_mask_and_none_give_plain_products(layer, p, train):
    x, weight, bias, _ = layer
    options = {"mode": "train" if train else "test", "per_sample": False, "bias": bias}
    if not train:
        options["per_sample"] = True
    expected = family.drop_connect(x, weight, p, key=KEY, **options)
    with np.errstate(all="raise"):
        y = dl.drop_connect(x, weight, p, rng=dl.Key(KEY), **options)
    if all(np.isfinite(plain(v)).all() for v in (x, weight)):
        assert_near(y, expected)
    else:
        assert (y.dtype, y.shape) == (expected.dtype, expected.shape)


@given(
    layers(),
    st.sampled_from(RATES) | st.floats(0, 1),
    st.sampled_from(["train", "train", "test"]),
    st.booleans(),
)
def test_gradients_are_those_of_the_oracle(layer, p, mode, per_sample):
    x, weight, _, grad = layer
    options = {"mode": mode, "per_sample": per_sample}
    expected = family.drop_connect_backward(grad, x, weight, p, key=KEY, **options)
    finite = all(np.isfinite(plain(v)).all() for v in (x, weight, grad))

    def check():
        with np.errstate(all="raise"):
            grads = dl.drop_connect_backward(
                grad, x, weight, p, rng=dl.Key(KEY), **options
            )
        for actual, gradient in zip(grads, expected, strict=True):
            assert (actual.dtype, actual.shape) == (gradient.dtype, gradient.shape)
            if finite:
                assert_near(actual, gradient)
        if mode == "train" and per_sample:
            assert_same(grads[1], expected[1])

    on_each_isa(check)


def blocked_dots(grad, weight, keep, factor):
    """The gradient of x with the sums in the order that is written down: lane by lane
    of 32, and the lanes in halves."""
    o = grad.shape[1]
    terms = np.where(keep, grad[:, None] * weight, grad.dtype.type(0))
    padded = np.zeros((*keep.shape[:2], -(-o // 32) * 32), grad.dtype)
    padded[..., :o] = terms
    lanes = family.ascending_sum(padded.reshape(*keep.shape[:2], -1, 32), 2)
    while lanes.shape[-1] > 1:
        low, high = np.split(lanes, 2, axis=-1)
        lanes = low + high
    return lanes[..., 0] * grad.dtype.type(factor)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 5, 7), (20, 40, 33), (1, 1, 1), (2, 3, 33_000)])
def test_sums_over_outputs_have_one_order(shape, dtype):
    b, i, o = shape
    rng = np.random.default_rng(1)
    x, weight, grad = (
        rng.normal(size=s).astype(dtype) for s in [(b, i), (i, o), (b, o)]
    )
    keep = ref.keep_mask(shape, 0.3, KEY)
    expected = blocked_dots(grad, weight, keep, 1 / 0.7)

    def check():
        grad_x, _, _ = dl.drop_connect_backward(grad, x, weight, 0.3, rng=dl.Key(KEY))
        assert_same(grad_x, expected)

    on_each_isa(check)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_threads_change_no_bit(dtype):
    rng = np.random.default_rng(2)
    x, weight = (rng.normal(size=s).astype(dtype) for s in [(70, 129), (129, 513)])
    grad, key = x @ weight, dl.Key(5)
    results = []
    for threads in range(1, 9):
        with dl.num_threads(threads):
            results.append(
                [
                    dl.drop_connect(x, weight, 0.2, rng=key),
                    *dl.drop_connect_backward(grad, x, weight, 0.2, rng=key),
                ]
            )
    for other in results[1:]:
        for actual, expected in zip(other, results[0], strict=True):
            assert_same(actual, expected)


def test_a_dropped_infinity_is_gone():
    x, weight = np.ones((1, 200)), np.ones((200, 3))
    keep = dl.keep_mask((1, 200, 3), 0.5, rng=dl.Key(1))
    weight[~keep[0]] = np.inf
    assert np.isfinite(dl.drop_connect(x, weight, rng=dl.Key(1))).all()


def test_out_may_be_an_operand_or_of_another_dtype():
    rng = np.random.default_rng(3)
    x, weight = rng.normal(size=(2, 40, 40))
    expected = dl.drop_connect(x, weight, 0.4, rng=dl.Key(1))
    for place in ("x", "weight", "single", "fresh", "steps"):
        a, w = x.copy(), weight.copy()
        out = {
            "x": a,
            "weight": w,
            "single": np.empty((40, 40), np.float32),
            "fresh": np.full((40, 40), 7.0),
            "steps": np.empty((40, 80))[:, ::2],
        }[place]
        assert dl.drop_connect(a, w, 0.4, rng=dl.Key(1), out=out) is out
        assert_same(out, expected.astype(out.dtype))


class Measuring(np.random.Generator):
    """Remembers how much memory there was when it was asked."""

    def integers(self, *arguments, **options):
        tracemalloc.reset_peak()
        self.reserved = tracemalloc.get_traced_memory()[0]
        return super().integers(*arguments, **options)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "i4", "F"])
def test_with_one_mask_all_memory_is_had_before_a_key_is_drawn(dtype):
    """Where there is not enough of it no generator has advanced then."""
    x, w = np.ones((64, 700), dtype), np.ones((700, 900), dtype)
    g = np.ones((64, 900), dtype)
    for call, operands in (
        (dl.drop_connect, (x, w)),
        (dl.drop_connect_backward, (g, x, w)),
    ):
        rng = Measuring(np.random.PCG64(1))
        tracemalloc.start()
        try:
            call(*operands, per_sample=False, rng=rng)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak - rng.reserved < 1 << 17
        assert rng.reserved > w.size * 4


@pytest.mark.parametrize("per_sample", [True, False])
def test_the_gradients_are_the_adjoints(per_sample):
    rng = np.random.default_rng(4)
    x, weight, grad = (rng.normal(size=s) for s in [(6, 30), (30, 40), (6, 40)])
    options = {"p": 0.3, "per_sample": per_sample, "rng": dl.Key(9)}
    y = dl.drop_connect(x, weight, **options)
    grad_x, grad_weight, grad_bias = dl.drop_connect_backward(
        grad, x, weight, **options
    )
    np.testing.assert_allclose(np.vdot(y, grad), np.vdot(x, grad_x))
    np.testing.assert_allclose(np.vdot(y, grad), np.vdot(weight, grad_weight))
    np.testing.assert_allclose(grad.sum(axis=0), grad_bias)


def test_moments_are_those_of_many_masks():
    rng = np.random.default_rng(5)
    x, weight, bias = rng.normal(size=(4, 50)), rng.normal(size=(50, 6)), np.arange(6.0)
    mean, variance = dl.drop_connect_moments(x, weight, 0.3, bias=bias)
    n = 4000
    many = np.repeat(x[None], n, axis=0).reshape(-1, 50)
    y = dl.drop_connect(many, weight, 0.3, bias=bias, rng=1).reshape(n, 4, 6)
    error = np.sqrt(variance / n)
    assert (abs(y.mean(axis=0) - mean) < 5 * error).all()
    np.testing.assert_allclose(y.var(axis=0), variance, rtol=6 * np.sqrt(2 / n))


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16]
)
def test_moments_are_the_oracles(dtype):
    rng = np.random.default_rng(6)
    x, weight = (rng.normal(size=s).astype(dtype) for s in [(3, 8), (8, 5)])
    bias = np.ones(5, dtype)
    expected = family.drop_connect_moments(x, weight, 0.3, bias=bias)
    for actual, moment in zip(
        dl.drop_connect_moments(x, weight, 0.3, bias=bias), expected, strict=True
    ):
        assert_near(actual, moment)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_no_array_of_all_products_is_made(dtype, transposed):
    b, i, o = 64, 512, 1024
    x = np.ones((b, i), dtype)
    weight = np.zeros((o, i), dtype).T if transposed else np.zeros((i, o), dtype)
    tracemalloc.start()
    try:
        dl.drop_connect(x, weight, rng=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    result, panel = b * o * 4, 4 * 2**18
    assert peak < 2 * result + 2 * panel + 2**16


def test_a_generator_advances_by_one_word_in_training_alone():
    x, weight = np.ones((2, 3)), np.ones((3, 4))
    cases = [(0.5, "train", 1), (0.0, "train", 0), (1.0, "train", 0), (0.5, "test", 0)]
    for p, mode, words in cases:
        for per_sample in (True, False):
            rng, twin = np.random.default_rng(1), np.random.default_rng(1)
            dl.drop_connect(x, weight, p, mode, per_sample=per_sample, rng=rng)
            twin.integers(0, 2**64, words, dtype=np.uint64)
            assert rng.bit_generator.state == twin.bit_generator.state


X, W = np.ones((2, 3)), np.ones((3, 4))
UNFIT = r"x must have shape \(2, 2\) for a weight of shape \(2, 4\), got \(2, 3\)"
B = X.astype(ml_dtypes.bfloat16)


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (ValueError, "x must have two axes", {"x": np.ones(3)}),
        (ValueError, "weight must have two axes", {"weight": np.ones((3, 4, 5))}),
        (ValueError, UNFIT, {"weight": np.ones((2, 4))}),
        (ValueError, r"bias must have shape \(4,\)", {"bias": np.ones(3)}),
        (ValueError, r"bias must have shape \(4,\)", {"bias": 1.0}),
        (TypeError, "bias must be a numeric array", {"bias": np.array(["a"] * 4)}),
        (TypeError, "weight must be a numeric array", {"weight": W.astype(object)}),
        (TypeError, "x must be a plain array", {"x": np.ma.ones((2, 3))}),
        (TypeError, "weight must promote", {"x": B, "weight": W.astype("f2")}),
        (ValueError, r"p must be in \[0, 1\]", {"p": -0.1}),
        (TypeError, "p must be a real number", {"p": None}),
        (ValueError, "mode must be", {"mode": True}),
        (TypeError, "per_sample must be a bool", {"per_sample": 1}),
        (ValueError, "out must have shape", {"out": np.ones((2, 3))}),
        (TypeError, "rng must be", {"rng": "seed"}),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_is_written(error, message, arguments):
    out = np.full((2, 4), 7.0)
    with pytest.raises(error, match=message):
        dl.drop_connect(**{"x": X, "weight": W, "rng": 1, "out": out, **arguments})
    assert (out == 7).all()


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (ValueError, "grad must have two axes", {"grad": np.ones(4)}),
        (ValueError, r"grad must have shape \(2, 4\)", {"grad": np.ones((3, 4))}),
        (ValueError, r"grad must have shape \(2, 4\)", {"grad": np.ones((2, 5))}),
        (ValueError, UNFIT, {"weight": np.ones((2, 4))}),
        (TypeError, "grad must be a numeric array", {"grad": np.array([["a"]])}),
        (ValueError, "mode must be", {"mode": "learn"}),
    ],
)
def test_bad_gradients_are_named(error, message, arguments):
    whole = {"grad": np.ones((2, 4)), "x": X, "weight": W, "rng": 1, **arguments}
    with pytest.raises(error, match=message):
        dl.drop_connect_backward(**whole)


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (ValueError, r"p must be in \[0, 1\), got 1", {"p": 1}),
        (TypeError, "x must be real", {"x": X.astype(complex)}),
        (ValueError, r"bias must have shape \(4,\)", {"bias": np.ones(3)}),
        (ValueError, UNFIT, {"weight": np.ones((2, 4))}),
    ],
)
def test_bad_input_of_the_moments_is_named(error, message, arguments):
    with pytest.raises(error, match=message):
        dl.drop_connect_moments(**{"x": X, "weight": W, "p": 0.5, **arguments})


@given(
    st.tuples(LENGTHS, LENGTHS, LENGTHS),
    st.sampled_from([np.float32, np.float64, np.complex64, np.longdouble]),
    st.integers(1, 40),
    st.integers(1, 5000),
)
def test_large_products_are_made_panel_by_panel(lengths, dtype, rows, products):
    height, inner, width = lengths
    x = (np.arange(height * inner) % 7).reshape(height, inner).astype(dtype)
    w = (np.arange(inner * width) % 5).reshape(inner, width).astype(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "ROWS", rows)
        patch.setattr(linear, "PRODUCTS", products)
        panels = linear.matmul(x, w)
    assert_same(panels, x @ w)
