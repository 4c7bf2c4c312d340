"""Keep masks: what `dropout` keeps, as booleans or packed bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import MOST_AXES, unpack
from .._lib.pipeline import reserve_then_draw, returned
from .._undo import undoes_its_draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..keys import RNG


def keep_mask(
    shape: int | Sequence[int],
    p: float,
    *,
    rng: RNG = None,
    packed: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
) -> NDArray[np.bool_] | NDArray[np.uint8]:
    """The keep mask alone, as `dropout` of an array of this shape draws it.

    Parameters
    ----------
    shape : int or tuple of int
        Of the mask.
    p : float
        Probability to drop an element, in [0, 1].
    rng : optional
        As in `dropout`.
    packed : bool, default False
        Whether to return packed bits, 8 elements a byte.
    full_shape, start : tuple of int, optional
        The mask is the block of a larger one, as in `dropout`.

    Returns
    -------
    keep : ndarray
        Of bool and of this shape, True is kept; or packed, 1-D of uint8 with
        ceil(n / 8) bytes, which are ``np.packbits(keep, bitorder="little")``.

    Raises
    ------
    TypeError
        If p is no real number, or a length no integer.
    ValueError
        If p is NaN or outside [0, 1], a length is negative, or there are too many
        elements.

    Notes
    -----
    Under one Key masks are nested: what one p drops, any larger p drops too.

    Examples
    --------
    >>> import droplayers as dl
    >>> dl.keep_mask(8, 0.5, rng=1)
    array([ True,  True, False,  True,  True, False,  True,  True])
    >>> dl.keep_mask(8, 0.5, rng=1, packed=True)
    array([219], dtype=uint8)
    """
    drawn: NDArray[np.bool_] | NDArray[np.uint8]
    drawn = _core.keep_mask(shape, p, rng, full_shape, start, packed)
    if drawn is not NotImplemented:
        return drawn
    shape = _validation.lengths(shape, "shape")
    p = _validation.probability(p, "p")
    packed = _validation.flag(packed, "packed")
    _validation.size(shape, "shape", np.iinfo(np.intp).max)
    if len(shape) > MOST_AXES:
        raise ValueError(f"shape must have at most {MOST_AXES} axes, got {len(shape)}")
    where = masks.geometry(shape, (), full_shape, start)

    def reserve() -> NDArray[np.bool_] | NDArray[np.uint8]:
        if packed:
            return np.empty((math.prod(shape) + 7) // 8, np.uint8)
        return np.empty(shape, np.bool_)

    @undoes_its_draw
    def draw() -> NDArray[np.bool_] | NDArray[np.uint8]:
        keep, mask = reserve_then_draw(reserve, lambda: masks.from_rng(p, where, rng))
        if packed:
            return masks.write(keep, shape, mask)
        kept: NDArray[np.bool_] = returned(unpack(mask, keep), None, None)
        return kept

    return draw()
