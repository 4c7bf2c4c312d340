# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of every dtype, shape and memory layout that the functions take, and what it
means that two of them are the same."""

import contextlib
import ctypes
import math
import mmap

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

from droplayers import _core

HALVES = [np.float16, ml_dtypes.bfloat16]
KERNELS = [np.float32, np.float64, *HALVES]
FLOATS = [*KERNELS, np.longdouble, np.complex64, np.complex128]
INTEGERS = [np.bool_, np.int8, np.uint8, np.int32, np.int64, np.uint64]
SWAPPED = [
    np.dtype(kind).newbyteorder() for kind in ("f2", "f4", "f8", "g", "F", "D", "i4")
]
DTYPES = [np.dtype(kind) for kind in [*FLOATS, *INTEGERS]] + SWAPPED
LAYOUTS = ["C", "F", "transposed", "step", "reversed", "unaligned", "offset"]

# Where the threshold rounds, where few and many planes are drawn, and what is usual.
RATES = [
    0.0,
    5e-324,
    1e-30,
    2.0**-41,
    float(np.nextafter(2.0**-41, 1)),
    2.0**-40,
    2.0**-32,
    0.001,
    1 / 256,
    0.1,
    0.25,
    1 / 3,
    0.5,
    0.625,
    0.9,
    1 - 2.0**-8,
    1 - 2.0**-40,
    1 - 2.0**-41,
    float(np.nextafter(1, 0)),
    1.0,
]

# Around words of 32 and 64, a segment, the buffers of strided and transposed loops, a
# tile.
SIZES = [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513]
SIZES += [4095, 4096, 4097, 8191, 8192, 8193]


def finfo(dtype):
    """Limits of any floating dtype."""
    return ml_dtypes.finfo(dtype) if dtype.name == "bfloat16" else np.finfo(dtype)


@np.errstate(all="ignore")
def values(dtype, shape, seed=0):
    """A C-ordered native array in which nothing that a dtype can hold is missing."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype).newbyteorder("=")
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    if dtype.kind == "c":
        result = np.empty(shape, dtype)
        result.real = values(result.real.dtype, shape, seed)
        result.imag = values(result.real.dtype, shape, seed + 1)
        return result
    info = finfo(dtype)
    special = [0.0, -0.0, 1.0, math.inf, -math.inf, math.nan]
    special += [info.max, -info.max, info.tiny, -info.tiny, info.smallest_subnormal]
    common = rng.normal(size=shape) * 2.0 ** rng.integers(-9, 9, shape)
    at_special = rng.integers(0, 3 * len(special), shape)
    x = np.asarray(common).astype(dtype)
    for i, value in enumerate(special):
        x[at_special == i] = value
    return x


def empty(shape, dtype, layout, axes=None):
    """An uninitialised array of some memory layout; axes order a transposed one."""
    dtype = np.dtype(dtype)
    if layout == "F":
        return np.empty(shape, dtype, order="F")
    if layout == "transposed":
        axes = tuple(range(len(shape)))[::-1] if axes is None else axes
        return np.empty([shape[i] for i in axes], dtype).transpose(np.argsort(axes))
    if layout == "step":
        steps = (slice(None, None, 2),) * len(shape)
        return np.empty([2 * n for n in shape], dtype)[(..., *steps)]
    if layout == "reversed":
        steps = (slice(None, None, -1),) * len(shape)
        return np.empty(shape, dtype)[(..., *steps)]
    if layout == "unaligned":
        packed = np.empty(shape, [("pad", "u1"), ("field", dtype)])
        return packed["field"]
    size = math.prod(shape) * dtype.itemsize
    buffer = np.empty(size + 80, np.uint8)
    if layout == "offset":  # 16 bytes past an address that vectors would like
        first = -buffer.ctypes.data % 64 + 16
        return buffer[first : first + size].view(dtype).reshape(shape)
    assert layout == "C"
    return np.empty(shape, dtype)


def laid_out(x, layout, dtype=None, axes=None):
    """A copy of an array in some memory layout."""
    result = empty(x.shape, x.dtype if dtype is None else dtype, layout, axes)
    result[...] = x
    return result


def stretched(x, axes):
    """An array with stride 0 on some axes: its first entry there, again and again."""
    first = tuple(slice(0, 1) if i in axes else slice(None) for i in range(x.ndim))
    return np.broadcast_to(x[(..., *first)].copy(), x.shape)


