"""Drop-path: whole samples are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import Affine
from .._lib.mask import CHUNK
from .._lib.pipeline import apply_mask, at_rate, scale
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    scale_by_keep : bool, default True
        Whether kept samples are divided by 1 - prob.
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
        If x has no axis, prob is outside [0, 1], or another argument does not fit.

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
    >>> dl.drop_path(x, 0.5, True, rng=3)
    array([[0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    >>> dl.drop_path(x, 0.5) is x
    True
    """
    y = _core.drop_path(
        x, prob, rng, full_shape, start,
        training, mask, return_mask, out, residual, per, scale_by_keep,
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
    scaled = _validation.flag(scale_by_keep, "scale_by_keep")
    given = mask is not None
    where = masks.rows(array.shape, batch, full_shape, start, given=given)
    if not train:
        probs = 0.0
    if isinstance(probs, float):
        affine = Affine(a=scale(probs) if scaled else 1.0)
        draw, nothing = at_rate(probs, affine, where, rng), probs == 0.0
    else:
        affine = Affine(a=(lambda rows: scale(probs[rows])) if scaled else 1.0)
        draw, nothing = _at_rates(probs, affine, where, rng), False
    return apply_mask(
        array,
        dtype,
        where,
        draw,
        identity=nothing,
        train=train,
        residual=residual,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )


def _at_rates(probs: Array, affine: Affine, where: Geometry, rng: RNG) -> Draw:
    """Draw a mask of a rate for each sample. Rates of 0 and 1 alone need no key."""
    parts = [slice(i, i + CHUNK) for i in range(0, len(probs), CHUNK)]

    def kept(keep: Array | None, key: int) -> Iterator[Array]:
        for part in parts:
            rates = probs[part]
            if keep is not None:
                yield keep[part] & (rates < 1.0)
            else:
                first = where.first + part.start
                numbers = _core.uniforms(key, first, len(rates))
                yield numbers >= masks.threshold(rates)

    def draw(keep: Array | None) -> tuple[Mask, Affine]:
        draws = keep is None and any(np.any(probs[i] % 1.0) for i in parts)
        key = draw_key(rng) if draws else 0
        packed = masks.pack_chunks(len(probs), kept(keep, key))
        return masks.from_bits(packed, where), affine

    return draw
