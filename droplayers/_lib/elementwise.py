"""The one thing that is done to arrays: kept elements become ``a*x``, ``a*x + b`` or
``r + a*x``, dropped ones a constant or ``r``; or all become ``x * (1 + a*z)`` with
normal z; or dropped ones are replaced, and nothing is computed. Dtypes that have a
kernel go to C whole; others, and mixtures of dtypes, go through NumPy in tiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from .mask import Mask, c_strides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._validation import Array

SCALE, AFFINE = _core.SCALE, _core.AFFINE
RESIDUAL, NOISE, REPLACE = _core.RESIDUAL, _core.NOISE, _core.REPLACE
MOST_AXES = _core.MAX_AXES  #: of an array
TILE = 1 << 15  #: elements of a tile: 256 KiB of float64 stay in L2
UNREAD = 4096  #: bytes of a row that may have a page of its own
ITEMS = (16, 8, 4, 2, 1)  #: bytes of items that have a kernel


class Affine(NamedTuple):
    """What becomes of an element: the form, and the factors in double."""

    form: int = SCALE
    a: float | Array = 1.0  #: or float64, one for each element of a mask of axis 0
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
    if affine.form == REPLACE:
        assert r is not None
        _replace(x, mask, affine, r, out)
        return
    x = _validation.apart(x, out)
    r = None if r is None else _validation.apart(r, out)
    if dtype.kind == "c":
        _apply_complex(x, dtype, mask, affine, r, out)
    elif known := as_known([out, x] if r is None else [out, x, r], dtype):
        out, x, *other = known
        _apply_kernel(x, mask, affine, other[0] if other else None, out)
    else:
        _apply_tiles(x, dtype, mask, affine, r, out)


def as_known(arrays: list[Array], dtype: np.dtype[Any]) -> list[Array] | None:
    """Arrays of one shape as the kernels know them: complex numbers as two reals along
    an axis more. None where they have no kernel in common."""
    if [x.dtype for x in arrays].count(dtype) < len(arrays):
        return None
    if dtype.char in "FD" and arrays[0].ndim == MOST_AXES:
        return None
    if dtype.char in "FD":
        return [_as_reals(x) for x in arrays]
    known = dtype.char in "fde" or _validation.is_bfloat16(dtype)
    return arrays if known else None


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


def _as_reals(x: Array) -> Array:
    """Complex numbers as two reals along an axis more."""
    return x[..., None].view(x.real.dtype)


def _apply_complex(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """A complex number is two reals under one mask: neighbours where all arrays have
    them so and the mask goes on with them, or two arrays."""
    real = np.empty(0, dtype).real.dtype
    strides = c_strides(x.shape) if mask.strides is None else mask.strides
    arrays = [out, x] if r is None else [out, x, r]
    if _are_pairs(arrays, dtype, strides):
        out, x, *others = map(_as_reals, arrays)
        mask = mask._replace(strides=(*strides, 0))
        apply(x, real, mask, affine, others[0] if others else None, out)
        return
    for part in ("real", "imag"):
        other = None if r is None else part_of(r, part)
        apply(part_of(x, part), real, mask, affine, other, getattr(out, part))


def _are_pairs(
    arrays: list[Array], dtype: np.dtype[Any], strides: tuple[int, ...]
) -> bool:
    """Whether complex arrays can have an axis more, for the parts of a number, and
    numbers that are neighbours in the mask are so in memory."""
    if not all(y.dtype == dtype and 0 < y.ndim < MOST_AXES for y in arrays):
        return False
    return any(
        stride == 1 and all(y.strides[i] == dtype.itemsize for y in arrays)
        for i, stride in enumerate(strides)
    )


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


def _masked_tiles(
    shape: tuple[int, ...], mask: Mask
) -> Iterator[tuple[tuple[Any, ...], Mask]]:
    """The indices of tiles, and the mask of each."""
    strides = c_strides(shape) if mask.strides is None else mask.strides
    for where in tiles(shape):
        pairs = zip(where[:-1], strides, strict=False)
        start = sum(axis.start * stride for axis, stride in pairs)
        yield where, mask._replace(first=mask.first + start, strides=strides)


def _apply_tiles(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """Convert x to dtype tile by tile, compute, and convert to out's dtype: within out
    where it has that dtype and nothing else is to be read there."""
    within = out.dtype == dtype and dtype.char != "g"
    within = within and (r is None or not np.may_share_memory(r, out))
    with np.errstate(all="ignore"):
        for where, part in _masked_tiles(x.shape, mask):
            tile = out[where] if within else np.empty_like(out[where], dtype)
            _read(x[where], part, tile)
            other = None if r is None else r[where].astype(dtype)
            if dtype.char == "g":
                tile = _compute(tile, part, affine, other)
            else:
                apply(tile, dtype, part, affine, other, tile)
            if not within:
                np.copyto(out[where], tile, "unsafe")


def _read(x: Array, mask: Mask, tile: Array) -> None:
    """Convert x to a tile. Where long rows are dropped whole, only kept ones are
    read."""
    step = max(x.itemsize, *map(abs, x.strides[-1:]), 0)
    is_shared = x.ndim > 1 and not any((mask.strides or ())[1:])
    if is_shared and x[:1].size * step >= UNREAD:
        # Row by row: a cast under a mask reads what is not kept too.
        for i in np.flatnonzero(unpack(mask, np.empty(len(x), np.bool_))):
            np.copyto(tile[i], x[i], "unsafe")
    else:
        np.copyto(tile, x, "unsafe")


def _compute(x: Array, mask: Mask, affine: Affine, r: Array | None) -> Array:
    """Apply a mask by NumPy, in x's dtype."""
    if affine.form == NOISE:
        factor = np.ones(x.shape)
        apply(factor, factor.dtype, mask, affine, None, factor)
        np.multiply(x, factor.astype(x.dtype), out=x)
        return x
    keep = unpack(mask, np.empty(x.shape, np.bool_))
    a = affine.a
    if isinstance(a, np.ndarray):
        rows = a[mask.first : mask.first + len(x)]
        a = rows.reshape((-1,) + (1,) * (x.ndim - 1))
    if affine.form == RESIDUAL:
        value = np.array(r)
        np.add(value, np.multiply(x, a), out=value, where=keep)
        return value
    value = np.full_like(x, affine.c)
    np.multiply(x, a, out=value, where=keep)
    if affine.form == AFFINE:
        np.add(value, affine.b, out=value, where=keep)
    return value


