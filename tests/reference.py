# SPDX-License-Identifier: BSD-3-Clause
"""The library again in plain, slow NumPy: the masks, dropout and drop-path.

What the tests hold the library to, written from the definition of the mask stream
and from the contract of each function, and from nothing else. The rest of the family
is in reference_family.py.

Functions have the library's arguments, but for three: an integer `key` stands where
the library takes `rng` (None will do where nothing is drawn), there is no `out`, and
arguments are not checked. Results are plain arrays in native byte order. A keep mask
is True, and a packed bit 1, where the element is kept; p is the probability to drop.
"""

import itertools

import numpy as np

LOW = 0xFFFFFFFF

# What the index counts (Philox counter word c3).
ELEMENTS, CHILDREN, NORMALS, CHOICES = 0, 1, 2, 3


# --- the stream -----------------------------------------------------------------------


def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four words from four counter words and two key words.

    Words are 32-bit numbers in uint64 arrays, so that a product of two is whole.
    """
    counter_and_key = c0, c1, c2, c3, k0, k1
    c0, c1, c2, c3, k0, k1 = (np.asarray(w, np.uint64) for w in counter_and_key)
    for _ in range(10):
        a, b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & LOW, (a >> 32) ^ c3 ^ k1, a & LOW
        k0, k1 = (k0 + 0x9E3779B9) & LOW, (k1 + 0xBB67AE85) & LOW
    return c0, c1, c2, c3


def words(key, index, c2, domain):
    """The four words of a 64-bit key at each 64-bit index."""
    index = np.asarray(index, np.uint64)
    return philox(index & LOW, index >> 32, c2, domain, key & LOW, key >> 32)


def sfc64(a, b, c):
    """The outputs of SFC64, one after the other, from the state a, b, c and n = 1.

    The words of a state are uint64 arrays of one axis at least: NumPy warns where a
    scalar wraps.
    """
    for n in itertools.count(1):
        output = a + b + n
        a, b, c = b ^ (b >> 11), c + (c << 3), (c << 24 | c >> 40) + output
        yield output


def segment_outputs(key, segment):
    """The outputs of each segment's generator, one after the other."""
    w0, w1, w2, w3 = words(key, segment, 0, ELEMENTS)
    v0, v1, _, _ = words(key, segment, 1, ELEMENTS)
    return sfc64(w0 | w1 << 32, w2 | w3 << 32, v0 | v1 << 32)


def planes(key, index):
    """The planes of an array of indices, one after the other: a bit for each index.

    Eight outputs of a segment, a word for 64 neighbours each, make one plane of it.
    """
    index = np.asarray(index, np.uint64)
    segments, place = np.unique(index >> 9, return_inverse=True)
    place, word, bit = place.reshape(index.shape), index >> 6 & 7, index & 63
    outputs = segment_outputs(key, segments)
    while True:
        plane = np.stack([next(outputs) for _ in range(8)])
        yield plane[word, place] >> bit & 1


def uniforms(key, index):
    """U(i), a 40-bit integer for each index: 40 planes, the highest bit first."""
    u = np.zeros(np.shape(index), np.uint64)
    for plane in itertools.islice(planes(key, index), 40):
        u = u << 1 | plane
    return u


def threshold(p):
    """T = p * 2**40, half to even. The product is exact: only the exponent changes."""
    return np.rint(np.asarray(p, np.float64) * 2.0**40).astype(np.uint64)


def child(key, i):
    """Child i of a key."""
    w = words(key, i, 0, CHILDREN)
    return int(w[0]) | int(w[1]) << 32


def choice(key, index, count, c2):
    """One of `count` choices for each index."""
    return ((words(key, index, c2, CHOICES)[0] * count) >> 32).astype(np.intp)


# --- masks ----------------------------------------------------------------------------


def mask_index(shape, full_shape=None, start=None, shared_axes=()):
    """The flat index, in C order, of each element of a block of a larger array.

    The block has the given shape and begins at `start`, by default at 0; without
    `full_shape` it is the whole. An axis that shares one draw counts as of length 1,
    in the block and in the larger array. Indices are below 2**64.
    """
    full_shape = shape if full_shape is None else full_shape
    start = (0,) * len(shape) if start is None else start
    shared = {axis % len(shape) for axis in shared_axes}
    index = np.zeros((), np.uint64)
    for axis, block in enumerate(zip(shape, full_shape, start, strict=True)):
        n, full, first = (1, 1, 0) if axis in shared else block
        position = np.arange(n, dtype=np.uint64) + np.uint64(first)
        index = index[..., None] * np.uint64(full % 2**64) + position
    return index


def keep_mask(shape, p, key=None, full_shape=None, start=None, shared_axes=()):
    """True where an element is kept: U(i) >= T. An array p lies along the last axis."""
    p = np.asarray(p, np.float64)
    index = mask_index(shape, full_shape, start, shared_axes)
    if np.all((p == 0) | (p == 1)):
        return np.broadcast_to(p == 0, index.shape).copy()
    return uniforms(key, index) >= threshold(p)


