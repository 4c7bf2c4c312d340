# SPDX-License-Identifier: BSD-3-Clause
"""alpha_dropout and its backward pass are the oracle's over their whole argument
spaces, to the bit, and keep what they are made to keep."""

import ml_dtypes
import numpy as np
import pytest
import reference as ref
import reference_family as fam
from arrays import (
    DTYPES,
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
    values,
)
from calls import KEY, compare, masks, outs, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

REALS = [dtype for dtype in DTYPES if dtype.kind != "c"]
PASSES = [dl.alpha_dropout, dl.alpha_dropout_backward]


@st.composite
def calls(draw):
    """x, out and the keywords that both passes have."""
    shape = draw(shapes())
    x = draw(arrays(shape, REALS))
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    options = {
        "p": draw(st.sampled_from(RATES) | st.floats(0, 1)),
        "mode": draw(st.sampled_from(["train", "train", "train", "test", "eval"])),
        "shared_axes": [a - len(shape) * draw(st.booleans()) for a in axes],
    }
    if draw(st.integers(0, 2)) == 0:
        own = tuple(1 if i in axes else n for i, n in enumerate(shape))
        options["mask"] = draw(masks(own))
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], start = draw(blocks(shape))
        options["start"] = draw(st.sampled_from([start, None]))
    return x, draw(outs(ref.common(x), x)), options


@given(calls(), st.booleans())
def test_every_call_gives_what_the_oracle_gives(call, return_mask):
    x, out, options = call
    compare("alpha_dropout", x, out, return_mask=return_mask, **options)


@given(calls())
def test_every_call_backward_gives_what_the_oracle_gives(call):
    grad, out, options = call
    compare("alpha_dropout_backward", grad, out, **options)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", KERNELS)
def test_every_size_is_right_at_both_sides_of_a_tile(dtype, n):
    for start in (0, 1, 4095):
        x = values(dtype, (n,), n)
        at = {"full_shape": (n + 9000,), "start": (start,)}
        for name in ("alpha_dropout", "alpha_dropout_backward"):
            compare(name, x, p=0.3, **at)
            compare(name, x, x, p=0.5, **at)


