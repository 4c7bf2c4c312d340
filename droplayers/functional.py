"""The functions: dropout, drop-path, and the masks themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _check, _core, _masks
from ._select import RESIDUAL, SCALE, Affine, select, select_rows
from .keys import Key, draw_key

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ._check import Array
    from ._masks import Geometry
    from .keys import RNG


def _scale(p: float) -> float:
    """What kept elements are multiplied by; nothing is kept at p = 1."""
    return 1.0 / (1.0 - p) if p < 1.0 else 1.0


def _drop(
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
    return_mask = _check.flag(return_mask, "return_mask")
    keep = None if mask is None else _check.keep(mask, where.shape)
    target = None if out is None else _check.out(out, x.shape, dtype)
    if not train:
        p, keep = 0.0, None
    if keep is not None and p < 1.0:
        bits = _masks.given(keep, where)
    else:
        bits = _masks.drawn(draw_key(rng) if 0.0 < p < 1.0 else 0, p, where)
    if p == 0.0 and keep is None and affine == Affine() and out is None:
        result = x if x.dtype == dtype and x.dtype.isnative else x.astype(dtype)
    elif affine.a == 0.0:  # zeros by selection: 0 * infinity would be NaN
        nothing = _masks.drawn(0, 1.0, where)
        result = select(x, dtype, nothing, affine, out=target)
    else:
        result = select(x, dtype, bits, affine, r, target)
    if return_mask and keep is None:
        keep = _masks.booleans(bits, where.shape)
    return _returned(result, out, keep if return_mask else None)


def _returned(result: Array, out: Array | None, keep: Array | None) -> Any:
    """out itself or the result, a 0-d one as a scalar; and the mask if there is."""
    y = out if out is not None else result if result.ndim else result[()]
    return y if keep is None else (y, keep if keep.ndim else keep[()])


def dropout(
    x: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    scaling: str = "inverted",
    shared_axes: int | tuple[int, ...] = (),
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: tuple[int, ...] | None = None,
    start: tuple[int, ...] | None = None,
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
        same_kind casting. May be x or overlap it.

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
        If p is no real number, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], or another argument does not fit.

    See Also
    --------
    drop_path : drops whole samples.
    keep_mask : the mask alone.

    Notes
    -----
    The backward pass is the same call on the gradient with the same Key. The mask
    of element i depends on (key, i, p) alone, with i its C-order index: not on
    dtype, memory layout, threads or machine. The factor is formed in double and
    rounded once to the dtype that computes, float32 for the half types.

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
            8.       ,  0.       , 10.666667 ], dtype=float32)
    >>> dl.dropout(x, 0.25, "test") is x
    True
    """
    number = rng._word if type(rng) is Key else None
    plain = _core.dropout(
        x, p, mode, scaling, shared_axes, number, rng,
        mask, return_mask, full_shape, start, out,
    )  # fmt: skip
    if plain is not NotImplemented:
        return plain
    array = _check.array(x, "x")
    dtype = _check.result_dtype(array.dtype, "x")
    p = _check.probability(p, "p")
    train = _check.training(mode)
    inverted = _check.choice(scaling, "scaling", ("inverted", "classic")) == "inverted"
    shared = _check.axes(shared_axes, "shared_axes", array.ndim)
    own = mask is not None
    where = _masks.geometry(array.shape, shared, full_shape, start, own=own)
    if train:
        a = _scale(p) if inverted else 1.0
    else:
        a = 1.0 if inverted else 1.0 - p
    return _drop(
        array, dtype, p, Affine(a=a), where, rng, mask, return_mask, out, train=train
    )


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
    full_shape: tuple[int, ...] | None = None,
    start: tuple[int, ...] | None = None,
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
           [2., 2., 2.],
           [0., 0., 0.]], dtype=float32)
    >>> dl.drop_path(x, 0.5) is x
    True
    """
    number = rng._word if type(rng) is Key else None
    plain = _core.drop_path(
        x, prob, training, per, scale_by_keep, residual, number, rng,
        mask, return_mask, full_shape, start, out,
    )  # fmt: skip
    if plain is not NotImplemented:
        return plain
    array = _check.array(x, "x")
    if array.ndim == 0:
        raise ValueError("x must have an axis of samples, got a 0-d array")
    dtype = _check.result_dtype(array.dtype, "x")
    probs = _check.probabilities(prob, "prob", array.shape[:1])
    train = _check.flag(training, "training")
    batch = _check.choice(per, "per", ("sample", "batch")) == "batch"
    scaled = _check.flag(scale_by_keep, "scale_by_keep")
    other = None
    if residual is not None:
        other = _check.array(residual, "residual")
        dtype = _check.common_dtype(array, "x", other, "residual")
    own = mask is not None
    where = _masks.rows(array.shape, batch, full_shape, start, own=own)
    form = SCALE if other is None else RESIDUAL
    if isinstance(probs, float):
        affine = Affine(form, _scale(probs) if train and scaled else 1.0)
        return _drop(
            array,
            dtype,
            probs,
            affine,
            where,
            rng,
            mask,
            return_mask,
            out,
            train=train,
            r=other,
        )
    if batch:
        raise ValueError("prob must be one number with per='batch', got an array")
    keep = None if mask is None else _check.keep(mask, where.shape)
    target = None if out is None else _check.out(out, array.shape, dtype)
    return_mask = _check.flag(return_mask, "return_mask")
    if not train:
        probs = np.zeros_like(probs)
        keep = np.ones_like(probs, dtype=np.bool_)
    elif keep is None:
        keep = _masks.rows_kept(probs, where.index, rng)
    scale = np.ones_like(probs)
    if scaled:
        np.divide(1.0, 1.0 - probs, out=scale, where=probs < 1.0)
    result = select_rows(
        array, dtype, keep & (probs < 1.0), Affine(form, scale), other, target
    )
    return _returned(result, out, keep if return_mask else None)


def keep_mask(
    shape: int | tuple[int, ...],
    p: float,
    *,
    rng: RNG = None,
    packed: bool = False,
    full_shape: tuple[int, ...] | None = None,
    start: tuple[int, ...] | None = None,
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
    array([False,  True, False,  True,  True, False, False,  True])
    >>> dl.keep_mask(8, 0.5, rng=1, packed=True)
    array([154], dtype=uint8)
    """
    shape = _check.lengths(shape, "shape")
    p = _check.probability(p, "p")
    packed = _check.flag(packed, "packed")
    _check.size(shape, "shape", np.iinfo(np.intp).max)
    where = _masks.geometry(shape, (), full_shape, start)
    mask = _masks.drawn(draw_key(rng) if 0.0 < p < 1.0 else 0, p, where)
    if packed:
        return _core.pack(shape, *mask)
    return _masks.booleans(mask, shape)[()]
