"""Alpha dropout: dropped elements become what SELU saturates at, and all are mapped
so that mean and variance stay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import AFFINE, Affine
from .._lib.pipeline import apply_mask, at_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG

SATURATION = -1.7580993408473766  #: of SELU: minus its scale times its alpha


def alpha_dropout(
    x: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Drop SELU activations at random, so that their mean and variance stay.

    In training, a dropped element is set to s, where SELU saturates, and then all go
    through one affine map: ``y = a * (x if keep else s) + b``.

    Parameters
    ----------
    x : array_like
        Of any shape; real, of mean 0 and variance 1. Integers and bools become
        float64.
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        Whether to drop; the identity otherwise.
    shared_axes : int or tuple of int, default ()
        Axes along which one draw is shared, as in `dropout`: all axes but those of
        samples and of channels drop whole feature maps.
    rng : optional
        As in `dropout`.
    mask : array_like of bool, optional
        The keep mask, instead of drawing one: of x's shape with 1 on each of
        `shared_axes`. p then sets a and b alone (p = 1: zeros).
    return_mask : bool, default False
        Whether to return the keep mask too.
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`; as in `dropout`.
    out : ndarray, optional
        Where to store the result; may be x or overlap it.

    Returns
    -------
    y : ndarray or scalar
        Of x's shape and floating dtype, in x's memory layout; `out` if given. x
        itself where nothing is to be done and no mask was given.
    keep : ndarray of bool
        With `return_mask`: True is kept. In test mode all are.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is complex or not supported.
    ValueError
        If p is NaN or outside [0, 1], or another argument does not fit.

    See Also
    --------
    alpha_dropout_backward : its gradient.
    dropout : sets dropped elements to zero.

    Notes
    -----
    With s = -1.7580993408473766, minus SELU's scale times its alpha [1]_,

    - ``a = 1 / sqrt((1 - p) * (1 + p * s**2))``
    - ``b = -a * p * s``

    give ``(1 - p) * (a * x + b) + p * (a * s + b)`` the mean 0 and the variance 1 of x.
    a, b and ``a * s + b`` are formed in double and rounded once to the dtype that
    computes, float32 for the half types; product and sum are rounded each. At p = 1,
    where a is infinite, the result is zeros.

    References
    ----------
    .. [1] G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-Normalizing
       Neural Networks", NIPS 2017, section 2, "New Dropout Technique".

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.linspace(-1, 1, 6, dtype=np.float32)
    >>> dl.alpha_dropout(x, 0.25, rng=1)
    array([-0.48607656, -0.13917342, -1.1435442 ,  0.55463296,  0.9015362 ,
           -1.1435442 ], dtype=float32)
    >>> x = np.random.default_rng(0).normal(size=10**6)
    >>> y = dl.alpha_dropout(x, 0.25, rng=1)
    >>> print(f"{x.mean():.2f} {x.var():.2f}, {y.mean():.2f} {y.var():.2f}")
    0.00 1.00, 0.00 1.00
    """
    return _drop(
        _activations, x, "x", p, mode, shared_axes,
        rng, mask, return_mask, full_shape, start, out,
    )  # fmt: skip


def alpha_dropout_backward(
    grad: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | None = None,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Give the gradient of `alpha_dropout` in x.

    In training, ``grad_x = a * grad`` where x was kept, and +0 elsewhere.

    Parameters
    ----------
    grad : array_like
        The gradient in y, of y's shape; real. Integers and bools become float64.
    p : float, default 0.5
        As it was for `alpha_dropout`, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        As it was.
    shared_axes : int or tuple of int, default ()
        As they were.
    rng : optional
        The Key that `alpha_dropout` was given, or what makes the same one.
    mask : array_like of bool, optional
        As it was.
    full_shape, start : tuple of int, optional
        As they were.
    out : ndarray, optional
        Where to store the result; may be grad or overlap it.

    Returns
    -------
    grad_x : ndarray or scalar
        Of grad's shape and floating dtype; `out` if given. grad itself where nothing
        is to be done and no mask was given.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is complex or not supported.
    ValueError
        If p is NaN or outside [0, 1], or another argument does not fit.

    See Also
    --------
    alpha_dropout : the forward pass, with the formula of a.

    References
    ----------
    .. [1] G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-Normalizing
       Neural Networks", NIPS 2017, the derivative of its new dropout technique.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> key = dl.Key(5)
    >>> dl.alpha_dropout(np.zeros(4), 0.25, rng=key)
    array([ 0.3811814 , -1.14354419,  0.3811814 ,  0.3811814 ])
    >>> dl.alpha_dropout_backward(np.ones(4), 0.25, rng=key)
    array([0.86725792, 0.        , 0.86725792, 0.86725792])
    """
    return _drop(
        _gradients, grad, "grad", p, mode, shared_axes,
        rng, mask, False, full_shape, start, out,
    )  # fmt: skip


def _activations(p: float) -> Affine:
    """What becomes of activations at p < 1."""
    a = 1.0 / math.sqrt((1.0 - p) * (1.0 + p * (SATURATION * SATURATION)))
    b = -a * SATURATION * p
    return Affine(AFFINE, a, b, a * SATURATION + b)


def _gradients(p: float) -> Affine:
    """What becomes of their gradients at p < 1."""
    return Affine(a=_activations(p).a)


def _drop(
    affine: Callable[[float], Affine],
    x: ArrayLike,
    name: str,
    p: float,
    mode: str,
    shared_axes: int | Sequence[int],
    rng: RNG,
    mask: ArrayLike | None,
    return_mask: bool,
    full_shape: Sequence[int] | None,
    start: Sequence[int] | None,
    out: Array | None,
) -> Any:
    """Both passes, which differ in the affine and in the name of their array."""
    y = _core.elementwise(
        x, p, rng, full_shape, start,
        mode, mask, return_mask, out, shared_axes, affine,
    )  # fmt: skip
    if y is not NotImplemented:
        return y
    array = _validation.array(x, name)
    dtype = _validation.result_dtype(array.dtype, name)
    if dtype.kind == "c":
        raise TypeError(f"{name} must be a real array, got dtype {dtype}")
    p = _validation.probability(p, "p")
    train = _validation.training(mode)
    shared = _validation.axes(shared_axes, "shared_axes", array.ndim)
    given = mask is not None
    where = masks.geometry(array.shape, shared, full_shape, start, given=given)
    unchanged = not train or (p == 0.0 and not given)
    chosen = Affine() if unchanged or p == 1.0 else affine(p)
    return apply_mask(
        array,
        dtype,
        where,
        at_rate(p if train else 0.0, chosen, where, rng),
        identity=unchanged,
        train=train,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )
