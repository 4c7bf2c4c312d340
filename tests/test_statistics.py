# SPDX-License-Identifier: BSD-3-Clause
"""Masks drop at their rate, and no two elements or keys know of one another.

All keys are fixed, so a test that passes once passes always. What a bound says of a new
key: a fair deviate lies beyond 5 sigmas with a chance of 6e-7, beyond 5.5 with 4e-8,
and a test gives the chance that the worst of all that it looks at does so.
"""

import itertools
import math

import many_bits
import numpy as np
import pytest

import droplayers as dl
from droplayers import _core

KEY = dl.Key(0x243F6A8885A308D3)
N = 2**28


def pmf(k, n, q):
    """The binomial probability of k; accurate to 1e-5 for n up to 2**28."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(q) + (n - k) * math.log1p(-q))


def two_sided(k, n, q):
    """Twice the smaller tail of the binomial distribution, summed term by term."""
    step = 1 if k > n * q else -1
    term = total = pmf(k, n, q)
    while term > 1e-12 * total and 0 < k < n:
        if step == 1:
            term *= (n - k) / (k + 1) * (q / (1 - q))
        else:
            term *= k / (n - k + 1) * ((1 - q) / q)
        k += step
        total += term
    return min(1.0, 2 * total)


def test_the_binomial_test_knows_a_fair_count_from_an_unfair_one():
    assert two_sided(500, 1000, 0.5) == pytest.approx(1.0, abs=0.03)
    assert two_sided(3, 10, 0.5) == pytest.approx(2 * 176 / 1024)
    assert two_sided(9, 10, 0.5) == pytest.approx(2 * 11 / 1024)
    assert two_sided(int(N * 0.1) + 26_000, N, 0.1) < 1e-6
    assert two_sided(int(N * 0.1) + 3_000, N, 0.1) > 0.1


@pytest.mark.parametrize("p", [2.0**-20, 0.001, 0.1, 1 / 3, 0.5, 0.9])
def test_the_share_dropped_passes_an_exact_binomial_test(p):
    """False alarms: one in 1,000 for each p."""
    kept, chunk = 0, 2**26
    for start in range(0, N, chunk):
        at = {"full_shape": (N,), "start": (start,)}
        packed = dl.keep_mask(chunk, p, rng=KEY, packed=True, **at)
        kept += int(np.bitwise_count(packed.view(np.uint64)).sum(dtype=np.int64))
    assert two_sided(N - kept, N, round(p * 2**40) / 2**40) > 0.001


def sigmas(a, b, p):
    """How many standard deviations the correlation of two keep masks is from 0."""
    both = np.count_nonzero(a & b) / a.size
    product = np.count_nonzero(a) / a.size * (np.count_nonzero(b) / b.size)
    return abs(both - product) / (p * (1 - p)) * math.sqrt(a.size)


@pytest.mark.parametrize("p", [0.5, 0.3, 0.01])
def test_elements_at_no_distance_are_correlated(p):
    """False alarms: 2e-4 for each p, of 336 distances."""
    keep = dl.keep_mask(2**22, p, rng=KEY)
    lags = {*range(1, 300), *(2**i + d for i in range(9, 21) for d in (-1, 0, 1))}
    worst = max(sigmas(keep[lag:], keep[:-lag], p) for lag in lags)
    assert worst < 5
    copied = keep.copy()
    copied[4::8] = copied[:-4:8]
    assert sigmas(copied[4:], copied[:-4], p) > 100


@pytest.mark.parametrize("p", [0.5, 0.3])
@pytest.mark.parametrize("width", [32, 64, 128, 512, 1000, 4096])
def test_rows_and_columns_drop_at_the_rate_and_apart_from_one_another(width, p):
    """False alarms: up to 4e-4, most of it from 131,104 sums within 6 sigmas."""
    keep = dl.keep_mask((2**22 // width, width), p, rng=KEY)
    for axis in (0, 1):
        n = keep.shape[axis]
        deviation = (keep.sum(axis) - n * (1 - p)) / math.sqrt(n * p * (1 - p))
        assert np.abs(deviation).max() < 6
        spread = np.mean(deviation**2) - 1
        assert abs(spread) < 5 * math.sqrt(2 / deviation.size) + 1 / n
    assert sigmas(keep[1:], keep[:-1], p) < 5
    assert sigmas(keep[::2, 1:], keep[1::2, :-1], p) < 5


# --- pairs of positions ---------------------------------------------------------------

SEGMENT = 512
BATCH = 2**14  # segments of which a matrix is made at once


def unpacked(packed):
    """Packed bits of whole segments as a row of 512 zeros and ones for each."""
    rows = packed.reshape(-1, SEGMENT // 8)
    return np.unpackbits(rows, axis=1, bitorder="little").astype(np.float32)


def segments(first, count, p, key=KEY):
    """The keep bits of neighbouring segments, a row for each."""
    at = {"full_shape": (2**64,), "start": (SEGMENT * first,)}
    return unpacked(dl.keep_mask(SEGMENT * count, p, rng=key, packed=True, **at))


def firsts(count):
    """The first segment of each batch."""
    return range(0, count, BATCH)


def deviations(batches, p):
    """How far the product of each column of a with each of b is from its mean, in
    standard deviations, over all rows of all batches of pairs (a, b).

    Products are of keep bits less 1-p: independent bits give mean 0 and variance
    (p * (1-p))**2. Sums of up to 2**24 ones are exact in float32.
    """
    rows = both = ones = 0
    for a, b in batches:
        rows += len(a)
        both = both + (a.T @ b).astype(float)
        ones = ones + np.add.outer(a.sum(axis=0), b.sum(axis=0)).astype(float)
    product = both - (1 - p) * ones + (1 - p) ** 2 * rows
    return product / (p * (1 - p) * math.sqrt(rows))


def worst_within(batches, p):
    """The largest deviation of two different columns of the same matrices."""
    z = deviations(((a, a) for a in batches), p)
    return np.abs(z[np.triu_indices(len(z), 1)]).max()


def worst_between(batches, p):
    """The largest deviation of any column of a and any of b."""
    return np.abs(deviations(batches, p)).max()


def neighbours(rows):
    """Each row beside the one after it."""
    return rows[:-1], rows[1:]


def test_one_pair_of_positions_that_know_of_one_another_is_seen():
    for p in (0.5, 0.1):
        rows = segments(0, 2**16, p)
        assert worst_within([rows], p) < 5.5
        some = slice(0, 2**16 // 25)
        rows[some, 300] = rows[some, 7]
        assert worst_within([rows], p) > 8
        assert worst_between([(rows[:, :10], rows[:, 290:])], p) > 8


@pytest.mark.parametrize("p", [0.5, 0.1])
def test_every_position_of_a_segment_drops_at_the_rate(p):
    """False alarms: 3e-4 for each p, of 512 positions over 2**19 segments."""
    n = 2**19
    kept = sum(segments(first, BATCH, p).sum(axis=0) for first in firsts(n))
    assert np.abs(kept - n * (1 - p)).max() < 5 * math.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("p", [0.5, 0.1])
def test_no_two_positions_of_a_segment_are_correlated(p):
    """False alarms: 0.5 % for each p, of 130,816 pairs over 2**19 segments."""
    batches = (segments(first, BATCH, p) for first in firsts(2**19))
    assert worst_within(batches, p) < 5.5


@pytest.mark.parametrize("p", [0.5, 0.1])
def test_no_two_positions_of_neighbouring_segments_are_correlated(p):
    """False alarms: 1 % for each p, of 262,144 pairs over 2**18 segments."""
    batches = (neighbours(segments(first, BATCH + 1, p)) for first in firsts(2**18))
    assert worst_between(batches, p) < 5.5


def test_segments_whose_numbers_differ_in_the_high_word_are_independent():
    """False alarms: 1 %, of 262,144 pairs over 2**17 segments."""
    batches = (
        (segments(first, BATCH, 0.5), segments(2**32 + first, BATCH, 0.5))
        for first in firsts(2**17)
    )
    assert worst_between(batches, 0.5) < 5.5


@pytest.mark.parametrize("distance", [1, 2**32])
def test_segments_under_neighbouring_keys_are_independent(distance):
    """False alarms: 1 % for each, of 262,144 pairs over 2**18 segments."""
    other = dl.Key(int(KEY) + distance)
    batches = (
        (segments(first, BATCH, 0.5), segments(first, BATCH, 0.5, other))
        for first in firsts(2**18)
    )
    assert worst_between(batches, 0.5) < 5.5


def masks_by_call(first, count, p):
    """The packed masks of a segment under neighbouring keys, one after the other."""
    keys = map(dl.Key, range(int(KEY) + first, int(KEY) + first + count))
    masks = [dl.keep_mask(SEGMENT, p, rng=key, packed=True) for key in keys]
    return np.concatenate(masks)


@pytest.mark.parametrize("p", [0.5, 0.1])
def test_masks_keyed_by_call_are_independent_within_and_of_the_next(p):
    """False alarms: 1.5 % for each p, of 392,960 pairs over 2**17 keys."""
    calls = [masks_by_call(first, BATCH + 1, p) for first in firsts(2**17)]
    assert worst_within((unpacked(masks)[:-1] for masks in calls), p) < 5.5
    assert worst_between((neighbours(unpacked(masks)) for masks in calls), p) < 5.5


# --- planes ---------------------------------------------------------------------------


def plane_bits(u, plane):
    """The bit of each uniform in its plane."""
    return (u >> (39 - plane).astype(np.uint64) & np.uint64(1)).astype(np.float32)


def uniforms(first, count):
    """The uniforms of neighbouring segments, a row for each."""
    u = _core.uniforms(int(KEY), SEGMENT * first, SEGMENT * count)
    return u.reshape(count, SEGMENT)


# Of all 320 outputs of a segment: the lowest and the highest bit, and any 512 bits.
PLACES = {
    "the ends of all outputs": [
        (plane, 64 * word + bit)
        for plane, word, bit in itertools.product(range(40), range(8), (0, 63))
    ],
    "any bits": [
        divmod(place, SEGMENT)
        for place in np.random.default_rng(0).choice(40 * SEGMENT, 512, False).tolist()
    ],
}


@pytest.mark.parametrize("name", PLACES)
def test_no_two_bits_of_a_segments_planes_are_correlated(name):
    """False alarms: 0.8 and 0.5 %, of 204,480 and 130,816 pairs over 2**16 segments."""
    plane, position = np.array(PLACES[name]).T
    batches = (
        plane_bits(uniforms(first, BATCH)[:, position], plane)
        for first in firsts(2**16)
    )
    assert worst_within(batches, 0.5) < 5.5


def test_no_two_planes_of_an_element_are_correlated():
    """False alarms: 3e-5, of 780 pairs over 2**22 elements."""
    batches = (
        plane_bits(uniforms(first, 2**7).reshape(-1, 1), np.arange(40))
        for first in range(0, 2**13, 2**7)
    )
    assert worst_within(batches, 0.5) < 5.5


# --- keys -----------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_masks_under_neighbouring_keys_are_independent(p):
    """False alarms: 8e-5 for each p, of 135 pairs of masks."""
    near = [1 << bit for bit in range(64)] + [2, 3, 2**32 + 1, 2**64 - 1]
    keep = dl.keep_mask(2**20, p, rng=KEY)
    masks = [dl.keep_mask(2**20, p, rng=dl.Key(int(KEY) ^ d)) for d in near]
    assert max(sigmas(keep, mask, p) for mask in masks) < 5
    for a, b in itertools.pairwise(masks):
        assert sigmas(a, b, p) < 5


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_masks_under_children_are_independent(p):
    """False alarms: 3e-4 for each p, of 528 pairs of masks."""
    keys = [KEY, *KEY.split(30), KEY.child(2**32), KEY.child(0).child(0)]
    masks = [dl.keep_mask(2**18, p, rng=key) for key in keys]
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            assert sigmas(mask, other, p) < 5


def test_the_bits_of_children_are_balanced():
    """False alarms: 4e-5, of 64 bits."""
    words = np.array([int(key) for key in KEY.split(2**14)], np.uint64)
    ones = np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1).sum(0, dtype=int)
    assert np.abs(ones - 2**13).max() < 5 * 2**6
    assert len(set(words.tolist())) == 2**14


def test_no_64_neighbours_repeat():
    """False alarms: 2e-9, of 2**35 pairs of words."""
    packed = dl.keep_mask(2**24, 0.5, rng=KEY, packed=True).view(np.uint64)
    assert len(np.unique(packed)) == packed.size


def test_the_mean_is_kept():
    """False alarms: 2e-6, of four means."""
    x = np.full(2**24, 3, np.float32)
    for p in (0.1, 0.5, 0.9):
        mean = dl.dropout(x, p, rng=KEY).mean(dtype=float)
        assert abs(mean - 3) < 5 * 3 * math.sqrt(p / (1 - p) / x.size)
    rows = np.ones((2**16, 2))
    mean = dl.drop_path(rows, 0.2, True, rng=KEY).mean()
    assert abs(mean - 1) < 5 * math.sqrt(0.25 / 2**16)


# --- masks keyed by call --------------------------------------------------------------


def worst_count(words):
    """The largest deviation of the counts of some calls."""
    counts = many_bits.Counts()
    for some in words:
        counts.take(some)
    return max(map(abs, counts.deviations().values()))


def test_masks_keyed_by_call_have_no_count_that_deviates():
    """False alarms: 1e-5, of 17 counts over 2**28 bits; CI's long form counts 2**40."""
    assert worst_count(many_bits.calls(64)) < many_bits.BOUND


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words | (words & np.uint64(1)) << np.uint64(5),
        lambda words: np.where(words % np.uint64(64), words, np.uint64(0)),
        lambda words: np.concatenate([words[:-2000], words[-2064:-64]]),
        lambda words: words | (words < np.uint64(2**60)).astype(np.uint64),
    ],
)
def test_masks_keyed_by_call_that_are_changed_a_little_are_seen(change):
    assert worst_count(map(change, many_bits.calls(64))) > many_bits.BOUND
