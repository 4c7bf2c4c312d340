# SPDX-License-Identifier: BSD-3-Clause
"""Masks do not depend on the order of axes in memory, nor on the loop that suits it."""

import itertools

import numpy as np
import pytest
import reference
from arrays import assert_same, on_each_isa
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

KEY = dl.Key(5)


def in_order(x, axes):
    """A copy of x whose memory goes through its axes in some order."""
    return x.transpose(axes).copy().transpose(np.argsort(axes))


def drawn_alone_and_in(shape, border):
    """Ones dropped in C order: alone, and as a block of an array that is so much longer
    along each axis; and the options that make a call this block."""
    whole = tuple(n + border for n in shape)
    inside = tuple(slice(1, 1 + n) for n in shape)
    drawn = dl.dropout(np.ones(shape, np.float32), 0.3, rng=KEY)
    block = dl.dropout(np.ones(whole, np.float32), 0.3, rng=KEY)[inside]
    return drawn, block, {"full_shape": whole, "start": (1,) * len(shape)}


def check_order(y, drawn, block, options):
    """Drops ones in another order, on one thread and two, and as a block."""
    for threads in (1, 2):
        with dl.num_threads(threads):
            np.testing.assert_array_equal(dl.dropout(y, 0.3, rng=KEY), drawn)
    np.testing.assert_array_equal(dl.dropout(y, 0.3, rng=KEY, **options), block)


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
    x = np.ones(shape, np.float32)
    drawn, *block = drawn_alone_and_in(shape, 3)
    for axes in itertools.permutations(range(len(shape))):
        y = in_order(x, axes)
        check_order(y, drawn, *block)
        masked = dl.dropout(y, 0.3, mask=drawn != 0)
        np.testing.assert_array_equal(masked, drawn)


# Short axes, more than bits are held for at once; one long one, and two.
MANY = [(5003, 2, 2, 2, 2, 2), (2, 3, 4, 7001), (131, 2, 257, 3), (17, 5, 19, 3, 23)]


