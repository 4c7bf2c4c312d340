# SPDX-License-Identifier: BSD-3-Clause
"""Masks drop at their rate, and no two elements or keys know of one another.

All keys are fixed, so a test that passes once passes always.
"""

import itertools
import math

import numpy as np
import pytest

import droplayers as dl

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
    keep = dl.keep_mask(2**22, p, rng=KEY)
    lags = {*range(1, 300), *(2**i + d for i in range(9, 21) for d in (-1, 0, 1))}
    worst = max(sigmas(keep[lag:], keep[:-lag], p) for lag in lags)
    assert worst < 5
    copied = keep.copy()
    copied[4::8] = copied[:-4:8]
    assert sigmas(copied[4:], copied[:-4], p) > 100


@pytest.mark.parametrize("p", [0.5, 0.3])
@pytest.mark.parametrize("width", [32, 128, 1000, 4096])
def test_rows_and_columns_drop_at_the_rate_and_apart_from_one_another(width, p):
    keep = dl.keep_mask((2**22 // width, width), p, rng=KEY)
    for axis in (0, 1):
        n = keep.shape[axis]
        deviation = (keep.sum(axis) - n * (1 - p)) / math.sqrt(n * p * (1 - p))
        assert np.abs(deviation).max() < 6
        spread = np.mean(deviation**2) - 1
        assert abs(spread) < 5 * math.sqrt(2 / deviation.size) + 1 / n
    assert sigmas(keep[1:], keep[:-1], p) < 5
    assert sigmas(keep[::2, 1:], keep[1::2, :-1], p) < 5


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_masks_under_neighbouring_keys_are_independent(p):
    near = [1 << bit for bit in range(64)] + [2, 3, 2**32 + 1, 2**64 - 1]
    keep = dl.keep_mask(2**20, p, rng=KEY)
    masks = [dl.keep_mask(2**20, p, rng=dl.Key(int(KEY) ^ d)) for d in near]
    assert max(sigmas(keep, mask, p) for mask in masks) < 5
    for a, b in itertools.pairwise(masks):
        assert sigmas(a, b, p) < 5


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_masks_under_children_are_independent(p):
    keys = [KEY, *KEY.split(30), KEY.child(2**32), KEY.child(0).child(0)]
    masks = [dl.keep_mask(2**18, p, rng=key) for key in keys]
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            assert sigmas(mask, other, p) < 5


def test_the_bits_of_children_are_balanced():
    words = np.array([int(key) for key in KEY.split(2**14)], np.uint64)
    ones = np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1).sum(0, dtype=int)
    assert np.abs(ones - 2**13).max() < 5 * 2**6
    assert len(set(words.tolist())) == 2**14


def test_blocks_of_rows_do_not_repeat():
    packed = dl.keep_mask(2**24, 0.5, rng=KEY, packed=True).view(np.uint64)
    assert len(np.unique(packed)) == packed.size


def test_the_mean_is_kept():
    x = np.full(2**24, 3, np.float32)
    for p in (0.1, 0.5, 0.9):
        mean = dl.dropout(x, p, rng=KEY).mean(dtype=float)
        assert abs(mean - 3) < 5 * 3 * math.sqrt(p / (1 - p) / x.size)
    rows = np.ones((2**16, 2))
    mean = dl.drop_path(rows, 0.2, True, rng=KEY).mean()
    assert abs(mean - 1) < 5 * math.sqrt(0.25 / 2**16)
