# SPDX-License-Identifier: BSD-3-Clause
"""Nothing is read or written but what a call is about."""

import contextlib

import numpy as np
import pytest
import reference as ref
from arrays import (
    KERNELS,
    assert_same,
    guarded,
    on_each_isa,
    shapes,
    values,
)
from calls import KEY, run_python
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import _core

# Whole vectors and what is left of them, segments, tiles.
LENGTHS = [1, 2, 7, 15, 16, 17, 31, 33, 63, 65, 127, 129, 1000, 4095, 4097, 8193]


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("dtype", KERNELS)
def test_no_call_reads_or_writes_past_the_ends_of_arrays(dtype, n):
    x, r = values(dtype, (n,)), values(dtype, (n,), 1)
    size = x.nbytes
    dropped = ref.dropout(x, 0.3, key=KEY)
    summed = ref.dropout(x, 0.3, residual=r, key=KEY)
    joined = ref.drop_path(x, 0.3, True, residual=r, key=KEY)
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(guarded(size)) for _ in range(3)]
        for side in (0, 1):
            a, b, out = (place[side].view(dtype) for place in places)

            def check(a=a, b=b, out=out):
                a[:], b[:] = x, r
                assert_same(dl.dropout(a, 0.3, rng=dl.Key(KEY), out=out), dropped)
                options = {"rng": dl.Key(KEY), "residual": b}
                assert_same(dl.dropout(a, 0.3, **options, out=out), summed)
                assert_same(dl.drop_path(a, 0.3, True, **options, out=out), joined)
                assert_same(dl.drop_path(a, 0.3, True, **options, out=b), joined)
                assert_same(dl.dropout(a, 0.3, rng=dl.Key(KEY), out=a), dropped)

            on_each_isa(check)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "M8[s]", "D", "V3", "V24"])
def test_nor_does_a_call_that_replaces_elements(dtype, n):
    dtype = np.dtype(dtype)
    rng = np.random.default_rng(n)
    x, value = rng.integers(0, 256, (2, n * dtype.itemsize), np.uint8).view(dtype)
    keep = ref.keep_mask((n,), 0.3, KEY)
    expected = [np.where(keep, x, v).tobytes() for v in (value, value[-1])]
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(guarded(x.nbytes)) for _ in range(3)]
        for side in (0, 1):
            a, b, out = (place[side].view(dtype) for place in places)

            def check(a=a, b=b, out=out):
                for to in (out, a, b):
                    a[:], b[:] = x, value
                    dl.replace(a, b, 0.3, rng=dl.Key(KEY), out=to)
                    assert to.tobytes() == expected[0]
                    a[:], b[:] = x, value
                    dl.replace(a, b[-1], 0.3, rng=dl.Key(KEY), out=to)
                    assert to.tobytes() == expected[1]

            on_each_isa(check)


@pytest.mark.parametrize("n", [1, 9, 31, 33, 4095, 4097])
def test_no_call_reads_past_the_ends_of_a_mask(n):
    mask, x = values("?", (n,)), values("f4", (n,))
    with guarded(n) as sides:
        for side in sides:
            keep = side.view(bool)
            keep[:] = mask
            assert_same(dl.dropout(x, 0.5, mask=keep), ref.dropout(x, 0.5, mask=mask))


UNREAD = """
    import mmap
    import numpy as np
    from arrays import PROT_NONE, assert_same, on_each_isa, protect
    import droplayers as dl

    for pages in (1, 3):
        memory = mmap.mmap(-1, 40 * pages * mmap.PAGESIZE)
        x = np.frombuffer(memory, "{dtype}").reshape(40, -1)
        x[...] = 3
        r, rows = np.ones_like(x), np.arange(40)
        expected, keep = dl.drop_path(x, {prob}, True, {options}, return_mask=True)
        for row in [x[i] for i in np.flatnonzero(~keep)]:
            protect(row, PROT_NONE)

        def check():
            assert_same(dl.drop_path(x, {prob}, True, {options}), expected)

        on_each_isa(check)
"""


