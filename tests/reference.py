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

import numpy as np

LOW = 0xFFFFFFFF

# What the index counts (Philox counter word c3).
ELEMENTS, CHILDREN, NORMALS, CHOICES = 0, 1, 2, 3


# --- the stream -----------------------------------------------------------------------


def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four words from four counter words and two key words.

    Words are 32-bit numbers in uint64 arrays, so that a product of two is whole.
    """
    c0, c1, c2, c3, k0, k1 = (np.asarray(w, np.uint64) for w in (c0, c1, c2, c3, k0, k1))
    for _ in range(10):
        a, b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & LOW, (a >> 32) ^ c3 ^ k1, a & LOW
        k0, k1 = (k0 + 0x9E3779B9) & LOW, (k1 + 0xBB67AE85) & LOW
    return c0, c1, c2, c3


def words(key, index, c2, domain):
    """The four words of a 64-bit key at each 64-bit index."""
    index = np.asarray(index, np.uint64)
    return philox(index & LOW, index >> 32, c2, domain, key & LOW, key >> 32)


def uniforms(key, index):
    """U(i), a 40-bit integer for each index: 8 planes, then a tail of 32 bits."""
    index = np.asarray(index, np.uint64)
    word, bit = ((index >> 5) & 3).astype(np.intp), index & 31
    u = np.zeros(index.shape, np.uint64)
    for plane in range(8):
        plane_words = words(key, index >> 7, plane, ELEMENTS)
        u = (u << 1) | ((np.choose(word, plane_words) >> bit) & 1)
    return (u << 32) | words(key, index, 8, ELEMENTS)[0]


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


def mask_index(shape, full_shape=None, start=None):
    """The flat index, in C order, of each element of a block of a larger array.

    The block begins at `start`, by default at 0; without `full_shape` it is the whole.
    Indices are below 2**64, whatever numbers of elements the axes multiply up to.
    """
    full_shape = shape if full_shape is None else full_shape
    start = (0,) * len(shape) if start is None else start
    index = np.zeros((), np.uint64)
    for n, full, first in zip(shape, full_shape, start, strict=True):
        position = np.arange(n, dtype=np.uint64) + np.uint64(first)
        index = index[..., None] * np.uint64(full) + position
    return index


def keep_mask(shape, p, key=None, full_shape=None, start=None):
    """True where an element is kept: U(i) >= T. An array p goes along the last axis."""
    p = np.asarray(p, np.float64)
    if np.all((p == 0) | (p == 1)):
        return np.broadcast_to(p == 0, shape).copy()
    return uniforms(key, mask_index(shape, full_shape, start)) >= threshold(p)


def packed(mask):
    """A mask's bits, in C order, the first in the lowest bit of the first byte."""
    return np.packbits(mask.ravel(), bitorder="little")


def with_ones(shape, axes):
    """A shape (or a start) with 1 (or 0) on the given axes; None stays None."""
    axes = {axis % len(shape) for axis in axes}
    return tuple(1 if axis in axes else n for axis, n in enumerate(shape))


def dropout_mask(shape, p, shared_axes=(), key=None, full_shape=None, start=None):
    """dropout's keep mask: of x's shape, but 1 on the axes that share one draw."""
    if full_shape is not None:
        full_shape = with_ones(full_shape, shared_axes)
        shared = {axis % len(shape) for axis in shared_axes}
        start = [0 if a in shared else n for a, n in enumerate(start or (0,) * len(shape))]
    return keep_mask(with_ones(shape, shared_axes), p, key, full_shape, start)
