# SPDX-License-Identifier: BSD-3-Clause
"""The oracle's family: each member against a second way of saying it."""

import hashlib
import itertools
import math
import statistics

import numpy as np
import pytest
import reference as ref
import reference_family as fam

KEY = 0x13198A2E03707344


def some(shape, dtype=np.float64, seed=0):
    """Fixed normal values."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# --- spatial and alpha ----------------------------------------------------------------


def test_spatial_dropout_drops_whole_channels():
    x = np.ones((4, 5, 6, 3))
    for axis in (1, 3, -1):
        y, mask = fam.spatial_dropout(
            x, 0.5, channel_axis=axis, key=KEY, return_mask=True
        )
        shape = [4, 1, 1, 1]
        shape[axis] = x.shape[axis]
        np.testing.assert_array_equal(mask, ref.keep_mask(shape, 0.5, KEY))
        np.testing.assert_array_equal(y, np.where(mask, 2 * x, 0))


def test_selu_saturates_at_minus_scale_times_alpha():
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    assert pytest.approx(-scale * alpha, rel=2e-16) == fam.SELU


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9])
def test_alpha_dropout_keeps_zero_mean_and_unit_variance_exactly(p):
    a, b, c = fam.alpha_affine(p)
    mean = (1 - p) * b + p * c
    square = (1 - p) * (a * a + b * b) + p * c * c
    assert mean == pytest.approx(0, abs=1e-15)
    assert square == pytest.approx(1, rel=1e-14)


def test_alpha_dropout_sets_the_dropped_to_a_constant():
    x = some(64, "f4")
    x[:4] = np.inf, -np.inf, np.nan, -0.0
    y, mask = fam.alpha_dropout(x, 0.4, key=KEY, return_mask=True)
    a, b, c = (np.float32(v) for v in fam.alpha_affine(0.4))
    np.testing.assert_array_equal(y, np.where(mask, x * a + b, c))
    grad = fam.alpha_dropout_backward(x, 0.4, key=KEY)
    np.testing.assert_array_equal(grad, np.where(mask, x * a, 0))


def test_alpha_dropout_at_the_ends_of_p():
    x = np.array([-0.0, np.nan, 2.0])
    assert fam.alpha_dropout(x, 0).tobytes() == x.tobytes()
    assert fam.alpha_dropout(x, 1).tobytes() == bytes(24)
    assert fam.alpha_dropout_backward(x, 1).tobytes() == bytes(24)
    assert fam.alpha_dropout(x, 0.5, "test").tobytes() == x.tobytes()


# --- normal variates ------------------------------------------------------------------


def spread_of_u():
    """Points of (0, 1) on the grid of the stream: both tails, the seams, the centre."""
    rng = np.random.default_rng(5)
    tail = 2.0 ** rng.uniform(-52, -1, 4000)
    seams = np.array([0.075, 0.925, math.exp(-25), 0.5 - 2.0**-53])
    near = seams * (1 + np.linspace(-1e-9, 1e-9, 101)[:, None])
    u = np.concatenate([tail, 1 - tail, rng.random(4000), near.ravel()])
    cell = np.clip(np.floor(u * 2.0**52), 0, 2.0**52 - 1)
    ends = np.array([0.5, 1.5, 2.0**52 - 1.5, 2.0**52 - 0.5])
    return np.concatenate([cell + 0.5, ends]) * 2.0**-52


def test_quantiles_agree_with_scipy():
    special = pytest.importorskip("scipy.special")
    u = spread_of_u()
    np.testing.assert_allclose(fam.normal_quantile(u), special.ndtri(u), rtol=1e-14)


def test_quantiles_agree_with_exact_ones_to_two_in_ten_to_the_fifteen():
    mpmath = pytest.importorskip("mpmath")
    u = spread_of_u()[::40]
    with mpmath.workdps(40):
        for v, z in zip(u.tolist(), fam.normal_quantile(u).tolist(), strict=True):
            exact = mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(v) - 1)
            assert abs(z / exact - 1) < 2e-15


def test_quantiles_agree_with_those_of_the_standard_library():
    u = spread_of_u()
    expected = [statistics.NormalDist().inv_cdf(v) for v in u.tolist()]
    np.testing.assert_allclose(fam.normal_quantile(u), expected, rtol=2e-15)


def test_quantiles_are_odd_about_one_half():
    u = spread_of_u()
    np.testing.assert_array_equal(fam.normal_quantile(u), -fam.normal_quantile(1 - u))


def test_the_logarithm_is_within_one_unit_in_the_last_place():
    x = np.concatenate([spread_of_u(), 2.0 ** np.arange(-60.0, 60), [math.sqrt(0.5)]])
    exact = np.array([math.log(v) for v in x.tolist()])
    assert np.all(np.abs(fam.logarithm(x) - exact) <= np.spacing(np.abs(exact)))


def test_the_constants_of_the_logarithm_are_those_of_fdlibm():
    series = (fam.LG1, fam.LG2, fam.LG3, fam.LG4, fam.LG5, fam.LG6, fam.LG7)
    constants = np.array([fam.LN2_HIGH, fam.LN2_LOW, *series]).view(np.uint64)
    assert [f"{int(c):016x}" for c in constants] == [
        "3fe62e42fee00000",
        "3dea39ef35793c76",
        "3fe5555555555593",
        "3fd999999997fa04",
        "3fd2492494229359",
        "3fcc71c51d8e78af",
        "3fc7466496cb03de",
        "3fc39a09d078c69f",
        "3fc2f112df3e5244",
    ]


def test_a_variate_is_the_quantile_of_52_bits():
    for i in (0, 1, 2**32, 2**63 + 5):
        w = [int(v) for v in ref.words(KEY, i, 0, 2)]
        cell = (w[0] + 2**32 * w[1]) // 2**12
        u = (cell + 0.5) / 2**52
        assert u * 2**53 == 2 * cell + 1
        assert fam.normals(KEY, i) == fam.normal_quantile(np.float64(u))


def test_variates_have_the_same_bits_everywhere():
    bits = fam.normals(KEY, np.arange(2**14)).astype("<f8").tobytes()
    assert hashlib.sha256(bits).hexdigest().startswith("cf76597e38ebfcf1")


def test_variates_have_mean_zero_and_variance_one():
    z = fam.normals(KEY, np.arange(2**16))
    assert abs(z.mean()) < 5 / 2**8
    assert abs(z.var() - 1) < 5 * math.sqrt(2) / 2**8


def test_gaussian_dropout_rounds_its_double_factor_once():
    x = some((3, 7), "f4")
    factor = 1 + math.sqrt(0.2 / 0.8) * fam.normals(KEY, np.arange(21)).reshape(3, 7)
    y = fam.gaussian_dropout(x, 0.2, key=KEY)
    np.testing.assert_array_equal(y, x * factor.astype("f4"))
    block = fam.gaussian_dropout(
        x[1:, 2:5], 0.2, key=KEY, full_shape=(3, 7), start=(1, 2)
    )
    np.testing.assert_array_equal(block, y[1:, 2:5])
    z = fam.gaussian_dropout(x * 1j, 0.2, key=KEY)
    np.testing.assert_array_equal(z, x.astype("c8") * 0 + 1j * y)
    np.testing.assert_array_equal(fam.gaussian_dropout(x, 0.2, "test"), x)


# --- stochastic depth -----------------------------------------------------------------


def test_bernoulli_rows_are_those_that_drop_path_keeps():
    rows, scale = fam.kept_rows(50, 0.3, key=KEY)
    np.testing.assert_array_equal(rows, np.flatnonzero(ref.keep_mask((50,), 0.3, KEY)))
    assert scale == 1 / 0.7


@pytest.mark.parametrize(
    ("n", "prob", "count"),
    [
        (10, 0.3, 7),
        (7, 0.5, 3),
        (3, 0.9, 1),
        (10, 1e-12, 10),
        (5, 0, 5),
        (100, 0.07, 93),
    ],
)
def test_fixed_rows_are_a_fixed_number_of_the_largest_uniforms(n, prob, count):
    rows, scale = fam.kept_rows(n, prob, sampling="fixed", key=KEY)
    assert len(rows) == count
    assert scale == n / count
    assert rows.tolist() == sorted(rows)
    u = ref.uniforms(KEY, np.arange(n))
    others = np.delete(u, rows)
    assert count == n or u[rows].min() > others.max()


def test_no_row_is_kept_where_prob_is_one_or_there_is_none():
    for sampling in ("bernoulli", "fixed"):
        assert len(fam.kept_rows(5, 1, sampling=sampling)[0]) == 0
        assert len(fam.kept_rows(0, 0.5, sampling=sampling, key=KEY)[0]) == 0


def test_stochastic_depth_is_drop_path_with_a_residual():
    x, w = some((20, 4), "f4"), some((4, 4), "f4", 1)
    expected = ref.drop_path(np.tanh(x * w[0]), 0.4, True, residual=x, key=KEY)
    seen = []

    def branch(part):
        seen.append(len(part))
        return np.tanh(part * w[0])

    y = fam.stochastic_depth(x, branch, 0.4, True, key=KEY)
    np.testing.assert_array_equal(y, expected)
    assert seen == [np.count_nonzero(ref.keep_mask((20,), 0.4, KEY))]
    np.testing.assert_array_equal(fam.stochastic_depth(x, branch), x + branch(x))
    np.testing.assert_array_equal(fam.stochastic_depth(x, None, 1, True), x)


# --- DropBlock ------------------------------------------------------------------------

MAPS = [((7, 7), 7), ((7, 7), 3), ((5,), 2), ((14, 14), 7), ((4, 6), 9), ((4, 3, 5), 3)]


def covered_by_hand(lengths, blocks):
    """Seeds that cover each cell, every seed's block laid out."""
    counts = np.zeros(lengths, int)
    corners = [range(d - b + 1) for d, b in zip(lengths, blocks, strict=True)]
    for seed in itertools.product(*corners):
        counts[tuple(slice(s, s + b) for s, b in zip(seed, blocks, strict=True))] += 1
    return counts


@pytest.mark.parametrize(("lengths", "size"), MAPS)
def test_covering_seeds_are_those_laid_out_by_hand(lengths, size):
    blocks = [min(size, d) for d in lengths]
    counts = fam.covering_seeds(lengths, blocks)
    np.testing.assert_array_equal(counts, covered_by_hand(lengths, blocks))


@pytest.mark.parametrize(("lengths", "size"), MAPS)
@pytest.mark.parametrize("p", [1e-9, 0.1, 0.25, 0.5, 0.99])
def test_the_expected_share_dropped_is_p(lengths, size, p):
    counts = covered_by_hand(lengths, [min(size, d) for d in lengths])
    t = fam.seed_threshold(p, counts)

    def share(threshold):
        return float(np.mean(1 - (1 - threshold / 2**40) ** counts.astype(float)))

    step = share(t + 1) - share(t)
    assert share(t) == pytest.approx(p, abs=max(1e-9, 2 * step))
    assert fam.dropped_share(counts, t) >= p > fam.dropped_share(counts, t - 1)


def test_every_dropped_cell_lies_in_a_dropped_block_of_its_map():
    shape, size = (3, 2, 9, 8), 3
    mask = fam.block_mask(shape, 0.3, block_size=size, key=KEY)
    counts = covered_by_hand(shape[2:], (size, size))
    seeds = ref.uniforms(KEY, ref.mask_index((3, 2, 7, 6)))
    on = seeds < np.uint64(fam.seed_threshold(0.3, counts))
    expected = np.ones(shape, bool)
    for n, c, i, j in itertools.product(*map(range, shape)):
        near = on[n, c, max(0, i - 2) : i + 1, max(0, j - 2) : j + 1]
        expected[n, c, i, j] = not near.any()
    np.testing.assert_array_equal(mask, expected)
    assert 0.1 < 1 - mask.mean() < 0.5


def test_drop_block_of_other_channel_axes_keeps_the_axes_in_order():
    x = np.ones((2, 6, 5, 3))
    y, mask = fam.drop_block(
        x, 0.2, block_size=2, channel_axis=-1, key=KEY, return_mask=True
    )
    assert mask.shape == x.shape
    np.testing.assert_array_equal(y, np.where(mask, mask.size / mask.sum(), 0))
    shared = fam.block_mask(
        x.shape, 0.2, block_size=2, channel_axis=-1, shared_channels=True, key=KEY
    )
    assert shared.shape == (2, 6, 5, 1)


def test_a_block_as_large_as_the_map_drops_whole_maps_at_rate_p():
    mask = fam.block_mask((50, 40, 7, 7), 0.1, block_size=7, key=KEY)
    assert np.all(mask == mask[:, :, :1, :1])
    assert abs(np.mean(~mask[:, :, 0, 0]) - 0.1) < 5 * math.sqrt(0.09 / 2000)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("axis", [1, 2, 3])
def test_whole_maps_of_a_larger_array_have_its_blocks(axis, shared):
    full_shape, start, shape = [6, 9, 8, 7], [1, 0, 0, 0], [4, 9, 8, 7]
    start[axis], shape[axis] = 2, 3
    how = {"channel_axis": axis, "shared_channels": shared, "key": KEY}
    whole = fam.block_mask(full_shape, 0.3, block_size=3, **how)
    part = [slice(i, i + n) for i, n in zip(start, shape, strict=True)]
    if shared:
        part[axis] = slice(None)
    where = {"full_shape": full_shape, "start": start}
    mask = fam.block_mask(shape, 0.3, block_size=3, **how, **where)
    np.testing.assert_array_equal(mask, whole[tuple(part)])
    assert 0 < np.count_nonzero(mask) < mask.size


