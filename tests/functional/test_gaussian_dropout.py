# SPDX-License-Identifier: BSD-3-Clause
"""gaussian_dropout is the oracle's to the bit, and its variates are normal."""

import numpy as np
import pytest
import reference as ref
import reference_family as family
from arrays import DTYPES, RATES, arrays, assert_same, blocks, on_each_isa, values
from calls import KEY, outs
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import _core

NOISE = 3


def compare(x, out=None, **options):
    """The result on every instruction set is the oracle's."""
    expected = family.gaussian_dropout(x, key=KEY, **options)
    before = None if out is None else out.copy()

    def check():
        if out is not None:
            out[...] = before
        with np.errstate(all="raise"):
            y = dl.gaussian_dropout(x, rng=dl.Key(KEY), out=out, **options)
        if out is None:
            assert_same(y, expected)
        else:
            assert y is out
            native = np.asarray(out).astype(out.dtype.newbyteorder("="))
            assert_same(native, ref.cast(expected, native.dtype))

    on_each_isa(check)


# More than is gathered at once, in each of the axes' orders.
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(1025,), (13, 300), (3, 40, 5, 7)], ids=str)
def test_parts_of_complex_numbers_share_a_variate(shape, dtype):
    x = values(np.dtype(dtype), shape)
    for y in (x, np.asfortranarray(x), np.repeat(x, 2, axis=-1)[..., ::2], x[::-1]):
        compare(y, p=0.3)
        compare(y, out=np.empty(shape, np.dtype(dtype).newbyteorder()), p=0.3)


def normals(key, first, n, step=1):
    """The variates of elements first, first + step, ..."""
    z = np.ones(n)
    # 1 + 2**100 * z is 2**100 * z where z is not tiny.
    _core.apply(z, z, None, (key, 0, None, first, (step,)), (NOISE, 2.0**100, 0.0, 0.0))
    return z * 2.0**-100


@st.composite
def calls(draw):
    """x, out and keywords."""
    x = draw(arrays())
    p = draw(st.sampled_from([p for p in RATES if p < 1]) | st.floats(0, 0.999))
    options = {"p": p, "mode": draw(st.sampled_from(["train", "train", "test"]))}
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], options["start"] = draw(blocks(x.shape))
    return x, draw(outs(ref.common(x), x)), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare(x, out, **options)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("n", [1, 15, 16, 17, 31, 33, 511, 512, 513, 2000])
def test_runs_of_any_length_get_their_variates(dtype, n):
    compare(values(dtype, (n,)), p=0.3)


def test_variates_are_the_quantiles_of_their_uniforms():
    special = pytest.importorskip("scipy.special")
    index = np.arange(200_000, dtype=np.uint64)
    w = ref.words(KEY, index, 0, ref.NORMALS)
    cell = ((w[0] | w[1] << 32) >> 12).astype(np.float64) + 0.5
    np.testing.assert_allclose(
        normals(KEY, 0, index.size), special.ndtri(cell * 2.0**-52), 1e-14, 1e-17
    )


def test_variates_pass_a_test_of_kolmogorov_and_smirnov():
    stats = pytest.importorskip("scipy.stats")
    for key in range(5):
        z = normals(key, 2**40, 100_000)
        assert stats.kstest(z, "norm").pvalue > 1e-4
        assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 4 / np.sqrt(z.size)


# Found by search: under key 7 these lie beyond AS 241's t = 5, as 1 in 4e10 do.
@pytest.mark.parametrize("index", [50_469_947_224, 62_882_888_639])
def test_variates_of_the_far_tail_are_the_oracles(index):
    expected = family.normals(7, np.array([index], np.uint64))
    assert 6.7 < abs(expected[0]) < 8.3
    on_each_isa(lambda: assert_same(normals(7, index, 1), expected))


def test_noise_has_the_mean_and_variance_of_dropout():
    p, n = 0.3, 1_000_000
    y = dl.gaussian_dropout(np.ones(n), p, rng=dl.Key(3))
    sigma = np.sqrt(p / (1 - p))
    assert abs(y.mean() - 1) < 5 * sigma / np.sqrt(n)
    assert abs(y.var() / sigma**2 - 1) < 5 * np.sqrt(2 / n)


def test_backward_is_the_same_call_on_the_gradient():
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, 30, 40))
    key = dl.Key(8)
    forward = np.vdot(dl.gaussian_dropout(x, 0.4, rng=key), g)
    backward = np.vdot(x, dl.gaussian_dropout(g, 0.4, rng=key))
    np.testing.assert_allclose(forward, backward, rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_do_not_change_a_variate(threads):
    x = values(np.float32, (700, 513))
    expected = family.gaussian_dropout(x, 0.5, key=KEY)
    with dl.num_threads(threads):
        assert_same(dl.gaussian_dropout(x, 0.5, rng=dl.Key(KEY)), expected)
        turned = dl.gaussian_dropout(x.T.copy().T, 0.5, rng=dl.Key(KEY))
        assert_same(turned, expected)


def test_a_generator_advances_by_one_word_and_only_in_training():
    for p, mode, words in [(0.5, "train", 1), (0.0, "train", 0), (0.5, "test", 0)]:
        rng, twin = np.random.default_rng(1), np.random.default_rng(1)
        dl.gaussian_dropout(np.ones(3), p, mode, rng=rng)
        twin.integers(0, 2**64, words, dtype=np.uint64)
        assert rng.bit_generator.state == twin.bit_generator.state


def test_nothing_to_do_returns_x_itself():
    x = np.ones(3)
    assert dl.gaussian_dropout(x, 0.0) is x
    assert dl.gaussian_dropout(x, 0.5, "eval") is x


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, r"p must be in \[0, 1\), got 1", {"p": 1.0}),
        (ValueError, r"p must be in \[0, 1\), got 1", {"p": 1, "mode": "test"}),
        (ValueError, r"p must be in \[0, 1\], got 1.5", {"p": 1.5}),
        (ValueError, r"p must be in \[0, 1\], got nan", {"p": float("nan")}),
        (TypeError, "p must be a real number", {"p": "0.5"}),
        (ValueError, "mode must be", {"mode": "training"}),
        (TypeError, "rng must be|rng", {"rng": 0.5}),
        (ValueError, "start needs full_shape", {"start": (0, 0)}),
        (ValueError, "full_shape must hold", {"full_shape": (2, 2)}),
        (ValueError, "out must have shape", {"out": np.ones(2)}),
    ],
)
def test_bad_input_is_named(error, message, options):
    x = np.ones((2, 3))
    with pytest.raises(error, match=message):
        dl.gaussian_dropout(x, **{"p": 0.5, "rng": 1, **options})
    assert (x == 1).all()
