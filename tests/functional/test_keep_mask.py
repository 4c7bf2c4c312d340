# SPDX-License-Identifier: BSD-3-Clause
"""keep_mask is the oracle's over its whole argument space, packed and not."""

import numpy as np
import pytest
import reference as ref
from arrays import RATES, SIZES, blocks, on_each_isa, shapes
from calls import KEY
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

KEYS = st.integers(0, 2**64 - 1)


@given(shapes(), st.sampled_from(RATES) | st.floats(0, 1), KEYS, st.data())
def test_masks_of_any_shape_and_block_are_those_of_the_oracle(shape, p, key, data):
    full_shape, start = data.draw(st.just((None, None)) | blocks(shape))
    at = {"full_shape": full_shape, "start": start}
    expected = ref.keep_mask(shape, p, key, **at)

    def check():
        keep = dl.keep_mask(shape, p, rng=dl.Key(key), **at)
        assert keep.dtype == np.bool_
        np.testing.assert_array_equal(keep, expected)
        packed = dl.keep_mask(shape, p, rng=dl.Key(key), packed=True, **at)
        assert packed.dtype == np.uint8
        np.testing.assert_array_equal(packed, ref.packed(expected))

    on_each_isa(check)


@pytest.mark.parametrize("n", SIZES)
def test_packed_masks_of_any_length_end_in_zeros(isa, n):
    for p in (0.0, 0.3, 0.5):
        packed = dl.keep_mask(n, p, rng=dl.Key(KEY), packed=True)
        assert packed.shape == (-(-n // 8),)
        keep = ref.keep_mask((n,), p, KEY)
        np.testing.assert_array_equal(packed, ref.packed(keep))


@pytest.mark.parametrize("p", [0.3, 0.5])
def test_packed_masks_begin_and_end_anywhere_in_a_segment(isa, p):
    expected = ref.keep_mask((1600,), p, KEY)
    for start in range(520):
        for n in (1, 520 - start, 1030):
            at = {"full_shape": (1600,), "start": (start,)}
            packed = dl.keep_mask(n, p, rng=dl.Key(KEY), packed=True, **at)
            keep = expected[start : start + n]
            assert packed.tobytes() == ref.packed(keep).tobytes()
