# SPDX-License-Identifier: BSD-3-Clause
"""drop_block is the oracle's to the bit, and drops the share that it is asked for."""

import math
import tracemalloc

import numpy as np
import pytest
import reference as ref
import reference_family as family
from arrays import DTYPES, FLOATS, arrays, assert_same, on_each_isa, values
from calls import KEY, masks, outs
from hypothesis import given
from hypothesis import strategies as st
from maps import map_options, map_shapes

import droplayers as dl
from droplayers._lib import block_rate

RATES = [0.0, 1e-30, 1e-9, 0.01, 0.1, 0.3, 0.7, 0.99, 1 - 2.0**-41, 1.0]
MAPS = [(7, 7), (14, 14), (13, 5), (56, 56), (100,), (1, 9), (6, 7, 8), (4, 4, 4)]


def compare(x, out=None, **options):
    """Result and mask on every instruction set are the oracle's; returns them."""
    expected = family.drop_block(x, key=KEY, return_mask=True, **options)
    before = None if out is None else out.copy()

    def check():
        if out is not None:
            out[...] = before
        with np.errstate(all="raise"):
            y, keep = dl.drop_block(
                x, rng=dl.Key(KEY), out=out, return_mask=True, **options
            )
        assert_same(keep, expected[1])
        if out is None:
            assert_same(y, expected[0])
        else:
            assert y is out
            native = np.asarray(out).astype(out.dtype.newbyteorder("="))
            assert_same(native, ref.cast(expected[0], native.dtype))

    on_each_isa(check)
    return expected


@st.composite
def calls(draw):
    """x, out and keywords."""
    shape = draw(map_shapes())
    x = draw(arrays(shape))
    options = draw(map_options(shape))
    options |= {
        "p": draw(st.sampled_from(RATES) | st.floats(0, 1)),
        "mode": draw(st.sampled_from(["train", "train", "test"])),
    }
    if draw(st.integers(0, 2)) == 0:
        cells = list(shape)
        if options["shared_channels"]:
            cells[options["channel_axis"]] = 1
        options["mask"] = draw(masks(tuple(cells)))
    return x, draw(outs(ref.common(x), x)), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare(x, out, **options)


@pytest.mark.parametrize("lengths", MAPS, ids=str)
@pytest.mark.parametrize("block_size", [1, 2, 3, 6, 7, 40])
@pytest.mark.parametrize("channel_axis", [1, -1])
def test_blocks_are_those_that_seeds_expand_to(lengths, block_size, channel_axis):
    shape = (2, 3, *lengths) if channel_axis == 1 else (2, *lengths, 3)
    x = values(np.float32, shape)
    for shared in (False, True):
        compare(
            x,
            p=0.2,
            block_size=block_size,
            channel_axis=channel_axis,
            shared_channels=shared,
        )


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("n", "c"), [(1, 1), (3, 5), (5, 2)])
@pytest.mark.parametrize("axis", [1, 2, 3])
def test_whole_maps_have_the_blocks_and_a_scale_of_their_own(axis, n, c, shared):
    lengths, shape = [5, 14, 30, 6], [n, 14, 30, 6]
    lengths[axis], shape[axis] = 5, c
    start = [0] * 4
    start[0], start[axis] = 5 - n, 5 - c
    options = {"channel_axis": axis, "shared_channels": shared, "block_size": 4}
    _, whole = dl.drop_block(
        np.ones(lengths), 0.5, rng=dl.Key(KEY), return_mask=True, **options
    )
    part = [slice(i, None) for i in start]
    if shared:
        part[axis] = slice(None)
    x = values(np.float32, shape)
    where = {"full_shape": lengths, "start": start}
    y, keep = dl.drop_block(
        x, 0.5, rng=dl.Key(KEY), return_mask=True, **options, **where
    )
    assert_same(keep, whole[tuple(part)])
    assert_same(y, dl.drop_block(x, 0.5, mask=keep, **options))
    # A mask that is given is the block's.
    assert_same(y, dl.drop_block(x, 0.5, mask=keep, **options, **where))
    assert 0 < np.count_nonzero(keep) < keep.size


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes_stay_what_they_are(dtype):
    compare(values(dtype, (2, 3, 9, 70)), p=0.3, block_size=3)


