"""Drop-path: whole samples are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import Affine
from .._lib.pipeline import apply_mask, at_rate, in_mode
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._lib.mask import Geometry, Mask
    from .._lib.pipeline import Draw
    from .._validation import Array
    from ..keys import RNG


def drop_path(
    x: ArrayLike,
    prob: float | ArrayLike = 0.0,
    training: bool = False,
    *,
    per: str = "sample",
    scaling: str = "inverted",
    scale_by_keep: bool = True,
    residual: ArrayLike | None = None,
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Drop whole samples at random: drop-path, stochastic depth on a branch's result.

    In training, ``y[b] = keep[b] * x[b] / (1 - prob)`` by selection; the memory of
    dropped samples is not read.

    Parameters
    ----------
    x : array_like
        Of shape (B, ...), real or complex. Integers and bools become float64.
    prob : float or array_like of float, default 0.0
        Probability to drop a sample, in [0, 1]; or one for each, of shape (B,).
    training : bool, default False
        Whether to drop.
    per : {"sample", "batch"}, default "sample"
        Whether each sample is dropped by itself, or all at once.
    scaling : {"inverted", "classic"}, default "inverted"
        "inverted" divides what is kept by 1 - prob in training, and gives x in test
        mode. "classic", the paper's, keeps x as it is and multiplies by 1 - prob in
        test mode; a residual is not scaled.
    scale_by_keep : bool, default True
        False: kept samples are not divided by 1 - prob. Must be True with "classic".
    residual : array_like, optional
        Of x's shape: gives ``residual + drop_path(x)`` in one pass, of the dtype
        that the two promote to. Product and sum are rounded each, for the half
        types in float32 with one rounding to half. A dropped sample is residual's.
    rng : optional
        As in `dropout`.
    mask : array_like of bool, optional
        The keep mask instead of drawing one: of shape (B,), or (1,) per batch.
        prob then sets the scale alone (prob = 1: zeros).
    return_mask : bool, default False
        Whether to return the keep mask too.
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`; as in `dropout`.
    out : ndarray, optional
        Where to store the result; may be x or residual, or overlap them.

    Returns
    -------
    y : ndarray
        Of x's shape; `out` if given. x itself where nothing is to be done.
    keep : ndarray of bool
        With `return_mask`: of shape (B,), or (1,) per batch. True is kept.

    Raises
    ------
    TypeError
        If `training` is no bool, or a dtype is not supported.
    ValueError
        If x has no axis, prob is outside [0, 1], scale_by_keep is False with "classic",
        or another argument does not fit.

    See Also
    --------
    dropout : drops single elements.

    Notes
    -----
    The backward pass is the same call on the gradient with the same Key, without
    residual.

    References
    ----------
    .. [1] G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep Networks with
       Stochastic Depth", ECCV 2016.
    .. [2] G. Larsson, M. Maire, G. Shakhnarovich, "FractalNet: Ultra-Deep Neural
       Networks without Residuals", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.ones((4, 3), dtype=np.float32)
    >>> dl.drop_path(x, 0.5, True, rng=4)
    array([[0., 0., 0.],
           [2., 2., 2.],
           [0., 0., 0.],
           [2., 2., 2.]], dtype=float32)
    >>> dl.drop_path(x, 0.5) is x
    True

    As the paper scales, and with a rate for each sample:

    >>> dl.drop_path(x, [0, 0.25, 0.5, 1], scaling="classic")
    array([[1.  , 1.  , 1.  ],
           [0.75, 0.75, 0.75],
           [0.5 , 0.5 , 0.5 ],
           [0.  , 0.  , 0.  ]], dtype=float32)
    """
    y = _core.drop_path(
        x, prob, rng, full_shape, start,
        training, mask, return_mask, out, residual, scaling, per, scale_by_keep,
    )  # fmt: skip
    if y is not NotImplemented:
        return y
    array = _validation.array(x, "x")
    if array.ndim == 0:
        raise ValueError("x must have an axis of samples, got a 0-d array")
    dtype = _validation.result_dtype(array.dtype, "x")
    batch = _validation.choice(per, "per", ("sample", "batch")) == "batch"
    probs = _validation.probabilities(prob, "prob", None if batch else array.shape[:1])
    train = _validation.flag(training, "training")
    classic = is_classic(scaling, scale_by_keep)
    given = mask is not None
    where = masks.rows(array.shape, batch, full_shape, start, given=given)
    rates, a = in_mode(probs, train, classic)
    affine = Affine(a=a if scale_by_keep else 1.0)
    is_one = isinstance(rates, float)
    return apply_mask(
        array,
        dtype,
        where,
        (at_rate if is_one else _at_rates)(rates, affine, where, rng),
        identity=is_one and rates == 0.0 and a == 1.0,
        train=train,
        residual=residual,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )


def is_classic(scaling: str, scale_by_keep: bool) -> bool:
    """Whether the scaling is the paper's, which has no other."""
    classic = _validation.classic(scaling)
    if not _validation.flag(scale_by_keep, "scale_by_keep") and classic:
        raise ValueError(
            f"scale_by_keep must be True with scaling='classic', got {scale_by_keep}"
        )
    return classic


def _at_rates(probs: Array, affine: Affine, where: Geometry, rng: RNG) -> Draw:
    """Draw a mask of a rate for each sample. Rates of 0 and 1 alone need no key."""

    def draw(keep: Array | None) -> tuple[Mask, Affine]:
        if keep is not None:
            return masks.from_array(keep & (probs < 1.0), where), affine
        packed = masks.empty_bits(len(probs))
        key = draw_key(rng) if np.any(probs % 1.0) else 0
        _core.pack_rates(packed, probs, key, where.first)
        return masks.from_bits(packed, where), affine

    return draw
