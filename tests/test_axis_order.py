# SPDX-License-Identifier: BSD-3-Clause
"""Masks do not depend on the order of axes in memory, nor on the loop that suits it."""

import itertools

import numpy as np
import pytest

import droplayers as dl

KEY = dl.Key(5)


def in_order(x, axes):
    """A copy of x whose memory goes through its axes in some order."""
    return x.transpose(axes).copy().transpose(np.argsort(axes))


# Rows that a block has room for and longer ones; more places than bits are held for;
# enough for two threads.
SHAPES = [
    (5, 7, 25),
    (3, 20, 1024),
    (3, 5, 1025),
    (4, 6, 8, 9),
    (3000, 10, 3),
    (161, 161, 161),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_order_of_axes_gives_the_same_mask(shape):
    whole = tuple(n + 3 for n in shape)
    inside = tuple(slice(1, 1 + n) for n in shape)
    x = np.ones(shape, np.float32)
    drawn = dl.dropout(x, 0.3, rng=KEY)
    block = dl.dropout(np.ones(whole, np.float32), 0.3, rng=KEY)[inside]
    for axes in itertools.permutations(range(len(shape))):
        y = in_order(x, axes)
        for threads in (1, 2):
            with dl.num_threads(threads):
                np.testing.assert_array_equal(dl.dropout(y, 0.3, rng=KEY), drawn)
        masked = dl.dropout(y, 0.3, mask=drawn != 0)
        np.testing.assert_array_equal(masked, drawn)
        part = dl.dropout(y, 0.3, rng=KEY, full_shape=whole, start=(1,) * x.ndim)
        np.testing.assert_array_equal(part, block)
