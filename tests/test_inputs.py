# SPDX-License-Identifier: BSD-3-Clause
"""Whatever is like an array goes in; plain arrays, scalars and out come out."""

import array
import itertools
from decimal import Decimal
from fractions import Fraction

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import reference as ref
from arrays import (
    DTYPES,
    FLOATS,
    LAYOUTS,
    assert_same,
    empty,
    laid_out,
    memory_order,
    product_order,
    stretched,
    values,
)
from calls import KEY, compare

import droplayers as dl
from droplayers import _core

RNG = dl.Key(KEY)
X = np.arange(1.0, 25.0, dtype=np.float32).reshape(4, 6)


class Sub(np.ndarray):
    """A subclass whose results would be of its own kind."""

    def __array_finalize__(self, base):
        self.note = getattr(base, "note", "new")


class Real:
    """What has a float value, and nothing else of a number."""

    def __float__(self):
        return 0.3


FUNCTIONS = {
    "dropout": lambda x, **o: dl.dropout(x, 0.3, rng=RNG, **o),
    "dropout of one draw": lambda x, **o: dl.dropout(
        x, 0.3, shared_axes=0, rng=RNG, **o
    ),
    "classic test mode": lambda x, **o: dl.dropout(
        x, 0.3, "test", scaling="classic", **o
    ),
    "test mode": lambda x, **o: dl.dropout(x, 0.3, "test", **o),
    "p = 0": lambda x, **o: dl.dropout(x, 0, **o),
    "p = 1": lambda x, **o: dl.dropout(x, 1, **o),
    "dropout of a residual": lambda x, **o: dl.dropout(
        x, 0.3, residual=x, rng=RNG, **o
    ),
    "drop_path": lambda x, **o: dl.drop_path(x, 0.3, True, rng=RNG, **o),
    "drop_path, no training": lambda x, **o: dl.drop_path(x, 0.3, **o),
    "drop_path, rates": lambda x, **o: dl.drop_path(
        x, np.full(len(x), 0.3), True, rng=RNG, **o
    ),
    "residual": lambda x, **o: dl.drop_path(x, 0.3, True, residual=x, rng=RNG, **o),
    "residual of rates": lambda x, **o: dl.drop_path(
        x, np.full(len(x), 0.3), True, residual=x, rng=RNG, **o
    ),
}

CALLS = pytest.mark.parametrize("call", FUNCTIONS.values(), ids=FUNCTIONS)


@CALLS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_results_are_plain_native_and_in_the_layout_of_x(call, dtype):
    x = values(dtype, (4, 5, 6)).astype(dtype)
    for layout in LAYOUTS:
        y = laid_out(x, layout)
        result = call(y)
        assert type(result) is np.ndarray
        assert result.dtype == ref.common(x)
        assert result.dtype.isnative
        assert result is y or memory_order(result) == memory_order(
            np.logical_and(y, True)
        )


@CALLS
@pytest.mark.parametrize("dtype", ["f4", "g", "i4", "c8"])
def test_a_broadcast_axis_has_the_place_that_numpy_gives_it(call, dtype):
    x = values(dtype, (4, 5, 6))
    for shared in itertools.product([0, 1], repeat=3):
        y = stretched(x, np.flatnonzero(shared)).transpose(0, 2, 1)
        result = call(y)
        assert result is y or memory_order(result) == memory_order(
            np.logical_and(y, True)
        )


def test_new_memory_has_the_layout_of_a_product():
    rng = np.random.default_rng(0)
    memory = np.ones(1000, np.float32)
    for _ in range(5000):
        shape = rng.integers(1, 5, rng.integers(0, 6))
        strides = 4 * rng.choice(
            [0, 0, 1, 2, 3, 4, 12, 24, -1, -2, -3, -12], len(shape)
        )
        x = np.lib.stride_tricks.as_strided(memory[500:], shape, strides)
        for dtype in (np.dtype("f4"), np.dtype("c16")):
            y = _core.empty_like(x, dtype)
            assert y.dtype == dtype
            assert memory_order(y) == product_order(x)


# A matrix has two axes whatever is taken from it.
MATRIX = pytest.mark.filterwarnings("ignore:the matrix subclass")


@MATRIX
@CALLS
def test_what_is_like_an_array_is_taken_as_numpy_takes_it(call):
    expected = call(X.astype(float))
    kinds = [
        X.tolist(),
        tuple(map(tuple, X.tolist())),
        X.astype(float).view(Sub),
        np.matrix(X.astype(float)),
        memoryview(X.astype(float)),
        pd.DataFrame(X.astype(float)),
        X.astype(int).tolist(),
        np.rec.array(X.astype(float)),
    ]
    for x in kinds:
        result = call(x)
        assert type(result) is np.ndarray
        assert_same(result, expected)
    rows = [array.array("d", row) for row in X.tolist()]
    assert_same(call(rows), expected)
    assert_same(call(pd.Series(X[0], dtype="f8")), call(X[0].astype(float)))
    assert_same(call(pd.Series([1, 2, 3])), call(np.array([1, 2, 3])))


def test_scalars_and_arrays_without_axes_come_out_as_scalars():
    for dtype in FLOATS:
        x = np.array(3, dtype)
        for given in (x, x[()]):
            for p, mode in ((0.3, "train"), (0.3, "test"), (0, "train"), (1, "train")):
                y = dl.dropout(given, p, mode, rng=2)
                assert type(y) is x.dtype.type
                assert_same(y, ref.dropout(x, p, mode, key=int(dl.Key.fresh(2))))
    for given in (3, True, 3.0, np.int8(3), np.array(3)):
        assert type(dl.dropout(given, 0.5, rng=1)) is np.float64
    y, keep = dl.dropout(1.0, 0.5, rng=1, return_mask=True)
    assert (type(y), type(keep)) == (np.float64, np.bool_)
    assert y == 2.0 * keep
    out = np.array(7.0)
    assert dl.dropout(1.0, 0.5, rng=1, out=out) is out
    assert out == y
    for keep in (dl.keep_mask((), 0.5, rng=1), dl.dropout(1.0, 0.5, rng=1) != 0):
        assert type(keep) is np.bool_
    assert dl.dropout(2.0, 0.5, mask=True) == 4.0
    assert dl.dropout(2.0, 0.5, mask=False) == 0.0


@pytest.mark.parametrize("dtype", FLOATS)
def test_where_nothing_is_to_be_done_x_itself_comes_back(dtype):
    for layout in LAYOUTS:
        x = laid_out(values(dtype, (3, 4)), layout)
        mask = np.ones((3, 4), bool)
        same = [
            dl.dropout(x, 0.0),
            dl.dropout(x, 0.5, "test"),
            dl.dropout(x, 0.5, "eval", mask=mask),
            dl.dropout(x, 0.0, "test", scaling="classic"),
            dl.dropout(x, 0.0, scaling="classic"),
            dl.dropout(x, 0.5, "test", return_mask=True)[0],
            dl.drop_path(x, 0.0, True),
            dl.drop_path(x, np.zeros(3), True),
            dl.drop_path(x, [0, 0, 0], True),
            dl.drop_path(x),
            dl.drop_path(x, 0.5, per="batch"),
            dl.drop_path(x, np.full(3, 0.5)),
        ]
        assert [y is x for y in same] == [True] * len(same)
        fresh = [
            dl.dropout(x, 5e-324, rng=1),
            dl.dropout(x, 0.0, mask=mask),
            dl.drop_path(x, 0.0, True, mask=mask[:, 0]),
            dl.drop_path(x, 0.0, residual=x),
        ]
        assert not any(np.shares_memory(x, y) for y in fresh)
    swapped = values(dtype, (3, 4)).astype(np.dtype(dtype).newbyteorder())
    if not swapped.dtype.isnative:
        assert_same(dl.dropout(swapped, 0.0), ref.cast(swapped, dtype))


def test_out_is_filled_even_where_nothing_is_to_be_done():
    for call in (dl.dropout, dl.drop_path):
        out = np.zeros_like(X)
        assert call(X, 0.0, out=out) is out
        assert_same(out, X)
    assert dl.dropout(X, 0.5, "test", out=X) is X


REALS = [Real(), Fraction(3, 10), Decimal("0.3")]
REALS += [np.array(0.3), np.array(Fraction(3, 10), object)]


@pytest.mark.parametrize("p", REALS)
def test_a_rate_may_be_any_real(p):
    assert_same(dl.dropout(X, p, rng=RNG), dl.dropout(X, 0.3, rng=RNG))
    assert_same(dl.keep_mask(50, p, rng=RNG), dl.keep_mask(50, 0.3, rng=RNG))
    y = dl.drop_path(X, p, True, rng=RNG)
    assert_same(y, dl.drop_path(X, 0.3, True, rng=RNG))


