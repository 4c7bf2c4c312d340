"""Sums of masked products, of which a (samples, inputs, outputs) mask has one bit each.

They are made in C for float32 and float64, to which the half types are converted panel
by panel; other dtypes are summed here, term by term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core
from .mask import Mask, unpack

if TYPE_CHECKING:
    from .._validation import Array

PANEL = 1 << 18  # elements of a matrix that are converted at once: 1 MiB of float32


class Connections(NamedTuple):
    """The mask, and the dtype that sums are made in."""

    key: int
    threshold: int
    inputs: int
    outputs: int
    computes: np.dtype[Any]


def add_outputs(total: Array, x: Array, weight: Array, c: Connections) -> None:
    """``total[b, o] += keep[b, i, o] * x[b, i] * weight[i, o]``, i ascending."""
    _products(total, x, weight, False, c, c.inputs * c.outputs, c.outputs)


def add_weights(total: Array, x: Array, grad: Array, c: Connections) -> None:
    """``total[i, o] += keep[b, i, o] * x[b, i] * grad[b, o]``, b ascending."""
    _products(total, x.T, grad, False, c, c.outputs, c.inputs * c.outputs)


def store_inputs(total: Array, grad: Array, weight: Array, c: Connections) -> None:
    """``total[b, i] = keep[b, i, o] * grad[b, o] * weight[i, o]``: in C 32 sums, each
    of every 32nd o in ascending order, which are then added in halves."""
    grad = np.ascontiguousarray(grad, c.computes)
    _products(total, grad, weight, True, c, c.inputs * c.outputs, c.outputs)


def _products(
    total: Array, a: Array, m: Array, dots: bool, c: Connections, step: int, term: int
) -> None:
    """The sums for all rows of m, its terms: step and term are the mask's strides."""
    ready = m.dtype == c.computes and m.strides[1] == m.itemsize
    rows = len(m) if ready else max(1, PANEL // max(1, c.outputs))
    for i in range(0, len(m), max(1, rows)):
        part = slice(i, i + rows)
        panel = m[part] if ready else np.ascontiguousarray(m[part], c.computes)
        sums = total[:, part] if dots else total
        others = a if dots else a[:, part].astype(c.computes, copy=False)
        mask = Mask(c.key, c.threshold, None, i * term, (step, 1))
        if c.computes.char in "fd":
            numbers = c.key, c.threshold, mask.first, step, term
            _core.products(sums, others, panel, dots, *numbers)
        else:
            _by_numpy(sums, others, panel, dots, mask, term)


def _by_numpy(
    total: Array, a: Array, m: Array, dots: bool, mask: Mask, term: int
) -> None:
    keep = np.empty((len(a), m.shape[1]), np.bool_)
    zero = total.dtype.type(0)
    for t, row in enumerate(m):
        unpack(mask._replace(first=mask.first + t * term), keep)
        if dots:
            total[:, t] = np.where(keep, _times(a, row), zero).sum(axis=1)
        else:
            total += np.where(keep, _times(a[:, t, None], row), zero)


def _times(a: Array, b: Array) -> Array:
    """The product; of complex numbers with each real one rounded, where NumPy's own may
    fuse some, which depends on the processor."""
    if a.dtype.kind != "c":
        return a * b
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
    y.real = a.real * b.real - a.imag * b.imag
    y.imag = a.real * b.imag + a.imag * b.real
    return y
