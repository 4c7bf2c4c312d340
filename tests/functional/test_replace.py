# SPDX-License-Identifier: BSD-3-Clause
"""replace is np.where by the oracle's mask, to the bit, for every dtype without
objects."""

import datetime
import decimal
import fractions
import itertools
import math

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import reference as ref
import reference_family as fam
from arrays import (
    DTYPES,
    LAYOUTS,
    SIZES,
    blocks,
    laid_out,
    layouts,
    memory_order,
    on_each_isa,
    parts,
    product_order,
    shapes,
)
from calls import KEY, masks, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

RECORD = np.dtype([("a", "<i2"), ("b", "<f8"), ("c", "S3")])
OTHERS = ["M8[s]", ">m8[ns]", "U3", ">U2", "S5", "S1", "V3", "V8", "V16", "V24"]
ANY = [*DTYPES, *map(np.dtype, OTHERS), RECORD, np.dtype(ml_dtypes.float8_e4m3fn)]
BYTES = [1, 2, 4, 8, 16]  # of items that have a kernel


def anything(dtype, shape, seed=0):
    """An array of any bytes: every payload of NaN, text that is none."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    data = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    return (data & 1 if dtype.kind == "b" else data).view(dtype).reshape(shape)


def raw(x):
    """The bytes of an array in native order."""
    x = np.asarray(x)
    return x.astype(x.dtype.newbyteorder("="), copy=False).tobytes()


def check(x, value, out=None, **options):
    """A result on every instruction set is the oracle's to the bit, in x's dtype and
    layout or in out, and no operand has changed that is not out."""
    expected = fam.replace(x, value, key=KEY, **options)
    y, keep = expected if options.get("return_mask") else (expected, None)
    before = None if out is None else out.copy()
    kept = [y for y in (x, value, options.get("mask")) if isinstance(y, np.ndarray)]
    copies = [z.tobytes() for z in kept]

    def once():
        if out is not None:
            out[...] = before
        with np.errstate(all="raise"):
            got = dl.replace(x, value, rng=dl.Key(KEY), out=out, **options)
        result = got
        if keep is not None:
            result, mask = got
            assert mask.dtype == bool
            np.testing.assert_array_equal(mask, keep)
        assert raw(result) == y.tobytes()
        assert np.shape(result) == y.shape
        if out is not None:
            assert result is out
            return
        assert result.dtype == y.dtype
        assert result.dtype.isnative
        assert np.ndim(x) == 0 or type(result) is np.ndarray
        assert [z.tobytes() for z in kept] == copies
        if np.ndim(x) and x.dtype.kind in "iuf":
            assert result is x or memory_order(result) == product_order(x)

    on_each_isa(once)


@st.composite
def broadcasts(draw, dtype, shape):
    """A value that broadcasts to a shape."""
    axes = draw(st.integers(0, len(shape)))
    own = [1 if draw(st.booleans()) else n for n in shape[len(shape) - axes :]]
    value = anything(dtype.newbyteorder("="), tuple(own), draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([dtype, dtype.newbyteorder()]))
    return draw(layouts(value, dtype, stretch=True))


@st.composite
def calls(draw):
    """x, value, out and keywords."""
    shape = draw(shapes())
    dtype = draw(st.sampled_from(ANY))
    x = draw(layouts(anything(dtype, shape, draw(st.integers(0, 99))), stretch=True))
    value = draw(broadcasts(dtype, shape))
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    options = {
        "return_mask": draw(st.booleans()),
        "shared_axes": [a - len(shape) * draw(st.booleans()) for a in axes],
    }
    if draw(st.booleans()):
        own = tuple(1 if i in axes else n for i, n in enumerate(shape))
        options["mask"] = draw(masks(own))
    else:
        options["p"] = draw(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]))
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], start = draw(blocks(shape))
        options["start"] = draw(st.sampled_from([start, None]))
    outs = [y for y in (x, value) if y.shape == shape and y.flags.writeable]
    other = laid_out(anything(dtype, shape, 7), draw(st.sampled_from(LAYOUTS)))
    return x, value, draw(st.sampled_from([None, other, *outs])), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, value, out, options = call
    check(x, value, out, **options)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("size", BYTES)
def test_every_size_is_right_at_both_sides_of_a_tile(size, n):
    x, value = anything(f"V{size}", (n,), 1), anything(f"V{size}", (n,), 2)
    for start in (0, 1, 4095):
        where = {"full_shape": (n + 9000,), "start": (start,)}
        for other in (value, value[0]) if n else (value,):
            check(x, other, p=0.3, **where)
            check(x, other, x, p=0.5, **where)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(3, 5, 4099), (70, 1100), (9, 1, 64)], ids=str)
@pytest.mark.parametrize("dtype", ["u1", "i2", "U3", "F", "D"])
def test_every_walk_through_memory_gives_the_same(dtype, shape, layout):
    x = laid_out(anything(dtype, shape, 1), layout)
    value = laid_out(anything(dtype, shape, 2), layout)
    for axes in ((), (0,), (-1,), (0, 1)):
        mask = ref.keep_mask(shape, 0.3, KEY, shared_axes=axes)
        for other in (value, value[0], value[..., :1], value[:1, ..., :1]):
            expected = raw(fam.replace(x, other, mask=mask))
            options = {"shared_axes": axes}
            y = dl.replace(x, other, 0.3, rng=dl.Key(KEY), **options)
            assert raw(y) == expected
            assert raw(dl.replace(x, other, mask=mask, **options)) == expected


@pytest.mark.parametrize("dtype", ["u1", "f4", "U3", ">f8"])
def test_arrays_of_several_tiles_are_replaced_by_values_of_any_dtype(dtype):
    shape = (70, 40, 30)
    x = anything(dtype, shape, 1)
    for other in (shape, shape[1:], (40, 1), (70, 1, 1)):
        if x.dtype.kind == "U":
            value = anything("U2", other, 2)
        elif x.dtype.kind == "f":
            value = np.random.default_rng(3).normal(size=other) * 1e39
        else:
            value = np.random.default_rng(3).integers(0, 256, other)
        check(x, value, p=0.3)
        check(x, value, p=0.3, shared_axes=[-1], return_mask=True)


@pytest.mark.parametrize("dtype", ["u1", "i8", ">f4", "U3", "D"])
def test_out_may_overlap_every_operand(dtype):
    whole = anything(dtype, (30, 40), 1)
    other = anything(dtype, (30, 40), 2)
    for rows in (slice(None, 29), slice(1, None), slice(28, None, -1)):

        def parts_of(whole=whole, rows=rows):
            memory = whole.copy()
            return memory[rows], memory[1:]

        x, out = parts_of()
        expected = fam.replace(x, other[:29], 0.4, key=KEY)
        dl.replace(x, other[:29], 0.4, rng=dl.Key(KEY), out=out)
        assert raw(out) == raw(expected)
        value, out = parts_of()
        expected = fam.replace(other[:29], value, 0.4, key=KEY)
        dl.replace(other[:29], value, 0.4, rng=dl.Key(KEY), out=out)
        assert raw(out) == raw(expected)
    memory = whole.copy()
    expected = fam.replace(other, memory[3], 0.4, key=KEY)
    dl.replace(other, memory[3], 0.4, rng=dl.Key(KEY), out=memory)
    assert raw(memory) == raw(expected)


def test_out_may_be_the_mask():
    x, mask = anything("?", (50, 70), 1), anything("?", (50, 70), 2)
    expected, before = np.where(mask, x, True), mask.copy()
    y, keep = dl.replace(x, True, mask=mask, return_mask=True, out=mask)
    assert y is mask
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(keep, before)


@given(st.data())
def test_blocks_of_an_array_get_their_part_of_the_whole(data):
    shape = data.draw(shapes(min_dims=1, max_dims=4))
    x, value = anything("i2", shape, 1), anything("i2", shape, 2)
    axes = tuple(data.draw(st.sets(st.integers(0, len(shape) - 1))))
    whole = dl.replace(x, value, 0.4, rng=dl.Key(KEY), shared_axes=axes)
    where = data.draw(parts(shape))
    at = {"full_shape": shape, "start": tuple(s.start for s in where)}
    key = dl.Key(KEY)
    part = dl.replace(x[where], value[where], 0.4, rng=key, shared_axes=axes, **at)
    assert raw(part) == raw(whole[where])


def test_the_mask_is_that_of_dropout_and_keep_mask():
    x = anything("u1", (60, 50), 1)
    for p in (0.1, 0.25, 0.5):
        y, keep = dl.replace(x, 0, p, rng=5, return_mask=True)
        np.testing.assert_array_equal(keep, dl.keep_mask(x.shape, p, rng=5))
        _, other = dl.dropout(x, p, rng=5, return_mask=True)
        np.testing.assert_array_equal(keep, other)
        np.testing.assert_array_equal(y, np.where(keep, x, 0))


def test_threads_change_nothing():
    x = anything("u1", (3_000_000,), 1)
    value = x[::-1].copy()
    with dl.num_threads(1):
        one = dl.replace(x, value, 0.1, rng=3), dl.replace(x, 7, 0.1, rng=3)
    with dl.num_threads(4):
        many = dl.replace(x, value, 0.1, rng=3), dl.replace(x, 7, 0.1, rng=3)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


# --- values ---------------------------------------------------------------------------

ONE = np.array([False])  # replaced


def filled(dtype, value):
    """What a value becomes in an array of some dtype."""
    (result,) = dl.replace(np.zeros(1, dtype), value, mask=ONE)
    return result


INTEGERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4", ml_dtypes.int4]


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers_take_all_integers_that_fit(dtype):
    info = ml_dtypes.iinfo(np.dtype(dtype).newbyteorder("="))
    least, most = int(info.min), int(info.max)
    for end in (least, most):
        assert int(filled(dtype, end)) == end
        x = np.zeros((2, 2), dtype)
        y = dl.replace(x, [0, end], mask=np.zeros((2, 2), bool))
        assert y.astype(object).tolist() == [[0, end]] * 2
        for wide in ("i8", "u8"):
            if np.iinfo(wide).min <= end <= np.iinfo(wide).max:
                assert int(filled(dtype, np.array([end], wide))) == end
    for beyond in (least - 1, most + 1, 2**70, [0, most + 1], [-1, 2**63, 2**64]):
        with pytest.raises(ValueError, match=r"value must be integers of \w+, got"):
            dl.replace(np.zeros((3, len(np.atleast_1d(beyond))), dtype), beyond, 0.5)


def test_integers_of_both_signs_are_compared_as_they_are():
    x, mask = np.zeros(2, "u8"), np.zeros(2, bool)
    y = dl.replace(x, [2**63, 0], mask=mask)
    assert y.tolist() == [2**63, 0]
    y = dl.replace(x.astype(object).astype("i8"), [-(2**63), 2**63 - 1], mask=mask)
    assert y.tolist() == [-(2**63), 2**63 - 1]
    with pytest.raises(ValueError, match="got -1"):
        dl.replace(x, np.array([-1, 5]), 0.5)
    with pytest.raises(ValueError, match="got -1"):
        dl.replace(x, [2**63, -1], 0.5)


@pytest.mark.parametrize("dtype", ["e", "f", "d", "g", ml_dtypes.bfloat16], ids=str)
def test_floats_take_all_reals_and_round_them(dtype):
    dtype = np.dtype(dtype)
    numbers = [0.1, -0.0, math.inf, 3, -(2**62) - 1, np.float32(1.1), 1e300, 65519.99]
    for number in numbers:
        expected = ref.cast(np.asarray(number), dtype)
        for value in (number, np.asarray(number)):
            result = filled(dtype, value)
            assert result == expected
            assert np.signbit(result) == np.signbit(expected)
    assert np.isnan(filled(dtype, math.nan).astype(float))
    others = [fractions.Fraction(1, 4), decimal.Decimal("0.25"), np.float16(0.25)]
    for other in others:
        assert float(filled(dtype, other)) == 0.25
    assert float(filled(dtype, ml_dtypes.bfloat16(1.5))) == 1.5
    if dtype.char != "g":
        assert float(filled(dtype, 10**400)) == math.inf
        assert float(filled(dtype, [-(10**400)])) == -math.inf


@pytest.mark.parametrize("dtype", ["F", "D", "G"])
def test_complex_numbers_take_all_numbers(dtype):
    for value in (2, 0.5, 1 + 2j, np.complex64(3j), fractions.Fraction(1, 2)):
        assert complex(filled(dtype, value)) == complex(value)
    objects = np.array([fractions.Fraction(1, 2), 1j], object)
    x, mask = np.zeros(2, dtype), np.zeros(2, bool)
    assert dl.replace(x, objects, mask=mask).tolist() == [0.5, 1j]


def test_dates_take_what_numpy_casts_to_them():
    day = np.datetime64("2026-02-03")
    assert filled("M8[s]", day) == day
    assert filled("M8[D]", np.datetime64("2026-02-03T11:12")) == day
    assert np.isnat(filled("M8[s]", np.datetime64("NaT", "s")))
    assert filled("M8[D]", datetime.date(2026, 2, 3)) == day
    assert filled("M8[s]", datetime.datetime(2026, 2, 3)) == day
    assert filled("m8[s]", datetime.timedelta(minutes=1)) == np.timedelta64(60, "s")
    assert filled(">m8[s]", 5) == np.timedelta64(5, "s")


def test_text_and_void_take_their_own_kind_of_no_greater_length():
    assert filled("U3", "ab") == "ab"
    assert filled(">U3", "abc") == "abc"
    assert filled("S3", b"a") == b"a"
    assert filled("V3", np.void(b"ab")).tobytes() == b"ab\0"
    record = np.array([(1, 2.5, b"x")], RECORD)
    assert filled(RECORD, record[0]) == record[0]
    for dtype, value in [("U3", "abcd"), ("S1", b"ab"), ("V1", np.void(b"ab"))]:
        with pytest.raises(ValueError, match="value must be no longer than x's items"):
            filled(dtype, value)


KINDS = {
    "bool": [True, np.array([False])],
    "integer": [1, np.uint8(1), [1]],
    "float": [1.0, np.float16(1), ml_dtypes.bfloat16(1), fractions.Fraction(1)],
    "complex": [1j, np.complex64(1)],
    "date": [np.datetime64("2026-02-03"), datetime.date(2026, 2, 3)],
    "text": ["a"],
    "bytes": [b"a"],
    "void": [np.void(b"a")],
    "record": [np.zeros((), RECORD)],
    "object": [[None], np.array([object()])],
}
TAKEN = {
    "?": ["bool"],
    "u1": ["integer"],
    ml_dtypes.int4: ["integer"],
    "f4": ["integer", "float"],
    ml_dtypes.bfloat16: ["integer", "float"],
    ml_dtypes.float8_e4m3fn: ["integer", "float"],
    "g": ["integer", "float"],
    "F": ["integer", "float", "complex"],
    "M8[s]": ["date"],
    "U3": ["text"],
    "S3": ["bytes"],
    "V3": ["void"],
    RECORD: ["record"],
}


@pytest.mark.parametrize("dtype", TAKEN, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_other_mixes_are_a_type_error(dtype, kind):
    for value in KINDS[kind]:
        if kind in TAKEN[dtype]:
            filled(dtype, value)
            continue
        with pytest.raises(TypeError, match=r"^value must be .* for x of dtype"):
            filled(dtype, value)


class Unreal:
    """What looks like a number, and is none."""

    def __float__(self):
        raise RuntimeError("not today")


def test_values_that_do_not_broadcast_or_are_no_plain_array_are_refused():
    x = np.zeros((4, 3))
    for value in (None, object(), iter([1])):
        with pytest.raises(TypeError, match=r"^value must be what x's dtype takes"):
            dl.replace(x, value, 0.5)
    with pytest.raises(RuntimeError) as error:
        dl.replace(x, Unreal(), 0.5)
    assert (
        "value must be real numbers for x of dtype float64" in error.value.__notes__[0]
    )
    with pytest.raises(ValueError, match=r"value must broadcast to x's shape \(4, 3\)"):
        dl.replace(x, [1, 2], 0.5)
    with pytest.raises(ValueError, match=r"value must broadcast to x's shape"):
        dl.replace(x, np.zeros((1, 4, 3)), 0.5)
    with pytest.raises(TypeError, match="value must be a plain array"):
        dl.replace(x, np.ma.array(1.0), 0.5)
    with pytest.raises(ValueError, match="value must be array-like"):
        dl.replace(x, [[1], [2, 3]], 0.5)


# --- x, p, mask and out ---------------------------------------------------------------


def test_x_with_objects_is_refused():
    objects = [[None], np.zeros(3, object), np.zeros(2, [("a", "O")])]
    objects.append(np.array(["a"], np.dtypes.StringDType()))
    for x in objects:
        with pytest.raises(TypeError, match="x must be an array without objects, got"):
            dl.replace(x, 0, 0.5)


def test_exactly_one_of_p_and_mask_is_given():
    x = np.zeros(3)
    with pytest.raises(TypeError, match=r"p must be a real number.*got None"):
        dl.replace(x, 0)
    with pytest.raises(ValueError, match="p must be None where mask is given"):
        dl.replace(x, 0, 0.5, mask=np.ones(3, bool))


def test_out_has_the_dtype_of_x_in_any_byte_order():
    x = anything("i4", (5, 6), 1)
    for order in "<>":
        out = np.zeros(x.shape, f"{order}i4")
        y = dl.replace(x, 7, 0.5, rng=1, out=out)
        assert y is out
        np.testing.assert_array_equal(out, dl.replace(x, 7, 0.5, rng=1))
    for dtype in ("i8", "u4", "f4", "V4"):
        with pytest.raises(TypeError, match="out must have x's dtype int32"):
            dl.replace(x, 7, 0.5, out=np.zeros(x.shape, dtype))


def test_nothing_to_do_returns_x_itself():
    for dtype in ("u1", "f4", "U3", "M8[s]", RECORD):
        x = anything(dtype, (3, 4), 1)
        value = np.zeros((), dtype)
        assert dl.replace(x, value, 0) is x
        assert dl.replace(x, value, 0, out=x) is x
        assert dl.replace(x, value, mask=np.ones(x.shape, bool)) is not x
    x = anything(">i4", (3, 4), 1)
    y = dl.replace(x, 0, 0.0)
    assert y.dtype.isnative
    np.testing.assert_array_equal(x, y)


def test_a_word_is_drawn_but_for_0_1_and_a_mask():
    x = np.zeros(5)
    for p, words in ((0.0, 0), (1e-300, 1), (0.5, 1), (1.0, 0)):
        assert words_drawn(lambda rng, p=p: dl.replace(x, 1, p, rng=rng)) == words
    mask = np.zeros(5, bool)
    assert words_drawn(lambda rng: dl.replace(x, 1, mask=mask, rng=rng)) == 0


def test_scalars_and_arrays_of_no_items_or_no_bytes_come_out_alike():
    for dtype in ("u1", "f4", "U3", "M8[s]"):
        x, value = anything(dtype, (), 1)[()], anything(dtype, (), 2)[()]
        for p in (0.0, 1.0):
            y = dl.replace(x, value, p)
            assert type(y) is type(x)
            assert y.tobytes() == (value if p else x).tobytes()
    for dtype, shape in itertools.product(["V0", "u1", "V3"], [(0,), (3, 0), (2, 2)]):
        x = np.zeros(shape, dtype)
        y = dl.replace(x, np.zeros((), dtype), 0.5)
        assert (y.shape, y.dtype) == (x.shape, x.dtype)


def test_64_axes_are_not_too_many():
    x = anything("U3", (1,) * 61 + (2, 1, 3), 1)
    check(x, anything("U3", (), 2), p=0.5)
    check(x, anything("U3", (3,), 2), p=0.5)


class Sub(np.ndarray):
    """A subclass whose results would be of its own kind."""


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_what_is_like_an_array_is_taken_as_numpy_takes_it():
    x, value = anything("i8", (4, 6), 1), anything("i8", (4, 6), 2)
    expected = dl.replace(x, value, 0.5, rng=dl.Key(KEY))
    for kind in (np.ndarray.tolist, np.matrix, memoryview, pd.DataFrame):
        for a, b in ((kind(x), value), (x, kind(value)), (kind(x), kind(value))):
            y = dl.replace(a, b, 0.5, rng=dl.Key(KEY))
            assert type(y) is np.ndarray
            np.testing.assert_array_equal(y, expected, strict=True)
    out = np.zeros_like(x).view(Sub)
    assert dl.replace(x.view(Sub), value, 0.5, rng=dl.Key(KEY), out=out) is out
    np.testing.assert_array_equal(out.view(np.ndarray), expected, strict=True)


def test_a_failure_changes_nothing():
    x = np.arange(6, dtype=np.uint8)
    before, rng = x.copy(), np.random.default_rng(1)
    state = rng.bit_generator.state
    bad = [
        {"value": 300},
        {"value": [1, 2]},
        {"value": 0, "return_mask": 1},
        {"value": 0, "full_shape": (3,)},
        {"value": 0, "shared_axes": 1},
    ]
    for options in bad:
        with pytest.raises((ValueError, TypeError)):
            dl.replace(x, p=0.5, rng=rng, out=x, **options)
    assert rng.bit_generator.state == state
    np.testing.assert_array_equal(x, before)