@pytest.mark.parametrize("prob", ["0.5", "1.0", "np.linspace(0.1, 1, 40)"])
@pytest.mark.parametrize("options", ["rng=1", "rng=1, residual=r", "mask=rows > 9"])
def test_the_memory_of_dropped_samples_is_not_read(prob, options):
    run_python(UNREAD.format(dtype="f4", prob=prob, options=options))


@pytest.mark.parametrize("dtype", ["f2", ">f4", "i4", "g", "F", ">G"])
@pytest.mark.parametrize("options", ["", ", residual=r.astype('D')", ", per='batch'"])
def test_whatever_its_dtype_is(dtype, options):
    options = f"rng=2, out=np.ones(x.shape, 'D'){options}"
    run_python(UNREAD.format(dtype=dtype, prob="0.6", options=options))


@st.composite
def views(draw, buffer, dtype, shape):
    """A view of part of a buffer of bytes, in any order and at any address."""
    axes, steps = list(range(len(shape))), [1] * len(shape)
    if draw(st.booleans()):
        axes = draw(st.permutations(axes))
        steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    spans = [n * abs(step) for n, step in zip(shape, steps, strict=True)]
    spans = [spans[i] for i in axes]
    size = int(np.prod(spans)) * np.dtype(dtype).itemsize
    first = draw(st.sampled_from([0, 4, 8, 12, 1, 2]) | st.integers(0, 200))
    view = buffer[first : first + size].view(dtype).reshape(spans)
    view = view.transpose(np.argsort(axes))
    return view[tuple(slice(None, None, step) for step in steps)]


@given(st.data())
def test_views_of_one_buffer_may_overlap_in_any_way(data):
    shape = data.draw(shapes(min_dims=1, max_dims=3, max_size=700))
    kinds = st.sampled_from(["f4", "f4", "f4", "f8", "f2", ">f4", "F"])
    buffer = np.random.default_rng(data.draw(st.integers(0, 99))).random(40_000, "f4")
    memory = buffer.view(np.uint8)
    x_kind, r_kind, out_kind = (data.draw(kinds) for _ in range(3))
    x = data.draw(views(memory, x_kind, shape))
    r = data.draw(st.none() | views(memory, r_kind, shape))
    dtype = ref.common(x) if r is None else ref.common(x, r)
    if not np.can_cast(dtype, out_kind, "same_kind"):
        out_kind = dtype
    out = data.draw(views(memory, out_kind, shape))
    before = memory.copy()
    calls = []
    for name, mode in (("dropout", "train"), ("drop_path", True)):
        result = getattr(ref, name)(x, 0.4, mode, residual=r, key=KEY)
        calls.append((getattr(dl, name), mode, result))

    def check():
        for function, mode, result in calls:
            memory[:] = before
            out[...] = ref.cast(result, out.dtype)
            after = memory.copy()
            memory[:] = before
            options = {"residual": r, "rng": dl.Key(KEY), "out": out}
            assert function(x, 0.4, mode, **options) is out
            np.testing.assert_array_equal(np.isnan(out), np.isnan(result))
            if not np.isnan(result).any():
                np.testing.assert_array_equal(memory, after)

    on_each_isa(check)


