"""Dropout: single elements are dropped, or what shares a draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import Affine
from .._lib.pipeline import apply_mask, at_rate, in_mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def dropout(
    x: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    scaling: str = "inverted",
    shared_axes: int | Sequence[int] = (),
    residual: ArrayLike | None = None,
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Drop elements at random and scale the others.

    In training, ``y = keep * x / (1 - p)`` by selection: a dropped element is +0
    whatever it was, infinity and NaN too.

    Parameters
    ----------
    x : array_like
        Of any shape; real or complex. Integers and bools become float64.
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        Whether to drop. "eval" is another word for "test".
    scaling : {"inverted", "classic"}, default "inverted"
        "inverted" divides by 1 - p in training and does nothing in test mode.
        "classic" keeps x as it is in training and multiplies by 1 - p in test mode.
    shared_axes : int or tuple of int, default ()
        Axes along which one draw is shared: the mask is drawn for x's shape with 1
        there. ``shared_axes=1`` on (batch, time, features) drops a feature for all
        times.
    residual : array_like, optional
        Of x's shape: gives ``residual + dropout(x)`` in one pass, in both modes, of
        the dtype that the two promote to. Product and sum are rounded each, for the
        half types in float32 with one rounding to half. A dropped element is
        residual's.
    rng : optional
        None draws 8 fresh bytes from the operating system. An int, a sequence of
        ints, a SeedSequence, BitGenerator, Generator or RandomState is used as by
        ``np.random.default_rng``; a generator advances by one 64-bit word. A
        `Key` gives the same mask at every call.
    mask : array_like of bool, optional
        The keep mask, instead of drawing one: of x's shape with 1 on each of
        `shared_axes`. p then sets the scale alone (p = 1: zeros).
    return_mask : bool, default False
        Whether to return the keep mask too.
    full_shape, start : tuple of int, optional
        x is the block of a larger array of shape `full_shape` that begins at `start`
        (by default at 0); its mask is that block of the larger array's mask.
    out : ndarray, optional
        Where to store the result: of x's shape, of a dtype that takes it under
        same_kind casting. May be x or residual, or overlap them.

    Returns
    -------
    y : ndarray or scalar
        Of x's shape and floating dtype, in x's memory layout; `out` if given. x
        itself where nothing is to be done and no mask or residual was given.
    keep : ndarray of bool
        With `return_mask`: True is kept. In test mode all are.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], or another argument does not fit.

    See Also
    --------
    drop_path : drops whole samples.
    keep_mask : the mask alone.

    Notes
    -----
    The backward pass is the same call on the gradient with the same Key, without
    residual, whose gradient is the result's. The mask of element i depends on (key, i,
    p) alone, with i its C-order index: not on dtype, memory layout, threads or machine.
    The factor is formed in double and rounded once to the dtype that computes, float32
    for the half types. Elsewhere results differ: PyTorch scales halves by a factor that
    is a half itself, off by up to 2**-11, and both it and NumPy's idioms multiply by
    the mask, so that an infinity that is dropped becomes NaN.

    References
    ----------
    .. [1] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov,
       "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15
       (2014), section 4 for "classic", section 10 for "inverted".

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.arange(1.0, 9.0, dtype=np.float32)
    >>> dl.dropout(x, 0.25, rng=1)
    array([ 1.3333334,  2.6666667,  0.       ,  5.3333335,  6.666667 ,
            0.       ,  9.333334 , 10.666667 ], dtype=float32)
    >>> dl.dropout(x, 0.25, "test") is x
    True
    >>> dl.dropout(x, 0.25, residual=-x, rng=1)
    array([ 0.33333337,  0.66666675, -3.        ,  1.3333335 ,  1.666667  ,
           -6.        ,  2.333334  ,  2.666667  ], dtype=float32)
    """
    y = _core.dropout(
        x, p, rng, full_shape, start,
        mode, mask, return_mask, out, residual, scaling, shared_axes,
    )  # fmt: skip
    if y is not NotImplemented:
        return y
    array = _validation.array(x, "x")
    dtype = _validation.result_dtype(array.dtype, "x")
    p = _validation.probability(p, "p")
    train = _validation.training(mode)
    classic = _validation.classic(scaling)
    shared = _validation.axes(shared_axes, "shared_axes", array.ndim)
    given = mask is not None
    where = masks.geometry(array.shape, shared, full_shape, start, given=given)
    rate, a = in_mode(p, train, classic)
    return apply_mask(
        array,
        dtype,
        where,
        at_rate(rate, Affine(a=a), where, rng),
        identity=rate == 0.0 and a == 1.0,
        train=train,
        residual=residual,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )
