# SPDX-License-Identifier: BSD-3-Clause
"""The oracle itself: known answers, and a second, scalar telling of the stream."""

import itertools
from fractions import Fraction

import known_answers
import numpy as np
import pytest
import reference as ref

KEY = 0x243F6A8885A308D3

# --- the stream once more, in Python's integers, one element at a time ----------------


def scalar_philox(counter, key):
    """Philox4x32-10 of four 32-bit words under two."""
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(c)


def scalar_words(key, index, c2, domain):
    """The four words of a 64-bit key at one index."""
    counter = index % 2**32, index // 2**32, c2, domain
    return scalar_philox(counter, (key % 2**32, key // 2**32))


def scalar_seed(key, segment):
    """The words a, b, c that a segment's generator begins with."""
    w, v = (scalar_words(key, segment, c2, 0) for c2 in (0, 1))
    return w[0] + 2**32 * w[1], w[2] + 2**32 * w[3], v[0] + 2**32 * v[1]


def scalar_outputs(key, segment, count):
    """The first outputs of a segment's generator."""
    a, b, c = scalar_seed(key, segment)
    outputs = []
    for n in range(1, count + 1):
        outputs.append((a + b + n) % 2**64)
        high, low = divmod(c, 2**40)
        a, b = b ^ b // 2**11, 9 * c % 2**64
        c = (2**24 * low + high + outputs[-1]) % 2**64
    return outputs


def numpy_outputs(key, segment, count):
    """The same outputs, by NumPy's own SFC64."""
    generator = np.random.SFC64(0)
    state = generator.state
    state["state"]["state"] = np.array([*scalar_seed(key, segment), 1], np.uint64)
    generator.state = state
    return generator.random_raw(count).tolist()


def scalar_bits(key, index, count):
    """The element's bits in the first planes."""
    outputs = scalar_outputs(key, index // 512, 8 * count)
    return [word >> index % 64 & 1 for word in outputs[index // 64 % 8 :: 8]]


def scalar_uniform(key, index):
    """U(i), as a string of 40 binary digits that is then read."""
    return int("".join(map(str, scalar_bits(key, index, 40))), 2)


def kept_by_planes(planes, t):
    """Which elements are kept, decided from the first plane down, and the number of
    planes that it took: until nobody is undecided, or T has no more ones."""
    keep, undecided = np.zeros(planes[0].shape, bool), np.ones(planes[0].shape, bool)
    if t == 2**40:
        return keep, 0
    for j in range(41):
        if not undecided.any() or t % 2 ** (40 - j) == 0:
            break
        one = planes[j] == 1
        if t >> (39 - j) & 1:
            undecided &= one
        else:
            keep |= undecided & one
            undecided &= ~one
    return keep | undecided, j


def all_planes(key, index):
    """The 40 planes of an array of indices."""
    return list(itertools.islice(ref.planes(key, index), 40))


def edge_indices():
    """Indices at both sides of every power of two that might matter, and some more."""
    powers = [6, 9, 31, 32, 40, 41, 63]
    edges = [0, *(2**power for power in powers), 2**64 - 1]
    near = {e + d for e in edges for d in range(-2, 3) if 0 <= e + d < 2**64}
    some = np.random.default_rng(1).integers(0, 2**64, 40, dtype=np.uint64)
    return np.array(sorted(near | set(map(int, some))), np.uint64)


# --- the stream -----------------------------------------------------------------------


def test_philox_gives_the_known_answers():
    rows = known_answers.philox()
    assert len(rows) == 3
    for row in rows:
        assert ref.philox(*row[:6]) == tuple(row[6:])
        assert scalar_philox(row[:4], row[4:6]) == tuple(row[6:])


def test_philox_of_arrays_is_philox_of_each_element():
    table = np.array(known_answers.philox(), np.uint64).T
    np.testing.assert_array_equal(ref.philox(*table[:6]), table[6:])


def test_segments_give_the_known_answers():
    rows = known_answers.outputs()
    assert len(rows) == 5
    for key, segment, s, output in rows:
        outputs = ref.segment_outputs(key, np.array([segment], np.uint64))
        assert next(itertools.islice(outputs, s, None)).tolist() == [output]
        assert numpy_outputs(key, segment, s + 1)[s] == output
        assert scalar_outputs(key, segment, s + 1)[s] == output


@pytest.mark.parametrize("key", [0, 1, KEY, 2**32, 2**64 - 1])
def test_segments_are_those_of_numpys_sfc64(key):
    segments = np.unique(edge_indices() >> 9)
    outputs = itertools.islice(ref.segment_outputs(key, segments), 320)
    expected = [numpy_outputs(key, int(segment), 320) for segment in segments]
    np.testing.assert_array_equal(np.stack(list(outputs), axis=1), expected)


def test_uniforms_give_the_known_answers():
    rows = known_answers.uniforms()
    assert len(rows) == 7
    for key, index, uniform in rows:
        assert ref.uniforms(key, index) == uniform
        assert scalar_uniform(key, index) == uniform


@pytest.mark.parametrize("key", [0, 1, KEY, 2**32, 2**64 - 1])
def test_uniforms_are_those_of_the_scalar_telling(key):
    index = edge_indices()
    expected = [scalar_uniform(key, int(i)) for i in index]
    assert ref.uniforms(key, index).tolist() == expected


def test_uniforms_do_not_depend_on_the_order_or_shape_of_the_indices():
    index = np.random.default_rng(6).permutation(6000).reshape(20, 300)
    expected = ref.uniforms(KEY, np.arange(6000))
    np.testing.assert_array_equal(ref.uniforms(KEY, index), expected[index])
    assert ref.uniforms(KEY, index[:0]).shape == (0, 300)
    twice = ref.uniforms(KEY, [7, 7])
    assert twice.tolist() == [expected[7]] * 2


def test_uniforms_fill_their_range_evenly():
    u = ref.uniforms(KEY, np.arange(2**16))
    assert u.dtype == np.uint64
    ones = np.array([np.count_nonzero(u >> b & 1) for b in range(40)])
    assert np.all(np.abs(ones - 2**15) < 5 * 2**7)
    assert not np.any(u >> 40)


def test_children_are_those_of_the_scalar_telling():
    for i in map(int, edge_indices()):
        w = scalar_words(KEY, i, 0, 1)
        assert ref.child(KEY, i) == w[0] + 2**32 * w[1]


def test_choices_stay_below_their_count_and_reach_all():
    drawn = ref.choice(KEY, np.arange(1000), 5, 1)
    assert set(drawn.tolist()) == set(range(5))
    assert drawn[7] == scalar_words(KEY, 7, 1, 3)[0] * 5 // 2**32
    assert np.any(drawn != ref.choice(KEY, np.arange(1000), 5, 0))


# --- the threshold --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0, 0),
        (5e-324, 0),
        (2.0**-42, 0),
        (2.0**-41, 0),
        (np.nextafter(2.0**-41, 1), 1),
        (2.0**-40, 1),
        (1.5 * 2.0**-40, 2),
        (2.5 * 2.0**-40, 2),
        (0.25, 2**38),
        (0.5, 2**39),
        (1 - 2.0**-8, 2**40 - 2**32),
        (1 - 2.0**-40, 2**40 - 1),
        (np.nextafter(1 - 2.0**-41, 0), 2**40 - 1),
        (1 - 2.0**-41, 2**40),
        (1 - 2.0**-53, 2**40),
        (1.0, 2**40),
    ],
)
def test_the_threshold_rounds_half_to_even(p, expected):
    assert int(ref.threshold(p)) == expected


def test_the_threshold_is_the_exact_product_rounded_once():
    rng = np.random.default_rng(2)
    p = np.concatenate([rng.random(200), 2.0 ** rng.uniform(-60, 0, 200)])
    expected = [round(Fraction(v) * 2**40) for v in p.tolist()]
    assert ref.threshold(p).tolist() == expected


# --- masks ----------------------------------------------------------------------------


def test_an_element_is_dropped_when_its_uniform_is_below_the_threshold():
    u = ref.uniforms(KEY, np.arange(300))
    for i in (0, 17, 299):
        at, above = int(u[i]) / 2**40, (int(u[i]) + 1) / 2**40
        assert ref.keep_mask((300,), at, KEY)[i]
        assert not ref.keep_mask((300,), above, KEY)[i]


def test_masks_give_the_known_answers():
    rows = known_answers.packed_masks()
    assert len(rows) == 2
    for key, index, p, mask in rows:
        at = {"full_shape": (2**64,), "start": (index,)}
        keep = ref.keep_mask((8 * len(mask),), p, key, **at)
        assert ref.packed(keep).tobytes() == mask


@pytest.mark.parametrize("first", [0, 500, 2**41 - 700, 2**64 - 1500])
def test_elements_are_dropped_as_decided_plane_by_plane(first):
    index = ref.mask_index((1500,), (2**64,), (first,))
    u, planes = ref.uniforms(KEY, index), all_planes(KEY, index)
    some = u[:50].tolist()
    t = [0, 1, 2**39, 2**39 - 1, 2**39 + 1, 5 * 2**37, 2**40 - 1, 2**40]
    t += [2**plane for plane in range(40)] + [2**40 - 2**plane for plane in range(40)]
    t += [*some, *(v + 1 for v in some), *(v + 2**20 for v in some)]
    for threshold in t:
        keep, _ = kept_by_planes(planes, threshold)
        np.testing.assert_array_equal(keep, u >= np.uint64(threshold))


def test_no_more_planes_are_needed_than_the_threshold_has_bits():
    planes = all_planes(KEY, np.arange(4096))
    for p, count in [(0, 0), (1, 0), (0.5, 1), (0.25, 2), (0.75, 2), (0.625, 3)]:
        assert kept_by_planes(planes, int(ref.threshold(p)))[1] == count


def test_some_13_or_14_planes_decide_a_tile():
    planes, t = all_planes(KEY, np.arange(100 * 4096)), int(ref.threshold(0.1))
    tiles = np.stack(planes).reshape(40, 100, 4096)
    counts = [kept_by_planes(tiles[:, i], t)[1] for i in range(100)]
    assert 13 <= np.mean(counts) <= 14


def test_what_p_drops_any_larger_p_drops_too():
    rates = [2.0**-40, 0.001, 0.1, 0.25, 0.3, 0.5, 0.9, 1 - 2.0**-40]
    masks = [ref.keep_mask((4096,), p, KEY) for p in rates]
    for smaller, larger in itertools.pairwise(masks):
        assert not np.any(larger & ~smaller)


def test_p_of_zero_keeps_all_and_p_of_one_drops_all_without_a_key():
    assert ref.keep_mask((3, 5), 0).all()
    assert not ref.keep_mask((3, 5), 1).any()
    assert not ref.keep_mask((500,), 1 - 2.0**-41, KEY).any()


def test_packed_bits_are_kept_elements_from_the_lowest_bit_up():
    mask = np.zeros((2, 5), bool)
    mask[0, 0] = mask[1, 4] = True
    assert ref.packed(mask).tolist() == [1, 2]
    assert ref.packed(np.asfortranarray(mask)).tolist() == [1, 2]


def test_a_block_has_the_indices_of_the_whole():
    whole = ref.mask_index((6, 5, 4))
    assert whole.ravel().tolist() == list(range(120))
    block = ref.mask_index((2, 3, 2), (6, 5, 4), (3, 1, 2))
    np.testing.assert_array_equal(block, whole[3:5, 1:4, 2:4])
    np.testing.assert_array_equal(ref.mask_index((2, 3, 4), (6, 5, 4)), whole[:2, :3])


def test_indices_are_exact_up_to_the_last_of_two_to_the_64():
    shape, start = (2**31, 2**30, 8), (2**31 - 2, 2**30 - 2, 5)
    index = ref.mask_index((2, 2, 3), shape, start)
    assert int(index[-1, -1, -1]) == 2**64 - 1
    assert int(index[0, 1, 0]) == ((2**31 - 2) * 2**30 + 2**30 - 1) * 8 + 5
    assert int(ref.mask_index((1, 1), (9, 2**40), (8, 7))[0, 0]) == 8 * 2**40 + 7
    assert int(ref.mask_index((1,), (2**64,), (2**64 - 1,))[0]) == 2**64 - 1


def test_axes_that_share_a_draw_count_once():
    index = ref.mask_index((2, 3, 4), (9, 5, 8), (1, 2, 3), shared_axes=(-2,))
    expected = ref.mask_index((2, 1, 4), (9, 1, 8), (1, 0, 3))
    np.testing.assert_array_equal(index, expected)


# --- dropout and drop_path ------------------------------------------------------------

FLOATS = ["f2", "f4", "f8", "g", "F", "D", ">f4", ">D"]


@pytest.mark.parametrize("dtype", FLOATS)
def test_float_dtypes_stay_in_native_order(dtype):
    y = ref.dropout(np.ones((3, 4), dtype), 0.5, key=KEY)
    assert y.dtype == np.dtype(dtype).newbyteorder("=")
    assert set(y.ravel().tolist()) == {0, 2}


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", ">i4"])
def test_integers_and_bools_become_float64(dtype):
    assert ref.dropout(np.ones(9, dtype), 0.5, "test").dtype == np.float64


def test_bfloat16_is_computed_in_float32_and_rounded_once():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = np.arange(256).astype(ml_dtypes.bfloat16)
    y = ref.dropout(x, 0.1, key=KEY)
    kept = ref.keep_mask(x.shape, 0.1, KEY)
    exact = x.astype(np.float32) * np.float32(1 / 0.9)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, np.where(kept, exact, 0).astype(x.dtype))


def test_dropped_cells_are_positive_zero_whatever_was_there():
    x = np.array([np.inf, -np.inf, np.nan, -1.0, -0.0])
    for y in (
        ref.dropout(x, 1),
        ref.dropout(x, 0.5, mask=np.zeros(5, bool)),
        ref.dropout(x, 1, mask=np.ones(5, bool)),
        ref.dropout(x, 1, "test", scaling="classic"),
        ref.drop_path(x, 1, True),
        ref.drop_path(x, 1, True, mask=np.ones(5, bool)),
        ref.drop_path(x, 1, True, mask=np.ones(1, bool), scale_by_keep=False),
    ):
        assert y.tobytes() == bytes(40)


def test_kept_cells_are_scaled_once():
    x = np.linspace(-3, 3, 500, dtype="f4")
    y, mask = ref.dropout(x, 0.3, key=KEY, return_mask=True)
    np.testing.assert_array_equal(mask, ref.keep_mask((500,), 0.3, KEY))
    np.testing.assert_array_equal(y[mask], x[mask] * np.float32(1 / 0.7))
    assert not y[~mask].any()


def test_classic_scaling_multiplies_in_test_mode_alone():
    x = np.arange(1.0, 9.0)
    y, mask = ref.dropout(x, 0.25, scaling="classic", key=KEY, return_mask=True)
    np.testing.assert_array_equal(y, np.where(mask, x, 0))
    y, mask = ref.dropout(x, 0.25, "test", scaling="classic", return_mask=True)
    np.testing.assert_array_equal(y, x * 0.75)
    assert mask.all()


def test_drop_path_drops_whole_samples_each_with_its_own_prob():
    x, prob = np.ones((6, 2, 3)), np.array([0, 0.1, 0.5, 0.5, 0.9, 1])
    y, mask = ref.drop_path(x, prob, True, key=KEY, return_mask=True)
    for i, p in enumerate(prob):
        assert mask[i] == (ref.uniforms(KEY, i) >= ref.threshold(p))
        assert np.all(y[i] == (1 / (1 - p) if mask[i] else 0))


def test_drop_path_per_batch_decides_by_index_zero():
    x = np.ones((4, 2))
    u = int(ref.uniforms(KEY, 0))
    for p in (u / 2**40, (u + 1) / 2**40):
        y, mask = ref.drop_path(x, p, True, per="batch", key=KEY, return_mask=True)
        assert mask.shape == (1,)
        assert np.all(y == (1 / (1 - p) if p * 2**40 <= u else 0))


def test_a_residual_is_added_and_stands_alone_where_samples_are_dropped():
    rng = np.random.default_rng(3)
    x, r = rng.normal(size=(2, 40, 3)).astype("f4")
    y, mask = ref.drop_path(x, 0.4, True, residual=r, key=KEY, return_mask=True)
    np.testing.assert_array_equal(y, r + ref.drop_path(x, 0.4, True, key=KEY))
    np.testing.assert_array_equal(y[~mask], r[~mask])
    np.testing.assert_array_equal(ref.drop_path(x, 0.4, residual=r), r + x)


@pytest.mark.parametrize("scaling", ["inverted", "classic"])
@pytest.mark.parametrize("mode", ["train", "test"])
def test_a_residual_is_added_to_what_dropout_gives(scaling, mode):
    x, r = np.random.default_rng(3).normal(size=(2, 40, 3)).astype("f4")
    options = {"mode": mode, "scaling": scaling, "key": KEY, "return_mask": True}
    y, mask = ref.dropout(x, 0.4, residual=r, **options)
    np.testing.assert_array_equal(y, r + ref.dropout(x, 0.4, **options)[0])
    np.testing.assert_array_equal(y[~mask], r[~mask])
    nothing = ref.dropout(x * np.inf, 1.0, residual=-0 * r, **options)[0]
    if mode == "train" or scaling == "classic":
        np.testing.assert_array_equal(nothing, -0 * r)


def test_blocks_of_an_array_get_their_part_of_its_mask():
    x = np.random.default_rng(4).normal(size=(7, 6))
    whole = ref.dropout(x, 0.5, key=KEY, shared_axes=(1,))
    paths = ref.drop_path(x, 0.5, True, key=KEY)
    for rows in (slice(0, 3), slice(3, 7)):
        at = {"key": KEY, "full_shape": (7, 6), "start": (rows.start, 2)}
        block = x[rows, 2:5]
        part = ref.dropout(block, 0.5, shared_axes=(1,), **at)
        np.testing.assert_array_equal(part, whole[rows, 2:5])
        part = ref.drop_path(block, 0.5, True, **at)
        np.testing.assert_array_equal(part, paths[rows, 2:5])