SQUARES = {
    "dropout": lambda x, out: dl.dropout(x, 0.3, rng=KEY, out=out),
    "replace": lambda x, out: dl.replace(x, 7, 0.3, rng=KEY, out=out),
    "replace by it": lambda x, out: dl.replace(-x, x, 0.3, rng=KEY, out=out),
    "alpha_dropout": lambda x, out: dl.alpha_dropout(x, 0.3, rng=KEY, out=out),
    "gaussian_dropout": lambda x, out: dl.gaussian_dropout(x, 0.3, rng=KEY, out=out),
    "drop_path": lambda x, out: dl.drop_path(x, 0.3, True, rng=KEY, out=out),
    "residual": lambda x, out: dl.dropout(-x, 0.3, residual=x, rng=KEY, out=out),
    "test mode": lambda x, out: dl.dropout(x, 0.3, "test", out=out),
    "classic": lambda x, out: dl.dropout(x, 0.3, "test", scaling="classic", out=out),
    "join": lambda x, out: dl.fractal_join([x, -x], out=out),
    "drop_connect": lambda x, out: dl.drop_connect(x, x, 0.3, rng=KEY, out=out),
    "moments' mean": lambda x, out: dl.drop_connect(x, x, mode="test", out=out),
    "stochastic_depth": lambda x, out: dl.stochastic_depth(
        x, np.negative, 0.3, True, rng=KEY, out=out
    ),
}


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "F", "g", ">f4"])
@pytest.mark.parametrize("name", SQUARES)
def test_out_may_be_the_input_turned_about(name, dtype):
    if name in ("alpha_dropout", "gaussian_dropout") and dtype == "F":
        dtype = "f4"
    call, x = SQUARES[name], values(dtype, (65, 65)).astype(dtype)
    expected = call(x.copy(), np.empty_like(x))
    native = x.dtype.newbyteorder("=")
    for turned in (x.T, x[::-1], x[:, ::-1], x[::-1, ::-1].T):
        before = x.copy()
        y = call(x, turned)
        assert y is turned
        assert_same(y.astype(native), expected.astype(native))
        x[...] = before


def test_what_could_crash_the_core_is_an_error():
    keep, packed = np.zeros(10, bool), bytearray(64)
    with pytest.raises(TypeError, match="an array is missing"):
        _core.apply(keep, None, None, (1, 0, None, 0, None), (3, 1.0, 0.0, 0.0))
    mask, replace = (1, 0, None, 0, None), (_core.REPLACE, 1.0, 0.0, 0.0)
    for out in (np.zeros(3, object), np.zeros(3, "V3"), np.zeros(3, [("a", "O")])):
        with pytest.raises(TypeError, match="out has no kernel"):
            _core.apply(out, out, out, mask, replace)
    with pytest.raises(TypeError, match="no common kernel"):
        _core.apply(keep, keep, np.zeros(10), mask, replace)
    with pytest.raises(TypeError, match="an array is missing"):
        _core.apply(keep, None, keep, mask, replace)
    one = np.zeros((), bool)
    with pytest.raises(ValueError, match="differ in shape"):
        _core.apply(keep, one, keep, mask, replace)
    with pytest.raises(ValueError, match="unknown form"):
        _core.apply(keep, keep, None, mask, (_core.REPLACE + 1, 1.0, 0.0, 0.0))
    half = 1, 2**39, None, 0
    for cells, blocks in [((2**32, 2**32), (2, 1)), ((9, 9), (10, 1)), ((9,), (0,))]:
        with pytest.raises(ValueError, match="no such map"):
            _core.block_mask(packed, cells, blocks, (*half, (1,) * len(cells)))
    with pytest.raises(ValueError, match="no room"):
        _core.block_mask(packed, (449,), (1,), (*half, (1,)))
    with pytest.raises(TypeError, match="mask strides must be a tuple of 1"):
        _core.block_mask(packed, (9,), (1,), (*half, (9, 1)))
    with pytest.raises(ValueError, match="seeds are drawn"):
        _core.block_mask(packed, (9,), (1,), (0, 0, bytearray(16), 0, (1,)))
    filled = bytearray(b"\xff" * 16)
    assert _core.block_mask(filled, (5,), (1,), (1, 0, None, 2**64 - 1, (1,))) == 5
    x = np.ones((2, 3))
    for sums, a, m in [(x, x, x), (x[:, ::2], x[:, :2], x[:, :2]), (x, x.T, x)]:
        with pytest.raises(ValueError, match="do not fit"):
            _core.masked_matmul(sums, a, m, False, (1, 2**39, None, 0, (9, 3, 1)))
    with pytest.raises(ValueError, match="no such mask"):
        _core.masked_matmul(x, x[:, :2], x, False, (1, 2**39, None, 0, (9, 4, 1)))
    with pytest.raises(ValueError, match="no such choice"):
        _core.choices(1, 0, 3, 2**32, 0)
    for shape, room in [
        ((2**32, 2**32), 0),
        ((2**61 + 1, 8), 1),
        ((2**62, 2, 2, 3), 0),
    ]:
        with pytest.raises(ValueError, match="too many cells"):
            _core.pack(np.empty(room, "u1"), shape, (1, 2**39, None, 0, None))
    for size in range(3):
        with pytest.raises(ValueError, match="no room"):
            _core.pack(bytearray(size), (3, 6), (1, 2**39, None, 0, None))
    filled = bytearray(b"\xff" * 9)
    assert _core.pack(filled, (3, 6), (1, 2**40, None, 0, None)) is filled
    assert filled == bytes(3) + b"\xff" * 6
    _core.pack(np.empty(0, "u1"), (2**62, 2**62, 0), (1, 2**39, None, 0, None))