def test_drop_block_at_its_ends():
    x = np.full((2, 3, 4), -np.inf)
    assert fam.drop_block(x, 1).tobytes() == bytes(x.nbytes)
    assert fam.drop_block(x, 0.5, mask=np.zeros(x.shape, bool)).tobytes() == bytes(192)
    np.testing.assert_array_equal(fam.drop_block(x, 0), x)
    np.testing.assert_array_equal(fam.drop_block(x, 1, "test"), x)
    for shape in ((0, 3, 4), (2, 0, 4), (2, 3, 0)):
        assert fam.drop_block(np.ones(shape), 0.5, key=KEY).shape == shape


# --- DropConnect ----------------------------------------------------------------------


def test_drop_connect_is_a_product_with_masked_weights_for_each_sample():
    x, w, bias = some((5, 7)), some((7, 4), seed=1), some(4, seed=2)
    mask = ref.keep_mask((5, 7, 4), 0.3, KEY)
    y = fam.drop_connect(x, w, 0.3, bias=bias, key=KEY)
    expected = np.einsum("bi,bio->bo", x, w * mask) / 0.7 + bias
    np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-13)


def test_drop_connect_with_one_mask_is_a_product_with_dropped_weights():
    x, w = some((5, 7)), some((7, 4), seed=1)
    y = fam.drop_connect(x, w, 0.3, per_sample=False, key=KEY)
    expected = x @ ref.dropout(w, 0.3, key=KEY)
    np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-13)
    y = fam.drop_connect(x, w, 0.3, "test", bias=w[0])
    np.testing.assert_allclose(y, x @ w + w[0], rtol=1e-13, atol=1e-13)


def test_drop_connect_drops_infinities_and_leaves_the_bias_at_p_of_one():
    x, w = np.full((2, 3), np.inf), np.ones((3, 2))
    y = fam.drop_connect(x, w, 1, bias=np.array([-0.0, 5.0]))
    assert y.tobytes() == np.array([[-0.0, 5.0]] * 2).tobytes()


@pytest.mark.parametrize("per_sample", [True, False])
def test_drop_connect_backward_is_the_adjoint_of_its_forward(per_sample):
    x, w, grad = some((5, 7)), some((7, 4), seed=1), some((5, 4), seed=2)
    how = {"per_sample": per_sample, "key": KEY}
    grads = fam.drop_connect_backward(grad, x, w, 0.3, **how)
    forward = float(np.sum(grad * fam.drop_connect(x, w, 0.3, **how)))
    assert float(np.sum(grads[0] * x)) == pytest.approx(forward, rel=1e-12)
    assert float(np.sum(grads[1] * w)) == pytest.approx(forward, rel=1e-12)
    np.testing.assert_allclose(grads[2], grad.sum(0))


def test_drop_connect_moments_are_those_of_all_masks_together():
    x, w, p = some((2, 3)), some((3, 1), seed=1), 0.3
    mean, variance = np.zeros((2, 1)), np.zeros((2, 1))
    outcomes = []
    for bits in itertools.product([0, 1], repeat=3):
        chance = math.prod(1 - p if b else p for b in bits)
        y = x @ (w * np.array(bits)[:, None]) / (1 - p)
        outcomes.append((chance, y))
        mean += chance * y
    for chance, y in outcomes:
        variance += chance * (y - mean) ** 2
    got = fam.drop_connect_moments(x, w, p, bias=np.ones(1))
    np.testing.assert_allclose(got[0], mean + 1, rtol=1e-12)
    np.testing.assert_allclose(got[1], variance, rtol=1e-12)


# --- FractalNet -----------------------------------------------------------------------


