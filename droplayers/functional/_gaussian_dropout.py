"""Gaussian dropout: elements are multiplied by noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import NOISE, Affine
from .._lib.pipeline import apply_mask, at_rate, noise_variance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def gaussian_dropout(
    x: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    rng: RNG = None,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Multiply elements by normal noise of mean 1.

    In training, ``y = x * (1 + sqrt(p / (1 - p)) * z)`` with z a standard normal
    variate for each element: noise of the mean and variance of `dropout`'s.

    Parameters
    ----------
    x : array_like
        Of any shape; real or complex. Integers and bools become float64.
    p : float, default 0.5
        The rate of the dropout that has the same variance, in [0, 1).
    mode : {"train", "test", "eval"}, default "train"
        Whether to multiply; the identity otherwise.
    rng : optional
        As in `dropout`.
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`; as in `dropout`.
    out : ndarray, optional
        Where to store the result; may be x or overlap it.

    Returns
    -------
    y : ndarray or scalar
        Of x's shape and floating dtype; `out` if given. x itself where nothing is to
        be done.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1), or another argument does not fit.

    See Also
    --------
    dropout : multiplies by a scaled Bernoulli variate instead.

    Notes
    -----
    Linear in x: the backward pass is the same call on the gradient with the same Key.
    The variate of element i depends on (key, i) alone: it is the normal quantile [2]_
    of a 52-bit uniform, with the same bits on every machine. The factor is formed in
    double and rounded once to the dtype that computes, float32 for the half types.
    Unlike in Keras, noise is not cut off: the variates lie within 8.3.

    References
    ----------
    .. [1] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov,
       "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15
       (2014), section 10.
    .. [2] M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal
       Distribution", Applied Statistics 37 (1988), PPND16.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> dl.gaussian_dropout(np.ones(4), 0.2, rng=1)
    array([0.96174141, 0.91785763, 1.26762607, 1.067285  ])
    """
    y = _core.elementwise(
        x, p, rng, full_shape, start, mode, None, False, out, (), _affine
    )
    if y is not NotImplemented:
        return y
    array = _validation.array(x, "x")
    dtype = _validation.result_dtype(array.dtype, "x")
    p = _validation.below_one(p, "p")
    train = _validation.training(mode)
    where = masks.geometry(array.shape, (), full_shape, start)
    rate = p if train else 0.0
    affine = _affine(rate) if rate else Affine()
    return apply_mask(
        array,
        dtype,
        where,
        at_rate(rate, affine, where, rng),
        identity=rate == 0.0,
        train=train,
        out=out,
    )


def _affine(p: float) -> Affine:
    """What becomes of elements at p < 1."""
    return Affine(NOISE, math.sqrt(noise_variance(p)))