@pytest.mark.parametrize("shape", [(3, 5, 4099), (70, 1100), (65, 3, 65)], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f4", "f2", "f8"])
def test_every_walk_through_memory_gives_the_same(shape, layout, dtype):
    x = laid_out(values(dtype, shape), layout)
    for axes in ((), (0,), (1,), (0, 1), (-1,)):
        mask = ref.keep_mask(shape, 0.3, KEY, shared_axes=axes)
        expected = fam.alpha_dropout(x, 0.3, mask=mask)
        drawn = dl.alpha_dropout(x, 0.3, rng=dl.Key(KEY), shared_axes=axes)
        assert_same(drawn, expected)
        assert_same(dl.alpha_dropout(x, 0.3, mask=mask, shared_axes=axes), expected)


@pytest.mark.parametrize("dtype", KERNELS)
@pytest.mark.parametrize("p", [1e-9, 0.1, 1 / 3, 0.9, 1 - 2.0**-30, 1 - 2.0**-53])
def test_all_halves_and_subnormals_are_mapped_as_by_the_oracle(dtype, p):
    if np.dtype(dtype).itemsize == 2:
        x = np.arange(2**16).astype(np.uint16).view(dtype)
    else:
        bits = np.random.default_rng(0).integers(0, 2**64, 2**14, np.uint64)
        bits[:2000] &= 2**23 - 1  # subnormals of float32, and of float64
        x = bits.astype(f"u{np.dtype(dtype).itemsize}").view(dtype)
    compare("alpha_dropout", x, p=p, mask=np.ones(x.shape, bool))
    compare("alpha_dropout_backward", x, p=p, mask=np.ones(x.shape, bool))


@pytest.mark.parametrize("dtype", REALS, ids=str)
def test_what_is_dropped_leaves_no_trace(dtype):
    x = values(dtype, (60, 33), 3).astype(dtype)
    none = np.zeros(x.shape, bool)
    y = dl.alpha_dropout(x, 0.4, mask=none)
    assert len(np.unique(y.astype(np.float64))) == 1
    assert float(y[0, 0]) == pytest.approx(fam.alpha_affine(0.4)[2], rel=2.0**-8)
    grad = dl.alpha_dropout_backward(x, 0.4, mask=none)
    assert_same(grad, np.zeros(x.shape, ref.common(x)))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_half_is_mapped_in_float32_and_rounded_once(dtype):
    x = np.random.default_rng(0).normal(size=2000).astype(dtype)
    y, keep = dl.alpha_dropout(x, 0.2, rng=1, return_mask=True)
    a, b, c = (np.float32(v) for v in fam.alpha_affine(0.2))
    wide = np.where(keep, x.astype("f4") * a + b, c)
    assert_same(y, wide.astype(dtype))
    twice = (x.astype("f4") * a).astype(dtype) + b.astype(dtype)
    assert np.any(y[keep] != twice[keep])


def selu(x):
    """Scaled exponential linear units."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@pytest.mark.parametrize("p", [0.01, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("shared_axes", [(), (1,)])
def test_selu_activations_keep_their_mean_and_variance(p, shared_axes):
    x = selu(np.random.default_rng(0).normal(size=(200_000, 5)))
    y = dl.alpha_dropout(x, p, shared_axes=shared_axes, rng=1)[:, 0]
    squares = (y - y.mean()) ** 2
    assert abs(y.mean()) < 5 * y.std() / np.sqrt(y.size)
    assert abs(squares.mean() - 1) < 5 * squares.std() / np.sqrt(y.size)


def test_activations_through_many_layers_stay_normalised():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 256))
    for layer in range(16):
        x = selu(x @ rng.normal(0, 1 / 16, (256, 256)))
        x = dl.alpha_dropout(x, 0.1, rng=dl.Key(1).child(layer))
    assert abs(x.mean()) < 0.1
    assert abs(x.var() - 1) < 0.2


@pytest.mark.parametrize("shared_axes", [(), 1, (0, -1)])
def test_the_backward_pass_is_the_derivative(shared_axes):
    x, g, direction = np.random.default_rng(0).normal(size=(3, 7, 5, 6))
    options = {"p": 0.3, "shared_axes": shared_axes, "rng": dl.Key(KEY)}

    def loss(t):
        return np.vdot(dl.alpha_dropout(x + t * direction, **options), g)

    slope = (loss(1) - loss(-1)) / 2  # it is a straight line
    grad = dl.alpha_dropout_backward(g, **options)
    assert slope == pytest.approx(np.vdot(grad, direction), rel=1e-8)
    mask = dl.alpha_dropout(x, **options, return_mask=True)[1]
    masked = dl.alpha_dropout_backward(g, 0.3, shared_axes=shared_axes, mask=mask)
    assert_same(masked, grad)


@given(st.data())
def test_blocks_of_an_array_get_their_part_of_the_whole(data):
    shape = data.draw(shapes(min_dims=1, max_dims=4))
    x, where = data.draw(arrays(shape, REALS)), data.draw(parts(shape))
    axes = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1))))
    options = {"shared_axes": axes, "rng": dl.Key(KEY)}
    at = {"full_shape": shape, "start": tuple(s.start for s in where)}
    for function in PASSES:
        whole = function(x, 0.4, **options)
        assert_same(function(x[where], 0.4, **options, **at), whole[where])


@pytest.mark.parametrize("function", PASSES)
def test_nothing_to_do_gives_x_itself(function):
    x = np.array([-0.0, np.nan, 2.0])
    assert function(x, 0) is x
    assert function(x, 0.5, "test") is x
    assert function(x, 0.5, "eval", mask=np.zeros(3, bool)) is x
    assert function([1, 2], 0).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("function", PASSES)
def test_training_with_p_one_gives_zeros(function):
    x = np.array([-1.0, np.nan, np.inf], np.float32)
    for mask in (None, np.ones(3, bool)):
        assert function(x, 1, mask=mask).tobytes() == bytes(12)
    assert function(x, 1, "test") is x


def test_a_mask_drops_at_p_zero_too():
    x = np.array([-0.0, np.nan, 2.0])
    y = dl.alpha_dropout(x, 0, mask=[True, False, False])
    assert_same(y, np.array([0.0, fam.SELU, fam.SELU]))
    grad = dl.alpha_dropout_backward(x, 0, mask=[True, False, True])
    assert_same(grad, np.array([-0.0, 0.0, 2.0]))


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize(
    ("words", "options"),
    [
        (1, {"p": 0.5}),
        (1, {"p": 1e-30}),
        (0, {"p": 0}),
        (0, {"p": 1}),
        (0, {"p": 0.5, "mode": "test"}),
        (0, {"p": 0.5, "mask": np.ones((4, 3), bool)}),
    ],
)
def test_a_generator_advances_by_one_word_or_by_none(function, words, options):
    x = np.ones((4, 3))
    assert words_drawn(lambda g: function(x, **options, rng=g)) == words


X = np.arange(24, dtype=np.float32).reshape(4, 6)
BAD = [
    *((ValueError, "p", {"p": p}) for p in (-0.1, 1.5, np.nan, -5e-324)),
    *((TypeError, "p", {"p": p}) for p in (None, "0.5", True, 0.5j, [0.5])),
    *((ValueError, "mode", {"mode": m}) for m in ("Train", None, True)),
    *((ValueError, "shared_axes", {"shared_axes": a}) for a in (2, -3, (0, 0))),
    *((TypeError, "shared_axes", {"shared_axes": a}) for a in ("0", 1.0, None)),
    *((TypeError, "mask", {"mask": m}) for m in (X, "yes")),
    *((ValueError, "mask", {"mask": m}) for m in (X.T > 5, X[0] > 5)),
    (ValueError, "mask", {"mask": X > 5, "shared_axes": 1}),
    *((ValueError, "out", {"out": out}) for out in (X[0].copy(), X.T.copy())),
    *((TypeError, "out", {"out": out}) for out in (X.astype(int), X.tolist())),
    (TypeError, "rng", {"rng": "seed"}),
    (ValueError, "start", {"start": (0, 0)}),
    (ValueError, "full_shape", {"full_shape": (4,)}),
    (ValueError, "full_shape", {"full_shape": (4, 5)}),
]
NO_REALS = [
    X.astype("F"), X.astype("D"), X.astype("O"), [["a"]], np.ma.array(X),
    X.astype("M8[s]"), None,
]  # fmt: skip
CASES = [(f, *case) for f in PASSES for case in BAD]
for x in NO_REALS:
    CASES.append((dl.alpha_dropout, TypeError, "x", {"x": x}))
    CASES.append((dl.alpha_dropout_backward, TypeError, "grad", {"grad": x}))
for flag in (1, None, "True"):
    CASES.append((dl.alpha_dropout, TypeError, "return_mask", {"return_mask": flag}))


@pytest.mark.parametrize(("function", "error", "name", "bad"), CASES)
def test_a_bad_argument_is_named_and_nothing_happens(function, error, name, bad):
    rng, out = np.random.default_rng(1), np.full_like(X, 7)
    first = "x" if function is dl.alpha_dropout else "grad"
    with pytest.raises(error, match=rf"^{name}\b"):
        function(**{first: X, "p": 0.5, "rng": rng, "out": out, **bad})
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state
    assert np.all(out == 7)


def test_complex_numbers_are_refused_by_their_dtype_in_test_mode_too():
    for mode in ("train", "test"):
        with pytest.raises(TypeError, match=r"^x must be .* real .*, got dtype compl"):
            dl.alpha_dropout(X.astype("F"), mode=mode)
        with pytest.raises(TypeError, match=r"^grad must be .* dtype complex128$"):
            dl.alpha_dropout_backward(X.astype("D"), mode=mode)