def test_factors_rates_and_rows_are_held_to_their_bounds():
    x, ones = np.ones((9, 4), "f4"), np.ones(9)
    given = (1, 0, bytearray(10), 0, (1, 0))
    bad = [ones[:8], ones.astype("f4"), np.ones((9, 1)), np.ones(18)[::2]]
    for factors in bad:
        with pytest.raises(ValueError, match="factors do not fit"):
            _core.apply(x, x, None, given, (0, factors, 0.0, 0.0))
    drawn = (1, 0, None, 0, (1, 0))
    wide = (1, 0, bytearray(20), 0, (4, 1))
    for mask, form in ((drawn, 0), (wide, 0), (given, 1)):
        with pytest.raises(ValueError, match="factors do not fit"):
            _core.apply(x, x, None, mask, (form, np.ones(99), 0.0, 0.0))
    with pytest.raises(ValueError, match="no room"):
        _core.pack_rates(bytearray(1), ones, 1, 0)
    for rates in (ones.astype("f4"), np.ones((9, 1)), np.ones(18)[::2], [1.0]):
        with pytest.raises(TypeError, match="array of rates"):
            _core.pack_rates(bytearray(9), rates, 1, 0)
    assert_rows_are_checked(x)


def assert_rows_are_checked(x):
    keep = bytearray([0b1101, *[0] * 8])
    part, four = x[:3], x[:4]
    for packed in (bytearray(8), bytearray(7), bytearray()):
        with pytest.raises(ValueError, match="no room"):
            _core.take_rows(four, packed)
        with pytest.raises(ValueError, match="no room"):
            _core.add_rows(four.copy(), four, part, packed, 1.0)
    for bad in (x[:2], four, part[:, :3], part[0], part.astype("f8"), part[..., None]):
        with pytest.raises(ValueError, match="do not fit"):
            _core.add_rows(four.copy(), four, bad, keep, 1.0)
    for y in (four.astype(object), np.empty(4, "V0")):
        with pytest.raises(ValueError, match="cannot be copied"):
            _core.take_rows(y, keep)
    with pytest.raises(ValueError, match="array of samples"):
        _core.take_rows(np.array(1.0), keep)
    for out, y in ((np.array(1.0), four), (part, np.array(1.0)), (None, four)):
        with pytest.raises(ValueError, match="array of samples"):
            _core.add_rows(out, y, part, keep, 1.0)
    with pytest.raises(ValueError, match="differ in shape"):
        _core.add_rows(four.copy(), x[:5], part, keep, 1.0)
    with pytest.raises(TypeError, match="kernel"):
        _core.add_rows(four.copy(), four.astype("f8"), part, keep, 1.0)
    taken = _core.take_rows(np.arange(16, dtype="f4").reshape(4, 4), keep)
    assert taken[:, 0].tolist() == [0, 8, 12]
    added = _core.add_rows(np.empty_like(four), four, part, keep, 2.0)
    assert added.sum(axis=1).tolist() == [12, 4, 12, 12]