def memory_order(x):
    """The order of an array's elements in memory: strides, in elements, of the axes
    that have more than one place."""
    return [s // x.itemsize for s, n in zip(x.strides, x.shape, strict=True) if n > 1]


@np.errstate(all="ignore")
def product_order(x):
    """The order of what NumPy multiplies an array by a number to."""
    return memory_order(np.multiply(x, True))


def shapes(min_dims=0, max_dims=5, max_size=2000):
    """Shapes of few elements, axes without any and of one place among them."""
    side = st.one_of(st.sampled_from([0, 1, 1, 2, 3, 33, 130]), st.integers(1, 12))
    sides = st.lists(side, min_size=min_dims, max_size=max_dims)
    return sides.map(tuple).filter(lambda shape: math.prod(shape) <= max_size)


@st.composite
def parts(draw, shape):
    """Slices that cut a block out of an array."""
    edges = [draw(st.tuples(st.integers(0, n), st.integers(0, n))) for n in shape]
    return tuple(slice(*sorted(pair)) for pair in edges)


@st.composite
def layouts(draw, x, dtype=None, stretch=False):
    """A copy of an array in any layout, zero strides if it may be read alone."""
    axes = draw(st.permutations(range(x.ndim)))
    if stretch and x.size and draw(st.integers(0, 5)) == 0:
        x = stretched(x, axes[: draw(st.integers(0, x.ndim))])
        return x if dtype is None else x.astype(dtype)
    return laid_out(x, draw(st.sampled_from(LAYOUTS)), dtype, tuple(axes))


@st.composite
def arrays(draw, shape=None, dtypes=DTYPES):
    """Arrays of any dtype, shape and layout."""
    shape = draw(shapes()) if shape is None else shape
    dtype = draw(st.sampled_from(dtypes))
    x = values(dtype, shape, draw(st.integers(0, 2**32)))
    return draw(layouts(x, dtype, stretch=True))


@st.composite
def blocks(draw, shape):
    """full_shape and start of a larger array, near its middle or at its very end."""
    before = [draw(st.sampled_from([0, 1, 5, 127, 4096])) for _ in shape]
    after = [draw(st.sampled_from([0, 1, 130])) for _ in shape]
    if shape and draw(st.booleans()):
        before[0] += draw(st.sampled_from([2**20, 2**31, 2**32 - 7, 2**40]))
    full = [b + n + a for b, n, a in zip(before, shape, after, strict=True)]
    if shape and draw(st.booleans()):  # the largest index there can be
        rest = math.prod(full[1:])
        if shape[0] and 0 < rest < 2**40:
            before[0] = 2**64 // rest - shape[0]
            full[0] = 2**64 // rest
    while math.prod(full) > 2**64:
        i = full.index(max(full))
        full[i], before[i] = shape[i], 0
    return tuple(full), tuple(before)


def plain(x):
    """The floats of an array as ones that NumPy knows itself."""
    return x.astype(np.float32) if x.dtype.name == "bfloat16" else x


def assert_same(actual, expected):
    """The same dtype, native, shape and bits; but any NaN is as good as another."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    assert actual.dtype.isnative
    if actual.ravel().tobytes() != expected.ravel().tobytes():
        assert_equal(plain(actual), plain(expected))


def assert_equal(actual, expected):
    """Equal values, those of zeros by their signs too."""
    if actual.dtype.kind == "c":
        assert_equal(actual.real, expected.real)
        assert_equal(actual.imag, expected.imag)
        return
    np.testing.assert_array_equal(actual, expected)
    if actual.dtype.kind == "f":
        number = ~np.isnan(actual)
        signs = np.signbit(actual[number]), np.signbit(expected[number])
        np.testing.assert_array_equal(*signs)


def on_each_isa(check):
    """Calls a function on every instruction set of this machine."""
    before = _core.isa()
    try:
        for name in _core.isas():
            _core.use(name)
            check()
    except BaseException as error:
        error.add_note(f"with the kernels {name}")
        raise
    finally:
        _core.use(before)


PROT_NONE, PROT_ALL = 0, mmap.PROT_READ | mmap.PROT_WRITE


def protect(array, protection):
    """Allows or forbids to touch the memory of an array of whole pages."""
    libc = ctypes.CDLL(None, use_errno=True)
    address, size = ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)
    assert libc.mprotect(address, size, protection) == 0, ctypes.get_errno()


@contextlib.contextmanager
def guarded(size):
    """Two views of a buffer that nobody may read or write beyond: one that begins
    where its pages begin, one that ends where they end."""
    page = mmap.PAGESIZE
    pages = max(1, -(-size // page)) * page
    memory = np.frombuffer(mmap.mmap(-1, pages + 2 * page), np.uint8)
    first, inside, last = np.split(memory, [page, page + pages])
    protect(first, PROT_NONE)
    protect(last, PROT_NONE)
    try:
        yield inside[:size], inside[pages - size :]
    finally:
        protect(memory, PROT_ALL)