def packed(mask):
    """A mask's bits, in C order, the first in the lowest bit of the first byte."""
    return np.packbits(mask.ravel(), bitorder="little")


# --- values ---------------------------------------------------------------------------


def common(*arrays):
    """The dtype of a result: NumPy's promotion, float64 for integers and bools."""
    dtype = np.result_type(*(np.asarray(a).dtype for a in arrays)).newbyteorder("=")
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def computing(dtype):
    """The dtype that a result is computed in: float32 for the half types."""
    return np.dtype(np.float32) if dtype.name in ("float16", "bfloat16") else dtype


@np.errstate(all="ignore")
def cast(x, dtype):
    """A plain array of x's values, each rounded once to dtype."""
    return np.asarray(x).astype(dtype)


@np.errstate(all="ignore")
def scaled(x, factor, operation=np.multiply):
    """x * factor, the factor rounded once to x's dtype; a complex x is two reals."""
    if x.dtype.kind == "c":
        result = np.empty_like(x)
        result.real = scaled(x.real, factor, operation)
        result.imag = scaled(x.imag, factor, operation)
        return result
    return operation(x, cast(factor, x.dtype))


def inverse(p):
    """1 / (1 - p) in double; 0 for p = 1, where nothing is kept."""
    p = np.asarray(p, np.float64)
    return 1.0 / np.where(p < 1, 1.0 - p, np.inf)


def selected(keep, x, factor):
    """x * factor where kept, +0 elsewhere, whatever x has there."""
    dtype = common(x)
    product = scaled(cast(x, computing(dtype)), factor)
    return cast(np.where(keep, product, np.zeros((), product.dtype)), dtype)


@np.errstate(all="ignore")
def added(base, keep, x, factor):
    """base + x * factor where kept, base itself elsewhere: two roundings, no FMA."""
    dtype = common(base, x)
    base, x = cast(base, computing(dtype)), cast(x, computing(dtype))
    return cast(np.where(keep, base + scaled(x, factor), base), dtype)


def applied(keep, x, factor, residual):
    """What a mask makes of x, added to a residual if there is one."""
    if residual is None:
        return selected(keep, x, factor)
    return added(residual, keep, x, factor)


def along_rows(values, x):
    """One value, or one for each sample of x, in a shape that goes along x's axis 0."""
    return np.reshape(values, (-1,) + (1,) * (np.ndim(x) - 1) if np.ndim(x) else ())


# --- dropout --------------------------------------------------------------------------


def dropout(
    x,
    p=0.5,
    mode="train",
    *,
    scaling="inverted",
    shared_axes=(),
    residual=None,
    key=None,
    mask=None,
    return_mask=False,
    full_shape=None,
    start=None,
):
    """Inverted: x / (1 - p) where kept, x in test. Classic: x, and x * (1 - p).

    r + that where there is a residual r.
    """
    p, classic = float(p), scaling == "classic"
    if mode != "train":
        mask = keep_mask(np.shape(x), 0.0, None, full_shape, start, shared_axes)
        keep, factor = (p < 1, 1.0 - p) if classic else (True, 1.0)
    else:
        if mask is None:
            mask = keep_mask(np.shape(x), p, key, full_shape, start, shared_axes)
        keep, factor = mask & (p < 1), 1.0 if classic else inverse(p)
    result = applied(keep, x, factor, residual)
    return (result, mask) if return_mask else result


def drop_path(
    x,
    prob=0.0,
    training=False,
    *,
    per="sample",
    scaling="inverted",
    scale_by_keep=True,
    residual=None,
    key=None,
    mask=None,
    return_mask=False,
    full_shape=None,
    start=None,
):
    """Whole samples (axis 0), or the whole batch, as dropout's elements; r + that.

    The mask has one element per sample, or one for the batch; of full_shape and start
    it is entry 0 that counts. prob may be an array, one for each sample of x.
    Classic: x where kept, and x * (1 - prob) in test.
    """
    classic = scaling == "classic"
    prob = np.asarray(prob, np.float64)
    if not training:
        mask = keep_mask(np.shape(x)[: per != "batch"] or (1,), 0.0)
        kept = 1.0 - prob if classic else np.ones(())
        keep, factor = kept > 0, kept
    else:
        if mask is None:
            shared_axes = (0,) if per == "batch" else ()
            full_shape, start = full_shape and full_shape[:1], start and start[:1]
            shape = np.shape(x)[:1]
            mask = keep_mask(shape, prob, key, full_shape, start, shared_axes)
        keep = mask & (prob < 1)
        factor = inverse(prob) if scale_by_keep and not classic else np.ones(())
    keep, factor = along_rows(keep, x), along_rows(factor, x)
    result = applied(keep, x, factor, residual)
    return (result, mask) if return_mask else result
