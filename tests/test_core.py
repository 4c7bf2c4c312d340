# SPDX-License-Identifier: BSD-3-Clause
"""The entries of the C module, called as the Python package never calls them: nothing
but an error comes of arguments that would read or write where they must not."""

import itertools

import numpy as np
import pytest
from arrays import assert_same
from calls import run_python

from droplayers import _core

# Masks: key, threshold, packed bits, first index, strides.
DRAWN = (1, 2**39, None, 0, None)
BITS = _core.BITS_PAD
ONES = np.ones((4, 6), np.float32)
SCALED = (_core.SCALE, 2.0, 0.0, 0.0)
DEEP = np.ones((1,) * _core.MAX_AXES)


def given(n, first=0, strides=None):
    """A mask of n bytes of bits that are all 1."""
    return 1, 0, bytearray(b"\xff" * n + bytes(BITS)), first, strides


def room(n):
    """Memory for n bytes of bits."""
    return bytearray(n + BITS)


def fixed(array):
    """A copy that nobody may write to."""
    array = array.copy()
    array.flags.writeable = False
    return array


def swapped(array):
    """A copy in the other byte order."""
    return array.astype(array.dtype.newbyteorder())


#: What is wrong with a mask, or is no mask, of whatever shape.
BAD_MASKS = {
    "mask must be a tuple of 5": [None, [*DRAWN], DRAWN[:4], (*DRAWN, 0)],
    "integer": [("1", *DRAWN[1:]), (1, 0.5, *DRAWN[2:]), (*DRAWN[:3], None, None)],
    "negative|convert": [(-1, *DRAWN[1:]), (1, -1, *DRAWN[2:]), (2**64, *DRAWN[1:])],
    "threshold is above": [(1, 2**40 + 1, *DRAWN[2:])],
    "mask strides must be a tuple": [(*DRAWN[:4], v) for v in ((), (1,) * 9, 1)],
    "bytes-like": [(1, 0, 5, 0, None), (1, 0, "bits", 0, None)],
}

#: Usual arguments of each entry, and of each position what is wrong there.
ENTRIES = {
    "apply": (
        lambda: [np.zeros_like(ONES), ONES, None, DRAWN, SCALED],
        {
            0: {
                "expected an array": ["out"],
                "missing": [None],
                "out has no kernel": [swapped(ONES), ONES.astype("i4")],
                "read-only": [fixed(ONES)],
                "differ in shape": [ONES[:3].copy(), ONES[:, :5].copy()],
                "no common kernel": [ONES.astype("f8"), ONES.astype("F")],
            },
            1: {
                "expected an array": [[1.0]],
                "out has no kernel": [None],
                "no common kernel": [swapped(ONES), ONES.astype("F"), ONES > 0],
                "differ in shape": [ONES[:3], ONES[0], np.array(1, np.float32)],
            },
            2: {"expected an array": ["r"], "too many": [ONES]},
            3: {
                **BAD_MASKS,
                "too short": [given(2), given(3, 1), given(3, 0, (7, 1)), given(0)],
            },
            4: {
                "affine must be a tuple of 4": [None, [*SCALED], SCALED[:3]],
                "unknown form": [
                    (form, 1.0, 0.0, 0.0) for form in (-1, _core.REPLACE + 1, 99)
                ],
                "number|float|integer": [
                    ("0", 1.0, 0.0, 0.0),
                    (0, "1", 0.0, 0.0),
                    (0, 1.0, None, 0.0),
                    (0, 1.0, 0.0, []),
                ],
                "missing": [
                    (_core.RESIDUAL, 1.0, 0.0, 0.0),
                    (_core.REPLACE, 1.0, 0.0, 0.0),
                ],
            },
        },
    ),
    "pack": (
        lambda: [np.zeros(3, np.uint8), (4, 6), DRAWN],
        {
            0: {
                "bytes-like": [None],
                "contiguous": [np.zeros(6, np.uint8)[::2]],
                "read-only|writable": [fixed(np.zeros(3, np.uint8)), bytes(3)],
                "no room": [np.zeros(2, np.uint8), bytearray(2)],
            },
            1: {
                "integer": [(4, "6"), (4.0, 6)],
                "negative": [(4, -6)],
                "shape must be a tuple": [24, (1,) * (_core.MAX_AXES + 1)],
                "too many cells": [(2**32, 2**32)],
                "large|big": [(2**64, 1)],
            },
            2: {**BAD_MASKS, "too short": [given(2)]},
        },
    ),
    "pack_given": (
        lambda: [ONES > 0],
        {
            0: {
                "expected an array or None": [[True]],
                "an array of bools": [None, ONES, np.zeros(3, np.uint8)],
            },
        },
    ),
    "pack_rates": (
        lambda: [bytearray(2), np.full(16, 0.5), 1, 0],
        {
            0: {
                "bytes-like|buffer|writable": [None, bytes(2)],
                "no room": [bytearray(1)],
            },
            1: {
                "array of rates": [
                    None,
                    np.ones(16, np.float32),
                    np.ones((16, 1)),
                    np.ones(32)[::2],
                    swapped(np.ones(16)),
                ],
                "no room": [np.ones(17)],
            },
            2: {"integer": ["1"], "negative|convert": [-1, 2**64]},
            3: {"integer": ["0", 0.5]},
        },
    ),
    "empty_like": (
        lambda: [ONES, np.dtype("f8")],
        {
            0: {"expected an array": [None, [1.0]]},
            1: {"an array and a dtype": [None, "f8", np.float64]},
        },
    ),
    "take_rows": (
        lambda: [ONES, bytearray([0b1101, *[0] * BITS])],
        {
            0: {
                "expected an array": ["x"],
                "array of samples": [None, np.array(1, np.float32)],
                "cannot be copied": [ONES.astype(object), np.empty((4, 6), "V0")],
            },
            1: {"bytes-like": [None], "no room": [bytearray(BITS), bytearray(7)]},
        },
    ),
    "add_rows": (
        lambda: [
            np.zeros_like(ONES),
            ONES,
            ONES[:3].copy(),
            bytearray([0b1101, *[0] * BITS]),
            2.0,
        ],
        {
            0: {
                "expected an array": ["out"],
                "array of samples": [None],
                "read-only": [fixed(ONES)],
                "differ in shape": [ONES[:3].copy()],
            },
            1: {"expected an array": ["r"], "array of samples": [None]},
            2: {
                "expected an array": ["part"],
                "array of samples": [None],
                "do not fit": [ONES, ONES[:3, :5], ONES[:3].astype("f8")],
            },
            3: {"bytes-like": [None], "no room": [bytearray(BITS)]},
            4: {"number|float": ["2"]},
        },
    ),
    "block_mask": (
        lambda: [room(8), (8, 8), (3, 1), DRAWN],
        {
            0: {
                "bytes-like|writable": [None, bytes(16)],
                "no room": [room(7), bytearray(7), bytearray()],
            },
            1: {
                "cells must be a tuple": [None, (), (8,) * 9],
                "blocks must be a tuple": [(8,), (8,) * 3],
                "integer": [(8, "8")],
                "no such map": [(2, 8), (2**32, 2**31), (2**62, 4)],
                "no room": [(8, 9), (2**31, 2**32 - 1)],
                "negative|convert": [(8, -1)],
            },
            2: {
                "blocks must be a tuple": [None, (1,)],
                "no such map": [(0, 1), (9, 1), (1, 9)],
                "negative|convert": [(1, -1)],
                "integer": [(1, 1.0)],
            },
            3: {**BAD_MASKS, "seeds are drawn": [given(6)], "too short": [given(5)]},
        },
    ),
    "masked_matmul": (
        lambda: [np.zeros((2, 5)), np.ones((2, 3)), np.ones((3, 5)), False, DRAWN],
        {
            0: {
                "matrices of one dtype": [
                    None,
                    np.zeros(5),
                    np.zeros((2, 5), np.float32),
                    np.zeros((2, 5), int),
                    swapped(np.zeros((2, 5))),
                    fixed(np.zeros((2, 5))),
                ],
                "do not fit": [
                    np.zeros((3, 5)),
                    np.zeros((2, 4)),
                    np.zeros((2, 10))[:, ::2],
                ],
            },
            1: {
                "matrices of one dtype": [
                    None,
                    np.ones(3),
                    np.ones((2, 3), np.float32),
                ],
                "do not fit": [np.ones((3, 3)), np.ones((2, 4))],
            },
            2: {
                "matrices of one dtype": [
                    None,
                    np.ones(3),
                    np.ones((3, 5), np.float32),
                ],
                "do not fit": [np.ones((4, 5)), np.ones((3, 4)), np.ones((5, 3)).T],
            },
            3: {"do not fit": [True]},
            4: {
                **BAD_MASKS,
                "no such mask": [
                    (*DRAWN[:4], (15, 6, 1)),
                    (*DRAWN[:4], (15, 5, 2)),
                    (*DRAWN[:4], (4, 15, 1)),
                    given(4),
                ],
            },
        },
    ),
    "survivors": (
        lambda: [np.zeros((2, 9), bool), 1, 3, (0, 2), (2**40, 0)],
        {
            0: {
                "expected an array": ["keep"],
                "no room": [
                    None,
                    np.zeros((2, 9), np.uint8),
                    np.zeros((0, 9), bool),
                    np.zeros(9, bool),
                    np.zeros((2, 18), bool)[:, ::2],
                    fixed(np.zeros((2, 9), bool)),
                ],
                "for each living path": [np.zeros((3, 9), bool)],
            },
            1: {"integer": ["1"], "negative|convert": [-1]},
            2: {"integer": ["3"], "no room": [0, 2**32], "too large": [2]},
            3: {
                "for each living path": [None, [0, 2], (0,), (0, 1, 2)],
                "integer": [(0, "2")],
                "too large": [(0, 3)],
                "negative|convert": [(0, -1)],
            },
            4: {"for each living path": [(0,)], "too large": [(2**40 + 1, 0)]},
        },
    ),
    "join": (
        lambda: [np.zeros_like(ONES), (ONES, 2 * ONES), np.ones((2, 4), bool)],
        {
            0: {
                "expected an array": ["out"],
                "must be an array": [None],
                "read-only": [fixed(ONES)],
                "differ in shape": [ONES[:3].copy()],
                "no common kernel": [ONES.astype("f8")],
            },
            1: {
                "a short tuple": [
                    None,
                    [ONES, ONES],
                    (),
                    (ONES,) * (_core.JOIN_PATHS + 1),
                ],
                "expected an array": [(ONES, "x")],
                "no kernel": [(ONES, None)],
                "differ in shape": [(ONES, ONES[:3])],
            },
            2: {
                "expected an array": ["keep"],
                "does not fit": [
                    np.ones((2, 3), bool),
                    np.ones((3, 4), bool),
                    np.ones(4, bool),
                    np.ones((2, 4), np.uint8),
                    np.ones((4, 2), bool).T,
                ],
            },
        },
    ),
    "uniforms": (
        lambda: [1, 0, 9],
        {
            0: {"integer": ["1"], "negative|convert": [-1]},
            1: {"integer": ["0"]},
            2: {"integer": [9.0], "negative": [-1]},
        },
    ),
    "choices": (
        lambda: [1, 0, 9, 3, 0],
        {
            0: {"integer": ["1"]},
            1: {"integer": ["0"]},
            2: {"integer": [9.0], "negative": [-1]},
            3: {"integer": ["3"], "no such choice": [0, 2**32]},
            4: {"integer": ["0"], "no such choice": [2**32]},
        },
    ),
    "child": (
        lambda: [1, 2],
        {
            0: {"integer": ["1"], "negative|convert": [-1]},
            1: {"integer": ["2"], "too large|too big|convert": [2**64]},
        },
    ),
    "threshold": (
        lambda: [0.5],
        {0: {"number|float": ["p"], "a rate is in": [-0.1, 1.1, float("nan")]}},
    ),
    "address": (lambda: [ONES], {0: {"expected an array": [1.0]}}),
    "set_threads": (
        lambda: [_core.threads()],
        {0: {"integer": ["2"], "out of range": [0, -1, 2**31], "large|big": [2**64]}},
    ),
    "use": (lambda: [_core.isa()], {0: {"no kernels": ["sse", None]}}),
    "on_one_thread": (
        lambda: [_core.threads, (), {}],
        {1: {"a tuple and a dict": [[]]}, 2: {"a tuple and a dict": [None]}},
    ),
}

WRONG = [
    pytest.param(name, position, message, value, id=f"{name}-{position}-{message}-{i}")
    for name, (_, positions) in ENTRIES.items()
    for position, messages in positions.items()
    for message, values in messages.items()
    for i, value in enumerate(values)
]


@pytest.mark.parametrize(("name", "position", "message", "value"), WRONG)
def test_a_wrong_argument_is_an_error_and_nothing_is_written(
    name, position, message, value
):
    arguments = ENTRIES[name][0]()
    arguments[position] = value
    before = np.copy(arguments[0])
    with pytest.raises(
        (TypeError, ValueError, OverflowError, BufferError), match=message
    ):
        getattr(_core, name)(*arguments)
    np.testing.assert_array_equal(arguments[0], before)


@pytest.mark.parametrize("name", ENTRIES)
def test_usual_arguments_are_none_and_one_more_is(name):
    function, arguments = getattr(_core, name), ENTRIES[name][0]()
    function(*arguments)
    with pytest.raises(TypeError, match="argument"):
        function(*arguments, None)


def test_entries_take_what_just_fits():
    x = np.arange(16, dtype=np.float32)
    bits = (1, 0, bytearray([0xFE, 0xFF, *[0] * BITS]), 0, None)
    assert _core.apply(np.zeros_like(x), x, None, bits, SCALED)[[0, 15]].tolist() == [
        0,
        30,
    ]
    late = (*bits[:3], 7, None)
    assert _core.apply(np.zeros(9, "f4"), x[:9], None, late, SCALED)[8] == 16
    factors = (_core.SCALE, np.arange(16.0), 0.0, 0.0)
    assert _core.apply(np.zeros_like(x), x, None, bits, factors)[15] == 15 * 15
    one = (1, 2**40, None, 2**64 - 1, None)
    assert _core.apply(np.ones(1, "f4"), x[:1], None, one, SCALED).tolist() == [0]
    assert (
        _core.apply(DEEP.copy(), DEEP, None, (1, 0, None, 0, None), SCALED).sum() == 2
    )
    assert _core.pack(np.zeros(1, np.uint8), DEEP.shape, (1, 0, None, 0, None)) == 1
    assert _core.pack(np.zeros(0, np.uint8), (2**62, 0, 2**62), DRAWN).size == 0
    blocks = (1,) * 8
    assert _core.block_mask(room(1), blocks, blocks, (1, 2**40, None, 0, None)) == 0
    assert _core.choices(1, 0, 9, 2**32 - 1, 2**32 - 1).max() < 2**32 - 1
    assert _core.choices(1, 0, 9, 1, 0).max() == 0
    keep = np.zeros((1, 9), bool)
    assert _core.survivors(keep, 1, 2**32 - 1, (2**32 - 2,), (2**40,)).all()
    paths = (ONES,) * _core.JOIN_PATHS
    assert (_core.join(np.zeros_like(ONES), paths, None) == 1).all()
    assert _core.threshold(0.0) == 0
    assert _core.threshold(1.0) == _core.ONE
    assert _core.address(None) == 0
    for forms in (_core.NOISE, _core.SCALE):
        nothing = np.zeros((0, 3))
        assert (
            _core.apply(nothing, nothing, None, DRAWN, (forms, 1.0, 0.0, 0.0))
            is nothing
        )


def test_complex_numbers_need_an_axis_for_their_parts():
    x = DEEP.astype("F")
    with pytest.raises(ValueError, match="too many axes"):
        _core.apply(x.copy(), x, None, DRAWN, SCALED)
    x = x[0]
    assert _core.apply(x.copy(), x, None, (1, 0, None, 0, None), SCALED).sum() == 2


def test_an_item_without_axes_is_the_value_of_replace_alone():
    one, out = np.array(1, np.float32), np.zeros_like(ONES)
    replace = (_core.REPLACE, 1.0, 0.0, 0.0)
    _core.apply(out, ONES * 3, one, (1, 2**40, None, 0, None), replace)
    assert (out == 1).all()
    with pytest.raises(ValueError, match="differ in shape"):
        _core.apply(out, ONES, one, DRAWN, (_core.RESIDUAL, 1.0, 0.0, 0.0))


def test_an_error_of_a_comparison_comes_through():
    class Name:
        def __eq__(self, other):
            raise ZeroDivisionError

        __hash__ = None

    with pytest.raises(ZeroDivisionError):
        _core.use(Name())


@pytest.mark.parametrize(
    "dtype", ["u1", "i2", "V3", "f4", "f8", "D", "V32", "V64", "V96"]
)
def test_samples_of_one_item_are_taken_whatever_its_size(dtype):
    rng = np.random.default_rng(1)
    x = rng.integers(0, 256, 20 * np.dtype(dtype).itemsize, np.uint8).view(dtype)
    keep = rng.integers(0, 2, 20).astype(bool)
    bits = bytearray(np.packbits(keep, bitorder="little").tobytes() + bytes(BITS))
    for y in (x, np.repeat(x, 2)[::2]):
        taken = _core.take_rows(y, bits)
        assert taken.dtype == x.dtype
        assert taken.tobytes() == x[keep].tobytes()


def kept(packed, strides, shape):
    """The elements of packed bits."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")
    places = np.indices(shape, sparse=True)
    index = sum(i * s for i, s in zip(places, strides, strict=True))
    return np.broadcast_to(bits[index], shape).astype(bool)


SIZES = [0, 1, 7, 8, 63, 64, 65, 511, 512, 513, 1000, 70_000]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("step", [1, -1, 2, -2, 3, -3])
def test_given_masks_of_any_length_are_packed(n, step):
    keep = np.random.default_rng(n).random(n * abs(step)) < 0.5
    packed, strides = _core.pack_given(keep[::step])
    assert strides == (1 if n > 1 else 0,)
    assert len(packed) == -(-n // 8) + BITS
    expected = np.packbits(keep[::step], bitorder="little").tobytes()
    assert packed == expected + bytes(BITS)


@pytest.mark.parametrize(
    "shape", [(), (1,), (3, 5, 7), (2, 1, 600), (40, 30, 2), (3, 0, 2)]
)
def test_given_masks_are_packed_in_the_order_of_memory(shape):
    whole = np.asarray(np.random.default_rng(1).integers(0, 3, shape, "u1")).view(bool)
    for order in itertools.permutations(range(len(shape))):
        x = whole.transpose(order)
        cuts = [x[(..., *(slice(None, None, i),) * x.ndim)] for i in (1, -1, 2, -2)]
        if x.size:
            cuts.append(np.broadcast_to(x[(..., *(slice(1),) * x.ndim)], x.shape))
        for keep in cuts:
            packed, strides = _core.pack_given(keep)
            assert_same(kept(packed, strides, keep.shape), keep.view("u1") != 0)


def test_a_given_mask_that_repeats_itself_is_packed_once():
    rows = np.random.default_rng(1).random((1, 1, 9)) < 0.5
    packed, strides = _core.pack_given(np.broadcast_to(rows, (2**30, 2**28, 9)))
    assert strides == (0, 0, 1)
    assert packed == np.packbits(rows, bitorder="little").tobytes() + bytes(BITS)
    assert _core.pack_given(np.broadcast_to(True, (2**62,))) == (
        bytes([1, *[0] * BITS]),
        (0,),
    )


def test_new_arrays_lie_as_results_of_ufuncs_do():
    cube = np.arange(24.0).reshape(2, 3, 4)
    bits = bytearray([0b11, *[0] * BITS])
    for y in (cube, cube.T, cube.transpose(1, 2, 0)[::-1], cube[:, ::2], cube[:0]):
        for x in (
            y,
            np.broadcast_to(y[:1], y.shape),
            np.broadcast_to(y, (2, *y.shape)),
        ):
            like = _core.empty_like(x, np.dtype(">i2"))
            assert like.dtype == ">i2"
            assert like.strides == np.add(x, 0, dtype="i2", casting="unsafe").strides
            taken = _core.take_rows(x, bits)
            assert_same(taken, x[:2])
            assert taken.strides == np.negative(x[:2]).strides


def test_joins_of_bools_have_no_kernel_even_without_paths():
    with pytest.raises(TypeError, match="a path is missing"):
        _core.join(np.zeros(3, bool), (None,), None)


def test_the_stride_from_one_path_to_no_other_may_be_any():
    keep = np.ones((3, 4), bool)[::3]
    assert (_core.join(np.zeros_like(ONES), (ONES,), keep) == 1).all()


def test_a_mask_alone_takes_no_factors():
    keep, factors = np.zeros(4, bool), (_core.SCALE, np.ones(4), 0.0, 0.0)
    with pytest.raises(ValueError, match="factors do not fit"):
        _core.apply(keep, None, None, given(1), factors)


def test_matrices_without_elements_or_of_one_column_may_lie_anyhow():
    x, mask = np.ones((2, 3)), (1, 0, None, 0, None)
    for m in (np.ones((3, 1)), np.ones((3, 2))[:, ::2], np.ones((1, 3)).T):
        sums = _core.masked_matmul(np.zeros((2, 1)), x, m, False, mask)
        assert sums.tolist() == [[3], [3]]
    sums = np.zeros((2, 9))
    _core.masked_matmul(sums, x[:, :0], np.ones((0, 18))[:, ::2], False, mask)
    assert not sums.any()


def test_matrices_of_two_columns_may_not():
    x, m, sums = np.ones((2, 3)), np.ones((3, 2)), np.zeros((2, 2))
    mask = (1, 0, None, 0, None)
    apart = np.ones((3, 4))[:, ::2], np.zeros((2, 4))[:, ::2]
    for given in ((sums, x, apart[0]), (apart[1], x, m)):
        with pytest.raises(ValueError, match="the matrices do not fit"):
            _core.masked_matmul(*given, False, mask)
    _core.masked_matmul(sums, x, m, False, mask)
    assert sums.tolist() == [[3, 3], [3, 3]]


WITHOUT_KEYS = """
    import sys
    import numpy as np
    from droplayers import _core, keys

    {change}
    try:
        _core.lazy_key(np.random.default_rng(1))
    except RuntimeError as error:
        assert str(error) == "droplayers.keys has no Key"
    else:
        raise AssertionError
"""


@pytest.mark.parametrize(
    "change", ['del sys.modules["droplayers.keys"]', "del keys.Key", "keys.Key = 1"]
)
def test_a_package_without_keys_is_an_error(change):
    run_python(WITHOUT_KEYS.format(change=change))
