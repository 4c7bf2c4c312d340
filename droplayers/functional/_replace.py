"""Replacement: elements are exchanged for a value at random, and the dtype stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core, _validation
from .._lib import mask as masks
from .._lib import replacement
from .._lib.elementwise import Affine
from .._lib.pipeline import apply_mask, at_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def replace(
    x: ArrayLike,
    value: ArrayLike,
    p: float | None = None,
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Replace elements at random, and leave the others as they are.

    ``y = np.where(keep, x, value)`` in x's dtype, with a mask that is drawn at rate p
    or given: noise on data. Nothing is scaled and no mode is asked for.

    Parameters
    ----------
    x : array_like
        Of any shape, and of any dtype without objects.
    value : array_like
        What replaced elements become: a scalar, or what broadcasts against x. It has to
        suit x's dtype, as the Notes say.
    p : float, optional
        Probability to replace an element, in [0, 1]. Either this or `mask` is given.
    shared_axes : int or tuple of int, default ()
        Axes along which one draw is shared: the mask is drawn for x's shape with 1
        there. ``shared_axes=-1`` on (height, width, channels) replaces whole pixels.
    rng : optional
        As in `dropout`.
    mask : array_like of bool, optional
        The keep mask, instead of drawing one: of x's shape with 1 on each of
        `shared_axes`. False is replaced.
    return_mask : bool, default False
        Whether to return the keep mask too.
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`; as in `dropout`. value
        is that of the block.
    out : ndarray, optional
        Where to store the result: of x's shape and dtype, in any byte order. May be x,
        value or mask, or overlap them.

    Returns
    -------
    y : ndarray or scalar
        Of x's shape and of its dtype in native byte order, in x's memory layout; `out`
        if given. x itself where p is 0.
    keep : ndarray of bool
        With `return_mask`: True is kept.

    Raises
    ------
    TypeError
        If p is no real number and no mask is given, if x has objects, or if value is
        of a kind that x's dtype does not take.
    ValueError
        If p is NaN or outside [0, 1] or beside a mask, if an integer does not fit x's
        dtype or a text its length, or if another argument does not fit.

    See Also
    --------
    dropout : drops elements of a network and scales the others.
    keep_mask : the mask alone.

    Notes
    -----
    Integers take integers of any type that all fit them, bools take bools, floating
    dtypes real numbers and complex ones any numbers, which are rounded (beyond the
    range: to infinity, without a warning). Dates take what NumPy casts by "same_kind".
    Text, bytes and void take their own kind of no greater length, and records those of
    their dtype. Kept and replaced values are copied bit for bit, the payloads of NaN
    too.

    The mask is that of `dropout` and `keep_mask` with the same Key, p and shape. Items
    of 1, 2, 4, 8 or 16 bytes are faster than those of other sizes.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, "Extracting and
       Composing Robust Features with Denoising Autoencoders", ICML 2008.

    Examples
    --------
    Cells that are missing, with a value for each column:

    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    >>> dl.replace(x, [100, 101, 102, 103], 0.3, rng=2)
    array([[100,   2, 102,   4],
           [100, 101,   7,   8],
           [  9,  10, 102,  12]], dtype=uint8)

    Swap noise, the values of other rows:

    >>> dl.replace(x, x[[2, 0, 1]], 0.3, rng=2)
    array([[ 9,  2, 11,  4],
           [ 1,  2,  7,  8],
           [ 9, 10,  7, 12]], dtype=uint8)

    Masked tokens, none of them special:

    >>> tokens = np.array([101, 2023, 2003, 1037, 3231, 102])
    >>> keep = dl.keep_mask(tokens.shape, 0.5, rng=3) | (tokens < 1000)
    >>> dl.replace(tokens, 103, mask=keep)
    array([ 101,  103,  103,  103, 3231,  102])
    """
    y = _core.replace(
        x, p, rng, full_shape, start, value, mask, return_mask, out, shared_axes
    )
    if y is not NotImplemented:
        return y
    array = _validation.array(x, "x", "an array")
    dtype = _validation.item_dtype(array.dtype, "x")
    values = replacement.values(value, dtype, array.shape)
    given = mask is not None
    rate = _rate(p, given)
    shared = _validation.axes(shared_axes, "shared_axes", array.ndim)
    where = masks.geometry(array.shape, shared, full_shape, start, given=given)
    return apply_mask(
        array,
        dtype,
        where,
        at_rate(rate, Affine(), where, rng),
        identity=rate == 0.0,
        train=True,
        value=values,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )


def _rate(p: Any, given: bool) -> float:
    """The rate of a mask that is drawn; 0 with a given one, beside which p is none."""
    if not given and p is None:
        raise TypeError("p must be a real number in [0, 1] without a mask, got None")
    if given and p is not None:
        raise ValueError(f"p must be None where mask is given, got {p!r}")
    return 0.0 if given else _validation.probability(p, "p")
