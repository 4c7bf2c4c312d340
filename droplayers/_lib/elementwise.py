"""The one thing that is done to arrays: kept elements become ``a*x``, ``a*x + b`` or
``r + a*x``, dropped ones a constant or ``r``; or all become ``x * (1 + a*z)`` with
normal z. Dtypes that have a kernel go to C whole; others, and mixtures of dtypes, go
through NumPy in tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from .mask import Mask, c_strides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._validation import Array

SCALE, AFFINE, RESIDUAL, NOISE = range(4)
TILE = 1 << 15  #: elements of a tile: 256 KiB of float64 stay in L2


class Affine(NamedTuple):
    """What becomes of an element: the form, and the factors in double."""

    form: int = SCALE
    a: Any = 1.0  #: a float, or an array of one for each place on axis 0
    b: float = 0.0
    c: float = 0.0


def apply(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """Apply a mask to x, computing in dtype, and store the result in out."""
    x = _validation.apart(x, out)
    r = None if r is None else _validation.apart(r, out)
    same = x.dtype == out.dtype == dtype and (r is None or r.dtype == dtype)
    if dtype.kind == "c":
        _apply_complex(x, dtype, mask, affine, r, out)
    elif isinstance(affine.a, np.ndarray):
        _apply_rows(x, dtype, mask, affine, r, out)
    elif same and dtype.char in "fde":
        _apply_kernel(x, mask, affine, r, out)
    elif same and _validation.is_bfloat16(dtype):
        other = None if r is None else _as_uint16(r)
        _apply_kernel(_as_uint16(x), mask, affine, other, _as_uint16(out))
    else:
        _apply_tiles(x, dtype, mask, affine, r, out)


def unpack(mask: Mask, keep: Array) -> Array:
    """Write a mask to a boolean array, along the first of the mask's axes."""
    if mask.strides is not None and len(mask.strides) > keep.ndim:
        mask = mask._replace(strides=mask.strides[: keep.ndim])
    return _apply_kernel(None, mask, Affine(), None, keep)


def _apply_kernel(
    x: Array | None, mask: Mask, affine: Affine, r: Array | None, out: Array
) -> Array:
    """Call the kernels. Without x, out is boolean and gets the mask itself."""
    return _core.apply(out, x, r, mask, affine)


def _as_uint16(x: Array) -> Array:
    """bfloat16 as the kernels know it."""
    return x.view(np.uint16)


def _apply_complex(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """A complex number is two reals under one mask."""
    real = np.empty(0, dtype).real.dtype
    for part in ("real", "imag"):
        other = None if r is None else part_of(r, part)
        apply(part_of(x, part), real, mask, affine, other, getattr(out, part))


def part_of(x: Array, part: str) -> Array:
    """The real or imaginary part of an array; that of a real one may be zeros."""
    if x.dtype.kind == "c":
        half: Array = getattr(x, part)
        return half
    return x if part == "real" else np.broadcast_to(x.dtype.type(0), x.shape)


def tiles(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Indices of tiles of at most TILE elements that cover a shape in C order: slices
    of the first axes and an ellipsis."""
    inner = 1
    cut = len(shape)
    while cut and inner * shape[cut - 1] <= TILE:
        cut -= 1
        inner *= shape[cut]
    if cut == 0:
        yield (...,)
        return
    step = max(1, TILE // max(1, inner))
    for outer in np.ndindex(shape[: cut - 1]):
        head = tuple(slice(i, i + 1) for i in outer)
        for i in range(0, shape[cut - 1], step):
            yield (*head, slice(i, i + step), ...)


def _apply_tiles(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """Convert x to dtype tile by tile, compute, and convert to out's dtype."""
    strides = c_strides(x.shape) if mask.strides is None else mask.strides
    with np.errstate(all="ignore"):
        for where in tiles(x.shape):
            pairs = zip(where[:-1], strides, strict=False)
            start = sum(axis.start * stride for axis, stride in pairs)
            part = mask._replace(first=mask.first + start, strides=strides)
            tile = _read(x[where], dtype, part)
            other = None if r is None else r[where].astype(dtype)
            if dtype.char == "g":
                tile = _compute(tile, part, affine, other)
            else:
                apply(tile, dtype, part, affine, other, tile)
            np.copyto(out[where], tile, casting="same_kind")


def _read(x: Array, dtype: np.dtype[Any], mask: Mask) -> Array:
    """A tile in dtype. Where rows are dropped whole, only kept ones are read."""
    strides = mask.strides or ()
    if x.ndim < 2 or any(strides[1:]):
        return x.astype(dtype)
    tile: Array = np.empty_like(x, dtype)
    keep = unpack(mask, np.empty(len(x), np.bool_))
    tile[keep] = x[keep]
    return tile


def _compute(x: Array, mask: Mask, affine: Affine, r: Array | None) -> Array:
    """Apply a mask by NumPy, in x's dtype."""
    if affine.form == NOISE:
        factor = np.ones(x.shape)
        apply(factor, factor.dtype, mask, affine, None, factor)
        np.multiply(x, factor.astype(x.dtype), out=x)
        return x
    keep = unpack(mask, np.empty(x.shape, np.bool_))
    if affine.form == RESIDUAL:
        value = np.array(r)
        np.add(value, np.multiply(x, affine.a), out=value, where=keep)
        return value
    value = np.full_like(x, affine.c)
    np.multiply(x, affine.a, out=value, where=keep)
    if affine.form == AFFINE:
        np.add(value, affine.b, out=value, where=keep)
    return value


def _apply_rows(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """Apply a mask that has an entry for each place on axis 0, with a factor for each.
    Places that are dropped are not read."""
    keep = unpack(mask, np.empty(len(x), np.bool_))
    computes = _validation.computing_dtype(dtype)
    factors = affine.a.astype(computes).reshape((-1,) + (1,) * (x.ndim - 1))
    with np.errstate(all="ignore"):
        for where in tiles(x.shape):
            target, kept = out[where], keep[where[:1]]
            value = x[where][kept].astype(computes) * factors[where[:1]][kept]
            if r is None:
                target[~kept] = 0
            else:
                value = r[where][kept].astype(computes) + value
                target[~kept] = r[where][~kept].astype(dtype)
            target[kept] = value.astype(dtype)