def _replace(x: Array, mask: Mask, affine: Affine, value: Array, out: Array) -> None:
    """Copy x where it is kept and value elsewhere. x has out's dtype, but for the byte
    order; value broadcasts to it and may have another one."""
    x = _validation.apart(x, out)
    if value.shape == out.shape:
        value = _validation.apart(value, out)
    elif np.may_share_memory(value, out):
        value = value.copy()
    if value.ndim or out.itemsize not in ITEMS:  # kernels take one item as it is
        value = np.broadcast_to(_written_out(value, out.shape), out.shape)
    if x.dtype == value.dtype == out.dtype:
        _replace_items(x, mask, affine, value, out)
        return
    with np.errstate(all="ignore"):
        for where, part in _masked_tiles(x.shape, mask):
            tile = x[where].astype(out.dtype, copy=False)
            other = value[where] if value.ndim else value
            other = other.astype(out.dtype, copy=False)
            _replace_items(tile, part, affine, other, out[where])


def _written_out(value: Array, shape: tuple[int, ...]) -> Array:
    """A value, repeated along as many of the last axes as it remains small: kernels
    take long rows whole, and put short ones together."""
    if value.size == 1:
        return value
    own = lengths = (1,) * (len(shape) - value.ndim) + value.shape
    longest = own
    for axis in range(len(shape))[::-1]:
        lengths = (*lengths[:axis], *shape[axis:])
        if math.prod(lengths) > TILE:
            break
        longest = lengths
    if longest == own:
        return value
    return np.ascontiguousarray(np.broadcast_to(value, longest))


def _replace_items(
    x: Array, mask: Mask, affine: Affine, value: Array, out: Array
) -> None:
    """Copy items of one dtype: whole, or in parts that have a kernel."""
    if out.itemsize in ITEMS:
        _apply_kernel(x, mask, affine, value, out)
    elif out.itemsize and out.size:
        strides = c_strides(x.shape) if mask.strides is None else mask.strides
        # Without axes of one place there is room for an axis of parts.
        strides = tuple(s for s, n in zip(strides, x.shape, strict=True) if n > 1)
        mask = mask._replace(strides=(*strides, 0))
        _apply_kernel(_parts(x), mask, affine, _parts(value), _parts(out))


def _parts(x: Array) -> Array:
    """Items as the largest parts that have a kernel, along an axis more."""
    part = next(size for size in ITEMS if x.itemsize % size == 0)
    return x.squeeze()[..., None].view(f"V{part}")
