"""What all operations have in common, once each has said what its index counts and
what it does to an element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from ..keys import draw_key
from . import mask as masks
from .elementwise import Affine, apply

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG
    from .mask import Geometry


def scale(p: float) -> float:
    """What kept elements are multiplied by; nothing is kept at p = 1."""
    return 1.0 / (1.0 - p) if p < 1.0 else 1.0


def apply_mask(
    x: Array,
    dtype: np.dtype[Any],
    p: float,
    affine: Affine,
    where: Geometry,
    rng: RNG,
    mask: ArrayLike | None,
    return_mask: bool,
    out: Array | None,
    *,
    train: bool,
    r: Array | None = None,
) -> Any:
    """All that follows once an operation has said what its index counts (where) and
    what it does to an element (affine)."""
    return_mask = _validation.flag(return_mask, "return_mask")
    keep = None if mask is None else _validation.keep(mask, where.shape)
    target = None if out is None else _validation.out(out, x.shape, dtype)
    if not train:
        p, keep = 0.0, None
    nothing = p == 0.0 and keep is None and affine == Affine() and out is None
    # Memory first: where it cannot be had, no generator has advanced.
    result = identity(x, dtype) if nothing else target
    if result is None:
        result = np.empty_like(x, dtype=dtype, subok=False)
    shown = np.empty(where.shape, np.bool_) if return_mask else None
    if keep is not None and p < 1.0:
        bits = masks.from_array(keep, where)
    else:
        bits = masks.from_key(draw_key(rng) if 0.0 < p < 1.0 else 0, p, where)
    if affine.a == 0.0:  # zeros by selection: 0 * infinity would be NaN
        apply(x, dtype, masks.from_key(0, 1.0, where), affine, None, result)
    elif not nothing:
        apply(x, dtype, bits, affine, r, result)
    if shown is not None:
        if keep is None:
            masks.unpack(bits, shown)
        else:
            np.copyto(shown, keep)
    return returned(result, out, shown)


def identity(x: Array, dtype: np.dtype[Any]) -> Array:
    """x itself where it is what a result would be, else its conversion."""
    return x if x.dtype == dtype and x.dtype.isnative else x.astype(dtype)


def returned(result: Array, out: Array | None, keep: Array | None) -> Any:
    """out itself or the result, a 0-d one as a scalar; and the mask if there is."""
    y = out if out is not None else result if result.ndim else result[()]
    return y if keep is None else (y, keep if keep.ndim else keep[()])