@pytest.mark.parametrize("shape", MANY, ids=str)
def test_many_short_axes_in_any_order_have_the_same_mask(shape):
    x = np.ones(shape, np.float32)
    drawn, *block = drawn_alone_and_in(shape, 1)
    mask, bits = drawn != 0, dl.keep_mask(shape, 0.3, rng=KEY)
    np.testing.assert_array_equal(mask, bits)
    orders = [*itertools.permutations(range(len(shape)))]
    for axes in orders[1 :: len(orders) // 23]:
        y = in_order(x, axes)
        check_order(y, drawn, *block)
        masked = dl.dropout(y, 0.3, mask=in_order(mask, axes[::-1]))
        np.testing.assert_array_equal(masked, drawn)
        out, returned = dl.dropout(y, 0.3, rng=KEY, out=x.copy(), return_mask=True)
        np.testing.assert_array_equal(out, drawn)
        np.testing.assert_array_equal(returned, bits)


@st.composite
def short_axes(draw):
    """A shape of many axes, an order of them, and options of dropout."""
    shape = draw(st.lists(st.integers(1, 9), min_size=3, max_size=7))
    shape[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(1, 90))
    while np.prod(shape) > 9000:
        shape[np.argmax(shape)] //= 2
    axes = range(len(shape))
    options = {"shared_axes": tuple(draw(st.sets(st.sampled_from(axes), max_size=2)))}
    if draw(st.booleans()):
        options["full_shape"] = tuple(n + draw(st.integers(0, 700)) for n in shape)
        options["start"] = tuple(
            draw(st.integers(0, whole - n))
            for whole, n in zip(options["full_shape"], shape, strict=True)
        )
    return tuple(shape), draw(st.permutations(axes)), options


@given(
    short_axes(),
    st.sampled_from(["f2", "f4", "f8", "c8", "c16"]),
    st.sampled_from(["plain", "residual", "out", "gaps", "mask"]),
    st.sampled_from([0.1, 0.5]),
)
def test_many_short_axes_in_any_order_give_the_defined_results(case, dtype, form, p):
    shape, axes, options = case
    x = np.arange(1, 1 + np.prod(shape)).astype(dtype).reshape(shape)
    y = in_order(x, axes)
    given_mask = {}
    if form == "gaps":
        y = np.repeat(np.repeat(y, 2, axis=-1), 2, axis=0)[::2, ..., ::2]
    if form == "residual":
        options["residual"] = x * 3
    if form == "mask":
        keep = reference.keep_mask(shape, p, 5, **options)
        given_mask["mask"] = np.asfortranarray(keep)
    expected = reference.dropout(x, p, key=5, **options)

    def check():
        out = {"out": np.empty_like(x)} if form == "out" else {}
        rng = {} if given_mask else {"rng": KEY}
        assert_same(dl.dropout(y, p, **options, **rng, **given_mask, **out), expected)

    on_each_isa(check)


# Axes inside of all others: tuples of any bytes, on both sides of a gather's row, and
# rows that are too long to be tuples.
SHARED = [
    (5, 70, 2),
    (40, 9, 3),
    (12, 130, 7),
    (3, 65, 100),
    (2, 9, 1025),
    (99, 97, 8),
]


def expected_of(x, axes, residual):
    drawn = dl.dropout(x, 0.3, rng=KEY, shared_axes=axes, residual=residual)
    shape = np.array(x.shape)
    shape[list(np.atleast_1d(axes).astype(int))] = 1
    keep = dl.keep_mask(shape, 0.3, rng=KEY)
    plain = np.where(keep, x, 0) * (1 / 0.7)
    np.testing.assert_allclose(
        drawn, plain + (residual if residual is not None else 0), 1e-6
    )
    return drawn


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("shape", SHARED, ids=str)
def test_any_order_of_axes_gives_the_same_shared_draws(shape, dtype):
    x = np.arange(1, 1 + np.prod(shape)).astype(dtype).reshape(shape)
    for shared in ((), 0, 1, 2, (0, 2), (0, 1), (1, 2)):
        for residual in (None, x + 1):
            drawn = expected_of(x, shared, residual)
            for axes in itertools.permutations(range(3)):
                y = in_order(x, axes)
                gaps = np.repeat(y, 2, axis=-1)[..., ::2]
                for z in (y, gaps, y[:, ::-1][:, ::-1]):
                    z = dl.dropout(
                        z, 0.3, rng=KEY, shared_axes=shared, residual=residual
                    )
                    np.testing.assert_array_equal(z, drawn)


@pytest.mark.parametrize(
    "shape", [(161, 81, 161), (2, 600, 900), (3, 9, 40000)], ids=str
)
def test_threads_share_complex_arrays_in_any_order_of_axes(shape):
    x = np.ones(shape, np.complex64)
    for shared in ((), 0, 2):
        drawn = dl.dropout(x, 0.3, rng=KEY, shared_axes=shared)
        for axes in itertools.permutations(range(3)):
            for threads in (1, 2):
                with dl.num_threads(threads):
                    y = dl.dropout(in_order(x, axes), 0.3, rng=KEY, shared_axes=shared)
                np.testing.assert_array_equal(y, drawn)


@pytest.mark.parametrize("width", [2, 3, 16, 100, 1025])
def test_operands_broadcast_along_a_shared_axis_are_as_their_copies(width):
    for shape in ((40, 9, 1), (3, 700, 1)):
        x = np.arange(1.0, 1 + np.prod(shape), dtype="f4").reshape(shape)
        whole = np.broadcast_to(x, (*shape[:2], width))
        expected = expected_of(np.ascontiguousarray(whole), 2, None)
        for axes in ((0, 1, 2), (1, 0, 2)):
            y = np.broadcast_to(in_order(x, axes), whole.shape)
            np.testing.assert_array_equal(
                dl.dropout(y, 0.3, rng=KEY, shared_axes=2), expected
            )


# Lengths at which a part of a box would be laid out in another way than the whole box.
@pytest.mark.parametrize("shape", [(163, 4, 103, 2), (41, 3, 366, 3)], ids=str)
def test_boxes_with_fewer_places_of_an_axis_have_their_bits(shape):
    x = np.ones(shape, np.float32).transpose(3, 0, 2, 1)
    mask = np.random.default_rng(1).random((*x.shape[:3], 1)) < 0.5
    for options in ({"rng": KEY}, {"mask": mask}):
        y = dl.dropout(x, 0.5, shared_axes=(3,), **options)
        assert_same(y, dl.dropout(x.copy("C"), 0.5, shared_axes=(3,), **options))


@pytest.mark.parametrize("columns", [2, 3, 8, 9, 16, 17])
@pytest.mark.parametrize("length", [1, 2, 3, 9])
def test_a_block_with_one_place_of_the_last_axis_has_its_bits(columns, length):
    whole, start = (columns, 200, length), (0, 0, length - 1)
    drawn = dl.dropout(np.ones(whole, np.float32), 0.3, rng=KEY)[..., -1:]
    x = np.ones(drawn.shape, np.float32)
    for axes in itertools.permutations(range(3)):
        y = in_order(x, axes)
        y = dl.dropout(y, 0.3, rng=KEY, full_shape=whole, start=start)
        np.testing.assert_array_equal(y, drawn)
