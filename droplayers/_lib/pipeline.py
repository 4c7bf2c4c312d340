"""What all operations have in common: arguments are checked, memory is reserved, the
mask is drawn and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from .. import _core, _validation
from .._undo import undoes_its_draw
from . import mask as masks
from .elementwise import REPLACE, RESIDUAL, Affine, apply, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from .._validation import Array, Casting
    from ..keys import RNG
    from .mask import Geometry, Mask

    #: Draws a mask, and says what becomes of elements. Called with the keep mask that
    #: the caller gave, checked, or None, when all memory is reserved.
    Draw: TypeAlias = Callable[[Array | None], tuple[Mask, Affine]]

empty_like = _core.empty_like  #: a plain array in the layout of a ufunc's result

M = TypeVar("M")
D = TypeVar("D")


def scale(p: Any) -> Any:
    """What kept elements are multiplied by, ``1 / (1 - p)``, for a rate or for each of
    an array of rates; 1 at p = 1, where nothing is kept."""
    kept = 1.0 - p
    return 1.0 / (kept + (kept == 0.0))


def in_mode(p: Any, train: bool, classic: bool) -> tuple[Any, Any]:
    """The rate at which a mask is drawn, and what kept elements are multiplied by, for
    a rate or for each of an array of rates. Classic scaling multiplies in test mode,
    where all is dropped if the factor is 0: 0 * infinity would be NaN."""
    if train:
        return p, 1.0 if classic else scale(p)
    return (p // 1.0, 1.0 - p) if classic else (0.0, 1.0)


def noise_variance(p: float) -> float:
    """The variance of what elements are multiplied by: 0 or ``1 / (1 - p)``."""
    return p / (1.0 - p)


def reserve_then_draw(
    reserve: Callable[[], M], draw: Callable[[], D], *arrays: Array | None
) -> tuple[M, D]:
    """Reserve memory first: where it cannot be had, no generator has advanced. A draw
    may run the caller's code, which may not change arrays that are checked."""
    memory = reserve()
    given = [x for x in arrays if x is not None]
    before = [*map(_validation.form, given)]
    drawn = draw()
    if before != [*map(_validation.form, given)]:
        raise RuntimeError("an array was changed during the call")
    return memory, drawn


def at_rate(p: float, affine: Affine, where: Geometry, rng: RNG) -> Draw:
    """Draw a mask of one rate. At p = 1 a given mask is not used: all is dropped."""

    def draw(keep: Array | None) -> tuple[Mask, Affine]:
        if keep is not None and p < 1.0:
            return masks.from_array(keep, where), affine
        return masks.from_rng(p, where, rng), affine

    return draw


@undoes_its_draw
def apply_mask(
    x: Array,
    dtype: np.dtype[Any],
    where: Geometry,
    draw: Draw,
    *,
    identity: bool,
    train: bool,
    residual: ArrayLike | None = None,
    value: Array | None = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    out: Array | None = None,
) -> Any:
    """Check the arguments that are left, draw the mask and apply it.

    x is checked, dtype is that of the result without a residual, and where gives the
    shape of the mask. identity means that the result is x, unless a mask was given or
    there is a residual, to which a scaled x is added. With a value, checked, that is
    what elements become that are not kept, and kept ones are copied. In test mode a
    given mask is checked and not used, and the mask to return keeps all.
    """
    r = None
    if residual is not None:
        r = _validation.array(residual, "residual")
        dtype = _validation.common_dtype(x, "x", r, "residual")
    return_mask = _validation.flag(return_mask, "return_mask")
    keep = None if mask is None else _validation.keep(mask, where.shape)
    casting: Casting = "same_kind" if value is None else "equiv"
    target = None if out is None else _validation.out(out, x.shape, dtype, casting)
    if not train:
        keep = None
    unchanged = identity and keep is None and target is None and r is None

    other = r if value is None else value

    def reserve() -> tuple[Array, Array, Array | None, Array | None]:
        if unchanged:
            result = converted(x, dtype)
        elif target is None:
            result = empty_like(x, dtype)
        else:
            result = target
        shown = np.empty(where.shape, np.bool_) if return_mask else None
        second = None if other is None else _validation.apart(other, result)
        return result, _validation.apart(x, result), second, shown

    memory, (bits, affine) = reserve_then_draw(
        reserve, lambda: draw(keep), x, other, target
    )
    result, first, second, shown = memory
    if shown is not None:  # first: a given mask may be out's memory
        if keep is not None:
            np.copyto(shown, keep)
        elif train:
            unpack(bits, shown)
        else:
            shown.fill(True)
    if r is not None:
        affine = affine._replace(form=RESIDUAL)
    if value is not None:
        affine = Affine(REPLACE)
    if not unchanged:
        apply(first, dtype, bits, affine, second, result)
    return returned(result, out, shown)


def converted(x: Array, dtype: np.dtype[Any]) -> Array:
    """x itself if it is native and of this dtype, else its conversion."""
    if x.dtype == dtype and x.dtype.isnative:
        return x
    result = empty_like(x, dtype)
    np.copyto(result, x)
    return result


def returned(result: Array, out: Array | None, keep: Array | None) -> Any:
    """out if it was given, else the result, and with it the mask if there is one; 0-d
    arrays but out become scalars."""
    y = out if out is not None else result if result.ndim else result[()]
    return y if keep is None else (y, keep if keep.ndim else keep[()])
