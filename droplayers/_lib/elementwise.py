"""The one thing that is done to arrays: kept elements become ``a*x``, ``a*x + b`` or
``r + a*x``, dropped ones a constant or ``r``; or all become ``x * (1 + a*z)`` with
normal z. What has a kernel goes there whole; every other dtype, and every mixture of
them, goes through in tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from .._validation import FLOATS
from .mask import Mask, c_strides, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._validation import Array

SCALE, AFFINE, RESIDUAL, NOISE = range(4)
TILE = 1 << 15  # elements: 256 KiB of float64 stay in L2


class Affine(NamedTuple):
    """What becomes of an element: the form, and the factors in double."""

    form: int = SCALE
    a: Any = 1.0  #: a float, or for rows an array of them
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
    """Compute in dtype, and store in out."""
    x = _validation.apart(x, out)
    r = None if r is None else _validation.apart(r, out)
    same = all(y is None or y.dtype == dtype for y in (x, r, out))
    if same and dtype.char in "fde":
        _core.select(out, x, r, *mask, *affine)
    elif same and _validation.is_bfloat16(dtype):
        words, bits, others = map(_bits, (out, x, r))
        _core.select(words, bits, others, *mask, *affine)
    elif dtype.kind == "c":
        _complex(apply, x, dtype, mask, affine, r, out)
    else:
        _tiles(x, dtype, mask, affine, r, out)


def _bits(x: Array | None) -> Array | None:
    """bfloat16 as the kernels know it: NumPy's uint16."""
    return None if x is None else x.view(np.uint16)


def _complex(
    function: Callable[..., None],
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask | Array,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """A complex number is two reals, for apply and for apply_rows."""
    real = np.empty(0, dtype).real.dtype
    for part in ("real", "imag"):
        other = None if r is None else part_of(r, part)
        function(part_of(x, part), real, mask, affine, other, getattr(out, part))


def part_of(x: Array, part: str) -> Array:
    if x.dtype.kind == "c":
        half: Array = getattr(x, part)
        return half
    return x if part == "real" else np.broadcast_to(x.dtype.type(0), x.shape)


def tiles(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Blocks of at most TILE elements that cover a shape in C order: slices of the
    first axes and an ellipsis."""
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


def _tiles(
    x: Array,
    dtype: np.dtype[Any],
    mask: Mask,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    strides = c_strides(x.shape, ()) if mask.strides is None else mask.strides
    with np.errstate(all="ignore"):
        for where in tiles(x.shape):
            pairs = zip(where[:-1], strides, strict=False)
            start = sum(axis.start * stride for axis, stride in pairs)
            part = mask._replace(first=mask.first + start, strides=strides)
            tile = _read(x[where], dtype, part)
            other = None if r is None else r[where].astype(dtype)
            if dtype.char == "g":
                tile = by_numpy(tile, part, affine, other)
            else:
                apply(tile, dtype, part, affine, other, tile)
            np.copyto(out[where], tile, casting="same_kind")


def _read(x: Array, dtype: np.dtype[Any], mask: Mask) -> Array:
    """A tile in dtype; of rows that are kept or dropped whole, those that are kept."""
    strides = mask.strides or ()
    if x.ndim < 2 or any(strides[1:]):
        return x.astype(dtype)
    tile: Array = np.empty_like(x, dtype)
    keep = unpack(mask, np.empty(len(x), np.bool_))
    tile[keep] = x[keep]
    return tile


def apply_rows(
    x: Array,
    dtype: np.dtype[Any],
    keep: Array,
    affine: Affine,
    r: Array | None,
    out: Array,
) -> None:
    """The same with a mask and a factor for each place on axis 0; places that are
    dropped are not read."""
    x = _validation.apart(x, out)
    r = None if r is None else _validation.apart(r, out)
    if dtype.kind == "c":
        _complex(apply_rows, x, dtype, keep, affine, r, out)
        return
    computes = dtype if dtype.char in FLOATS and dtype.itemsize > 2 else np.float32
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


def by_numpy(x: Array, mask: Mask, affine: Affine, r: Array | None) -> Array:
    """The same in NumPy's own arithmetic, in x's dtype."""
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