def test_sides_may_differ():
    x = np.ones((4, 2, 12, 15))
    _, keep = dl.drop_block(x, 0.3, block_size=(1, 5), rng=1, return_mask=True)
    # Each row has its own runs of five cells.
    for row in ~keep.reshape(-1, 15):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
        assert (edges[1::2] - edges[::2] >= 5).all()
    assert not (keep.all(axis=-1) | (~keep).all(axis=-1)).all()
    _, same = dl.drop_block(x, 0.3, block_size=(3, 3), rng=1, return_mask=True)
    _, one = dl.drop_block(x, 0.3, block_size=3, rng=1, return_mask=True)
    assert_same(same, one)


@pytest.mark.parametrize("lengths", MAPS, ids=str)
@pytest.mark.parametrize("block_size", [1, 2, 3, 6, 7, 40])
@pytest.mark.parametrize("p", [1e-6, 0.1, 0.3, 0.5, 0.9])
def test_the_expected_share_is_exact(lengths, block_size, p):
    sides = [min(block_size, d) for d in lengths]
    counts = family.covering_seeds(lengths, sides)
    pairs = tuple((d, b) for d, b in zip(lengths, sides, strict=True) if b > 1)
    t = block_rate.seed_threshold(p, pairs)
    assert t == family.seed_threshold(p, counts)
    # A cell is kept when all of its seeds are: exact in long double.
    gamma = np.longdouble(t) / 2**40
    share = float(np.mean(-np.expm1(counts * np.log1p(-gamma))))
    step = counts.mean() * 2.0**-40
    assert abs(share - p) < max(1e-9, 2 * step)


@pytest.mark.parametrize(
    ("lengths", "block_size", "p"),
    [((7, 7), 7, 0.1), ((14, 14), 7, 0.3), ((20,), 3, 0.5), ((5, 5, 5), 2, 0.2)],
)
def test_the_share_over_many_maps_is_that_too(lengths, block_size, p):
    n = 20_000
    x = np.broadcast_to(np.float32(1), (n, 1, *lengths))
    options = {"block_size": block_size, "return_mask": True}
    _, keep = dl.drop_block(x, p, rng=dl.Key(11), **options)
    share = 1 - keep.reshape(n, -1).mean(axis=1)
    assert abs(share.mean() - p) < 5 * share.std() / math.sqrt(n)


def test_the_mean_is_kept():
    x = np.ones((3, 4, 30, 30))
    y = dl.drop_block(x, 0.4, block_size=5, rng=2)
    np.testing.assert_allclose(y.mean(), 1)


def test_backward_is_the_same_call_on_the_gradient():
    x, g = np.random.default_rng(0).normal(size=(2, 3, 4, 9, 9))
    key = dl.Key(8)
    forward = np.vdot(dl.drop_block(x, 0.4, block_size=3, rng=key), g)
    backward = np.vdot(x, dl.drop_block(g, 0.4, block_size=3, rng=key))
    np.testing.assert_allclose(forward, backward)


@pytest.mark.parametrize("dtype", FLOATS)
def test_zeros_where_nothing_is_kept(dtype):
    x = np.full((2, 1, 4, 4), np.inf, dtype)
    for options in ({"p": 1.0}, {"p": 0.3, "mask": np.zeros(x.shape, bool)}):
        assert_same(dl.drop_block(x, **options), np.zeros_like(x))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_no_bit(threads):
    x = values(np.float32, (40, 16, 64, 64))
    expected = dl.drop_block(x, 0.1, rng=dl.Key(1))
    with dl.num_threads(threads):
        assert_same(dl.drop_block(x, 0.1, rng=dl.Key(1)), expected)


def test_memory_layouts_change_no_bit():
    x = values(np.float32, (3, 5, 30, 33))
    expected = dl.drop_block(x, 0.2, rng=dl.Key(1))
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert_same(dl.drop_block(last, 0.2, rng=dl.Key(1)), expected)


