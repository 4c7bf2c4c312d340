"""Matrix products under a mask with a bit for each product of two elements.

The mask counts (samples, inputs, outputs) and is never made as a whole. C sums float32
and float64; a matrix of another dtype that computes in float32 is converted panel by
panel. Other dtypes are summed by NumPy, one row of the matrix at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import _core
from .elementwise import unpack
from .mask import Mask, c_strides, threshold

if TYPE_CHECKING:
    from .._validation import Array

PANEL = 1 << 18  #: elements that are converted at once: 1 MiB of float32


class Connections(NamedTuple):
    """The mask of a weight's connections, one for each sample."""

    key: int
    threshold: int
    strides: tuple[int, ...]  #: of samples, inputs and outputs in the mask


def connections(key: int, p: float, weight: Array) -> Connections:
    return Connections(key, threshold(p), c_strides((1, *weight.shape)))


def add_outputs(total: Array, x: Array, weight: Array, c: Connections) -> None:
    """``total[b, o] += keep[b, i, o] * x[b, i] * weight[i, o]``, i ascending."""
    samples, inputs, _ = c.strides
    _masked_matmul(total, x, weight, c, samples, inputs)


def add_weights(total: Array, x: Array, grad: Array, c: Connections) -> None:
    """``total[i, o] += keep[b, i, o] * x[b, i] * grad[b, o]``, b ascending."""
    samples, inputs, _ = c.strides
    _masked_matmul(total, x.T, grad, c, inputs, samples)


def store_inputs(total: Array, grad: Array, weight: Array, c: Connections) -> None:
    """``total[b, i] = keep[b, i, o] * grad[b, o] * weight[i, o]``, summed over o. C has
    32 sums, each of every 32nd o in ascending order, and adds them in halves."""
    grad = np.ascontiguousarray(grad, total.dtype)
    samples, inputs, _ = c.strides
    _masked_matmul(total, grad, weight, c, samples, inputs, transposed=True)


def _masked_matmul(
    total: Array,
    a: Array,
    m: Array,
    c: Connections,
    row_stride: int,
    k_stride: int,
    *,
    transposed: bool = False,
) -> None:
    """``total += a @ m`` or, transposed, ``total = a @ m.T``, each product masked.

    The mask's index grows by row_stride for each row of a, by k_stride for each row of
    m, and by 1 for each column of m.
    """
    dtype = total.dtype
    ready = m.dtype == dtype and m.strides[1] == m.itemsize
    rows = len(m) if ready else max(1, PANEL // max(1, m.shape[1]))
    for k in range(0, len(m), max(1, rows)):
        part = slice(k, k + rows)
        panel = m[part] if ready else np.ascontiguousarray(m[part], dtype)
        if transposed:
            sums, factors = total[:, part], a
        else:
            sums, factors = total, a[:, part].astype(dtype, copy=False)
        mask = Mask(c.key, c.threshold, None, k * k_stride, (row_stride, 1))
        if dtype.char in "fd":
            products = mask._replace(strides=(row_stride, k_stride, 1))
            _core.masked_matmul(sums, factors, panel, transposed, products)
        else:
            _by_numpy(sums, factors, panel, mask, k_stride, transposed)


def _by_numpy(
    total: Array, a: Array, m: Array, mask: Mask, k_stride: int, transposed: bool
) -> None:
    """The same for dtypes that C does not sum."""
    keep = np.empty((len(a), m.shape[1]), np.bool_)
    zero = total.dtype.type(0)
    for k, row in enumerate(m):
        unpack(mask._replace(first=mask.first + k * k_stride), keep)
        if transposed:
            total[:, k] = np.where(keep, _times(a, row), zero).sum(axis=1)
        else:
            total += np.where(keep, _times(a[:, k, None], row), zero)


def _times(a: Array, b: Array) -> Array:
    """The product. That of complex numbers is written out, with each real product
    rounded: NumPy's may fuse some of them, depending on the processor."""
    if a.dtype.kind != "c":
        return a * b
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
    y.real = a.real * b.real - a.imag * b.imag
    y.imag = a.real * b.imag + a.imag * b.real
    return y