def test_a_join_in_test_mode_is_the_mean_of_the_living():
    a, b = some((3, 4), "f4"), some((3, 4), "f4", 1)
    np.testing.assert_array_equal(fam.fractal_join([a, None, b]), (a + b) / 2)
    np.testing.assert_array_equal(fam.fractal_join([None, b]), b)
    assert fam.fractal_join([None, None]) is None


def test_complex_joins_are_two_real_ones():
    a = some((3, 4)) + 1j * some((3, 4), seed=1)
    y = fam.fractal_join([a, a, a + 1])
    np.testing.assert_array_equal(y.imag, fam.fractal_join([a.imag] * 3))


def test_local_joins_keep_what_the_mask_keeps_and_at_least_one():
    paths = [np.full((2000, 1), v) for v in (1.0, 2.0, 4.0)]
    prob = [0.9, 0.5, 1.0]
    y = fam.fractal_join(paths, prob, True, per="sample", key=KEY)
    keep = ref.keep_mask((2000, 3), prob, KEY)
    alone = fam.choice(KEY, np.arange(2000), 3, 0)
    for i in range(2000):
        kept = np.flatnonzero(keep[i]) if keep[i].any() else [alone[i]]
        assert y[i] == np.mean([paths[j][i] for j in kept])
    assert np.any(y == 4)


def test_the_lone_survivor_is_drawn_from_the_living_in_their_order():
    paths = [np.array([float(v)]) for v in range(5)]
    paths[0] = paths[3] = None
    for key in range(40):
        y = fam.fractal_join(paths, 1, True, key=key)
        assert y == [1, 2, 4][fam.choice(key, 0, 3, 0)]
    assert fam.fractal_join([None, paths[1]], 0.5, True) == 1


def test_a_global_join_takes_the_same_column_everywhere():
    a, b, c = (np.full((30, 2), v) for v in (1.0, 2.0, 3.0))
    how = {"training": True, "sampling": "global"}
    for key in range(20):
        column = fam.choice(key, 0, 3, 1)
        y = fam.fractal_join([a, b, c], key=key, **how)
        assert np.all(y == column + 1)
        y = fam.fractal_join([None, b, c], key=key, **how)
        assert y is None if column == 0 else np.all(y == column + 1)
    y = fam.fractal_join([a, None, c], per="sample", key=KEY, **how)
    column = fam.choice(KEY, np.arange(30), 3, 1)
    np.testing.assert_array_equal(y[:, 0], np.array([1.0, 0.0, 3.0])[column])
    y = fam.fractal_join([a, None, c], column=2, **how)
    np.testing.assert_array_equal(y, c)
    y = fam.fractal_join([a, None, c], per="sample", column=1, **how)
    assert not y.any()


@pytest.mark.parametrize("per", ["batch", "sample"])
@pytest.mark.parametrize("sampling", ["local", "global"])
@pytest.mark.parametrize("training", [False, True])
def test_a_joins_backward_is_the_adjoint_of_its_forward(per, sampling, training):
    paths = [some((6, 3), seed=0), None, some((6, 3), seed=1), some((6, 3), seed=2)]
    grad = some((6, 3), seed=3)
    how = {"sampling": sampling, "per": per}
    for key in range(12):
        y = fam.fractal_join(paths, 0.5, training, key=key, **how)
        g = None if y is None else grad
        grads = fam.fractal_join_backward(g, paths, 0.5, training, key=key, **how)
        assert grads[1] is None
        back = sum(np.sum(paths[j] * grads[j]) for j in (0, 2, 3))
        forward = 0 if y is None else np.sum(y * grad)
        assert back == pytest.approx(forward, rel=1e-12)


# --- schedules ------------------------------------------------------------------------


def test_rates_rise_linearly_from_zero():
    assert fam.drop_path_rates(0.2, 3) == [0.0, 0.1, 0.2]
    assert fam.drop_path_rates(0.4, [2, 3]) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    stages = fam.drop_path_rates(0.4, [2, 3], stagewise=True)
    assert [len(s) for s in stages] == [2, 3]
    assert stages[0] + stages[1] == fam.drop_path_rates(0.4, 5)


def test_a_ramp_stays_at_its_ends():
    assert [fam.ramp(s, 4, 0.8, 0.4) for s in (-1, 0, 4, 9)] == [0.4, 0.4, 0.8, 0.8]
    assert fam.ramp(1, 4, 0.8) == pytest.approx(0.2)