def test_no_more_memory_than_a_packed_mask():
    x = np.zeros((16, 16, 64, 64), np.float32)
    out = np.empty_like(x)
    dl.drop_block(x, 0.1, rng=1, out=out)  # the threshold, which is remembered
    tracemalloc.start()
    try:
        dl.drop_block(x, 0.1, rng=1, out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.size / 8 + 2**13


def test_a_generator_advances_by_one_word_only_where_a_mask_is_drawn():
    x = np.ones((2, 2, 8))
    keep = np.ones(x.shape, bool)
    cases = [({}, 1), ({"p": 0.0}, 0), ({"p": 1.0}, 0)]
    cases += [({"mode": "test"}, 0), ({"mask": keep}, 0)]
    for options, words in cases:
        rng, twin = np.random.default_rng(1), np.random.default_rng(1)
        dl.drop_block(x, rng=rng, **options)
        twin.integers(0, 2**64, words, dtype=np.uint64)
        assert rng.bit_generator.state == twin.bit_generator.state


def test_nothing_to_do_returns_x_itself():
    x = np.ones((2, 2, 8))
    assert dl.drop_block(x, 0.0) is x
    assert dl.drop_block(x, 0.5, "eval") is x


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, "block_size must be at least 1, got 0", {"block_size": 0}),
        (ValueError, "block_size must be at least 1, got -1", {"block_size": -1}),
        (ValueError, "block_size must be one or 2 sides", {"block_size": (3,)}),
        (ValueError, "block_size must be one or 2 sides", {"block_size": ()}),
        (TypeError, "block_size must be an integer, got 2.5", {"block_size": 2.5}),
        (TypeError, "block_size must be an integer, got True", {"block_size": True}),
        (TypeError, "block_size must be an integer", {"block_size": [1, [2]]}),
        (ValueError, "channel_axis must not be the samples'", {"channel_axis": 0}),
        (ValueError, "channel_axis must not be the samples'", {"channel_axis": -4}),
        (np.exceptions.AxisError, "channel_axis", {"channel_axis": 4}),
        (TypeError, "channel_axis must be an integer", {"channel_axis": None}),
        (TypeError, "shared_channels must be a bool", {"shared_channels": 1}),
        (TypeError, "return_mask must be a bool", {"return_mask": 1}),
        (ValueError, "x must have 3 to 5 axes", {"x": np.ones((2, 3))}),
        (ValueError, "x must have 3 to 5 axes", {"x": np.ones((1,) * 6)}),
        (TypeError, "x must be a numeric array", {"x": np.full((1, 1, 1), "a")}),
        (ValueError, r"p must be in \[0, 1\]", {"p": 2}),
        (TypeError, "p must be a real number", {"p": "0.1"}),
        (ValueError, "mode must be", {"mode": "off"}),
        (TypeError, "mask must be boolean", {"mask": np.ones((2, 3, 4, 5))}),
        (ValueError, "mask must have shape", {"mask": np.ones((2, 1, 4, 5), bool)}),
        (ValueError, "out must have shape", {"out": np.ones(3)}),
        (TypeError, "rng must be", {"rng": "seed"}),
        (ValueError, "start needs full_shape", {"start": (0, 0, 0, 0)}),
        (ValueError, "full_shape must have one entry", {"full_shape": (2, 3, 4)}),
        (ValueError, "full_shape must hold the block", {"full_shape": (1, 3, 4, 5)}),
        (ValueError, "full_shape must have whole maps", {"full_shape": (2, 3, 4, 6)}),
        (ValueError, "full_shape must have at most", {"full_shape": (2**62, 3, 4, 5)}),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(error, message, options):
    out = np.full((2, 3, 4, 5), 7.0)
    x = np.ones(out.shape)
    with pytest.raises(error, match=message):
        dl.drop_block(**{"x": x, "rng": 1, "out": out, **options})
    assert (out == 7).all()