@pytest.mark.parametrize(
    "kind", [np.float16, np.float32, np.float64, np.longdouble, ml_dtypes.bfloat16]
)
def test_the_dtype_of_a_rate_changes_its_value_alone(kind):
    for p in (kind(0.3), np.array(0.3, kind)):
        y = dl.dropout(X, p, rng=RNG)
        assert_same(y, dl.dropout(X, float(p), rng=RNG))
    for one in (1, np.int8(1), np.uint64(1)):
        assert not dl.dropout(X, one).any()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_out_may_be_of_any_dtype_of_the_same_kind(dtype):
    for kind in (np.float32, np.float64, np.complex64, ml_dtypes.bfloat16):
        x = values(kind, (30, 7))
        if not np.can_cast(kind, dtype, "same_kind") or (
            x.dtype.kind == "c" and dtype.kind != "c"
        ):
            continue
        for layout in LAYOUTS:
            compare("dropout", x, empty(x.shape, dtype, layout), p=0.3)
        out = empty(x.shape, dtype, "F")
        probs = np.linspace(0, 1, 30)
        compare("drop_path", x, out, prob=probs, training=True, residual=x)


@MATRIX
@CALLS
def test_an_out_of_a_subclass_comes_back_itself(call, tmp_path):
    expected = call(X)
    for out in (
        np.zeros_like(X).view(Sub),
        np.memmap(tmp_path / "out", np.float32, "w+", shape=X.shape),
        np.asmatrix(np.zeros_like(X)),
    ):
        result = call(X, out=out)
        assert result is out
        assert_same(np.asarray(out), expected)


@pytest.mark.parametrize("axes", [0, -1, (0, 1), [1], np.int64(0), np.array([0, -1])])
def test_shared_axes_may_be_given_in_any_form(axes):
    listed = tuple(np.atleast_1d(axes).tolist())
    expected = ref.dropout(X, 0.5, shared_axes=listed, key=KEY)
    assert_same(dl.dropout(X, 0.5, shared_axes=axes, rng=RNG), expected)


def test_shapes_may_be_given_in_any_form():
    expected = ref.keep_mask((4, 6), 0.5, KEY)
    for shape in ((4, 6), [4, 6], np.array([4, 6]), (np.int8(4), np.uint64(6))):
        assert_same(dl.keep_mask(shape, 0.5, rng=RNG), expected)
        assert_same(dl.dropout(X, 0.5, rng=RNG, full_shape=shape) != 0, expected)
    assert_same(dl.keep_mask(np.int64(7), 0.5, rng=RNG), ref.keep_mask((7,), 0.5, KEY))


@pytest.mark.parametrize("ndim", [32, 33, 64])
@pytest.mark.parametrize("dtype", ["f4", "f2", "F", "i8", "g"])
def test_arrays_may_have_64_axes(dtype, ndim):
    few = values(dtype, (2, 3, 4))
    ones = (1,) * (ndim - 3)
    mask = few != 0
    for axes in ((), (-1,), (-3,), (-1, -3)):
        options = {"rng": RNG, "shared_axes": axes, "return_mask": True}
        y, keep = dl.dropout(few.reshape(*ones, *few.shape), 0.5, **options)
        expected, kept = dl.dropout(few, 0.5, **options)
        assert_same(y.reshape(few.shape), expected)
        assert_same(keep.reshape(kept.shape), kept)
    many = few.reshape(*few.shape, *ones)
    for options in ({"prob": 0.5}, {"prob": [0.5, 0.1]}, {"mask": mask[:, 0, 0]}):
        options = {"training": True, "rng": RNG, **options}
        y = dl.drop_path(many, residual=many, **options)
        expected = dl.drop_path(few, residual=few, **options)
        assert_same(y.reshape(few.shape), expected)
    keep = dl.keep_mask(many.shape, 0.5, rng=RNG)
    assert_same(keep, dl.dropout(np.ones(many.shape), 0.5, rng=RNG) != 0)
    mask = mask.reshape(many.shape)
    y = dl.dropout(many.T[::-1], 0.5, mask=mask.T[::-1])
    assert_same(y, dl.dropout(many, 0.5, mask=mask).T[::-1])


@pytest.mark.parametrize("ndim", [33, 64])
def test_a_block_may_have_64_axes(ndim):
    few = values("f4", (2, 3, 4))
    parts = []
    for axes in (8, ndim - 3):
        x = few.reshape((1,) * axes + few.shape)
        full = (3,) * 8 + (1,) * (axes - 8) + (5, 6, 7)
        start = (1,) * 8 + (0,) * (axes - 8) + (2, 3, 3)
        y = dl.dropout(x, 0.5, rng=RNG, full_shape=full, start=start)
        parts.append(y.reshape(few.shape))
    assert_same(*parts)
