# SPDX-License-Identifier: BSD-3-Clause
"""block_mask is the mask that drop_block draws, and the oracle's to the bit."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import reference_family as family
from arrays import assert_same, on_each_isa
from calls import KEY, words_drawn
from hypothesis import given
from hypothesis import strategies as st
from maps import map_options, map_shapes

import droplayers as dl

RATES = [0.0, 1e-9, 0.01, 0.1, 0.3, 0.99, 1 - 2.0**-41, 1.0]


@given(map_shapes(), st.sampled_from(RATES) | st.floats(0, 1), st.data())
def test_every_mask_is_that_of_the_oracle(shape, p, data):
    options = data.draw(map_options(shape))
    expected = family.block_mask(shape, p, key=KEY, **options)

    def check():
        assert_same(dl.block_mask(shape, p, rng=dl.Key(KEY), **options), expected)

    on_each_isa(check)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("shape", [(3, 4, 20, 30), (2, 3, 500), (2, 3, 7, 8, 9)])
def test_it_is_the_mask_of_drop_block(shape, shared):
    options = {"block_size": 5, "shared_channels": shared, "rng": dl.Key(KEY)}
    _, expected = dl.drop_block(np.ones(shape), 0.2, return_mask=True, **options)
    assert_same(dl.block_mask(shape, 0.2, **options), expected)
    assert_same(dl.block_mask(list(shape), 0.2, **options), expected)
    assert_same(dl.block_mask(np.array(shape), 0.2, **options), expected)


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("cut", [0, "channels", "both"])
def test_blocks_of_any_size_put_together_are_the_whole(isa, axis, size, cut):
    """Cut along the samples, the channels or both, in parts of different lengths."""
    shape = (11, 5, 12, 40) if axis == 1 else (11, 12, 40, 5)
    options = {"block_size": size, "channel_axis": axis, "rng": dl.Key(KEY)}
    whole = dl.block_mask(shape, 0.2, **options)
    samples = [0, 1, 5, 11] if cut != "channels" else [0, 11]
    channels = [0, 1, 2, 5] if cut else [0, 5]
    for i, j in itertools.pairwise(samples):
        for k, m in itertools.pairwise(channels):
            start, part = [0] * 4, list(shape)
            start[0], part[0] = i, j - i
            start[axis], part[axis] = k, m - k
            keep = dl.block_mask(part, 0.2, **options, full_shape=shape, start=start)
            where = zip(start, part, strict=True)
            assert_same(keep, whole[tuple(slice(a, a + n) for a, n in where)])


def test_the_end_of_the_largest_array_there_can_be():
    shape, full_shape = (2, 3, 16, 16), (2**54, 4, 16, 16)
    at = {"full_shape": full_shape, "start": (2**54 - 2, 1, 0, 0)}
    keep = dl.block_mask(shape, 0.3, block_size=3, rng=dl.Key(KEY), **at)
    assert_same(keep, family.block_mask(shape, 0.3, block_size=3, key=KEY, **at))


def test_no_more_memory_than_the_mask_and_its_bits():
    shape = (16, 16, 64, 64)
    dl.block_mask(shape, rng=1)  # the threshold, which is remembered
    tracemalloc.start()
    try:
        dl.block_mask(shape, rng=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < math.prod(shape) * 9 / 8 + 2**13


def test_a_generator_advances_by_one_word_only_where_a_mask_is_drawn():
    shape = (2, 2, 8)
    for p, words in [(0.1, 1), (5e-324, 1), (0.0, 0), (1.0, 0)]:
        drawn = words_drawn(lambda rng, p=p: dl.block_mask(shape, p, rng=rng))
        assert drawn == words
    # Arguments are checked, and memory is had, before that.
    rng = np.random.default_rng(1)
    with pytest.raises(MemoryError):
        dl.block_mask((2**20, 2**20, 2**20), 0.5, rng=rng)
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, "shape must have 3 to 5 axes, got", {"shape": (2, 3)}),
        (ValueError, "shape must have 3 to 5 axes, got", {"shape": 5}),
        (ValueError, "shape must have 3 to 5 axes, got", {"shape": (1,) * 6}),
        (ValueError, "shape must not be negative", {"shape": (2, 3, -4)}),
        (ValueError, "shape must have at most", {"shape": (2**40, 2**40, 1)}),
        (TypeError, "shape must be an integer", {"shape": (2, 3, 4.0)}),
        (TypeError, "shape must be an integer", {"shape": None}),
        (ValueError, r"p must be in \[0, 1\]", {"p": 2}),
        (TypeError, "p must be a real number", {"p": "0.1"}),
        (ValueError, "block_size must be at least 1, got 0", {"block_size": 0}),
        (ValueError, "block_size must be one or 2 sides", {"block_size": (3,)}),
        (ValueError, "channel_axis must not be the samples'", {"channel_axis": 0}),
        (np.exceptions.AxisError, "channel_axis", {"channel_axis": 4}),
        (TypeError, "shared_channels must be a bool", {"shared_channels": 1}),
        (TypeError, "rng must be", {"rng": "seed"}),
        (ValueError, "start needs full_shape", {"start": (0, 0, 0, 0)}),
        (ValueError, "full_shape must hold the block", {"full_shape": (2, 1, 4, 5)}),
        (ValueError, "full_shape must have whole maps, as shape .2, 3, 4, 5. has",
         {"full_shape": (2, 3, 4, 6)}),
        (ValueError, "start must have one entry",
         {"full_shape": (2, 3, 4, 5), "start": (0,)}),
    ],
)  # fmt: skip
def test_bad_input_is_named(error, message, options):
    rng = np.random.default_rng(1)
    with pytest.raises(error, match=f"^{message}"):
        dl.block_mask(**{"shape": (2, 3, 4, 5), "rng": rng, **options})
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state
