"""Stochastic depth: a branch that runs on the kept samples alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from .._lib import mask as masks
from .._lib.elementwise import RESIDUAL, TILE, Affine, apply
from .._lib.memory import empty_like
from .._lib.pipeline import returned
from ._kept_rows import SAMPLINGS, kept_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from .._validation import Array
    from ..keys import RNG

    Branch = Callable[[NDArray[Any]], ArrayLike]


def stochastic_depth(
    x: ArrayLike,
    branch: Branch,
    prob: float = 0.0,
    training: bool = False,
    *,
    sampling: str = "bernoulli",
    rng: RNG = None,
    out: Array | None = None,
) -> Any:
    """Add a branch's result to x, with the branch run on the kept samples alone.

    In training, ``y[kept] = x[kept] + scale * branch(x[kept])``, and a dropped sample
    is x's: what `drop_path` of ``branch(x)`` with x as its residual gives, in less
    time the more are dropped.

    Parameters
    ----------
    x : array_like
        Of shape (B, ...), real or complex. Integers and bools become float64.
    branch : callable
        Called with an array of the kept samples of x, of shape (kept, ...), its own
        to write to; gives an array of that shape. Not called where none is kept.
    prob : float, default 0.0
        Probability to drop a sample, in [0, 1].
    training : bool, default False
        Whether to drop; ``x + branch(x)`` otherwise.
    sampling : {"bernoulli", "fixed"}, default "bernoulli"
        Whether each sample is dropped by itself, or a fixed number of them, as in
        `kept_rows`.
    rng : optional
        As in `dropout`.
    out : ndarray, optional
        Where to store the result, of a dtype that takes x's too under same_kind
        casting; may be x or overlap it.

    Returns
    -------
    y : ndarray
        Of x's shape, of the dtype that x and the branch's result promote to, x's own
        where the branch is not called; `out` if given. Never x itself.

    Raises
    ------
    TypeError
        If `branch` is not callable, `training` no bool, or a dtype not supported.
    ValueError
        If x has no axis, prob is outside [0, 1], the branch gives another shape, or
        another argument does not fit. x and `out` are then as before, as when the
        branch raises.

    See Also
    --------
    stochastic_depth_backward : its gradient.
    kept_rows : the samples that the branch runs on.
    drop_path : drops samples of a result that is already computed.

    Notes
    -----
    The scale is 1 / (1 - prob), or B / kept with "fixed". Product and sum are rounded
    each, for the half types in float32 with one rounding to half. The paper scales in
    test mode instead.

    References
    ----------
    .. [1] G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep Networks with
       Stochastic Depth", ECCV 2016, equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.ones((5, 2))
    >>> def branch(v):
    ...     print("rows:", len(v))
    ...     return 3 * v
    >>> dl.stochastic_depth(x, branch, 0.5, True, rng=0)
    rows: 1
    array([[1., 1.],
           [1., 1.],
           [7., 7.],
           [1., 1.],
           [1., 1.]])
    >>> dl.stochastic_depth(x[:1], branch)
    rows: 1
    array([[4., 4.]])
    """
    return _add_branch(x, "x", branch, "branch", prob, training, sampling, rng, out)


def stochastic_depth_backward(
    grad: ArrayLike,
    branch_backward: Branch,
    prob: float = 0.0,
    training: bool = False,
    *,
    sampling: str = "bernoulli",
    rng: RNG = None,
    out: Array | None = None,
) -> Any:
    """Give the gradient of `stochastic_depth` in x.

    ``grad + scatter(branch_backward(grad[kept]) * scale)``: the forward pass on the
    gradient, with the branch's own backward pass for the branch.

    Parameters
    ----------
    grad : array_like
        The gradient in y, of y's shape.
    branch_backward : callable
        Called with grad[kept], of shape (kept, ...), unscaled; gives the gradient in
        the branch's argument. Gradients of the branch's weights that it forms on the
        way are to be multiplied by the scale that `kept_rows` gives.
    prob : float, default 0.0
        As it was for `stochastic_depth`, in [0, 1].
    training : bool, default False
        As it was.
    sampling : {"bernoulli", "fixed"}, default "bernoulli"
        As it was.
    rng : optional
        The Key that `stochastic_depth` was given, or what makes the same one.
    out : ndarray, optional
        Where to store the result; may be grad or overlap it.

    Returns
    -------
    grad_x : ndarray
        Of grad's shape, of the dtype that it and the branch's gradient promote to;
        `out` if given.

    Raises
    ------
    TypeError, ValueError
        As `stochastic_depth`.

    See Also
    --------
    stochastic_depth : the forward pass.

    References
    ----------
    .. [1] G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep Networks with
       Stochastic Depth", ECCV 2016, the derivative of equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> key = dl.Key(4)
    >>> x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    >>> dl.stochastic_depth(x, lambda v: v @ w, 0.5, True, rng=key)
    array([[5., 8.],
           [3., 4.]])
    >>> grad = np.ones((2, 2))
    >>> dl.stochastic_depth_backward(grad, lambda g: g @ w.T, 0.5, True, rng=key)
    array([[3., 5.],
           [1., 1.]])
    """
    return _add_branch(
        grad, "grad", branch_backward, "branch_backward",
        prob, training, sampling, rng, out,
    )  # fmt: skip


def _add_branch(
    x: ArrayLike,
    x_name: str,
    branch: Branch,
    branch_name: str,
    prob: float,
    training: bool,
    sampling: str,
    rng: RNG,
    out: Array | None,
) -> Any:
    """Both passes, which differ in the names of their arguments alone."""
    owner = _validation.array(x, x_name)
    array = owner[...]  # a view: the branch may change the shape of x itself
    if array.ndim == 0:
        raise ValueError(f"{x_name} must have an axis of samples, got a 0-d array")
    dtype = _validation.result_dtype(array.dtype, x_name)
    if not callable(branch):
        raise TypeError(f"{branch_name} must be callable, got {branch!r}")
    p = _validation.probability(prob, "prob")
    train = _validation.flag(training, "training")
    _validation.choice(sampling, "sampling", SAMPLINGS)
    if out is not None:
        _validation.out(out, array.shape, dtype)
    rate = p if train else 0.0
    rows, factor = kept_rows(len(array), rate, sampling=sampling, rng=rng)
    everything = len(rows) == len(array)
    kept = array.astype(dtype) if everything else array[rows].astype(dtype, copy=False)
    part = kept
    if rows.size:
        result, memory = f"{branch_name}'s result", _memory(owner)
        part = _validation.array(branch(kept[...]), result)
        if _memory(owner) != memory:
            raise ValueError(
                f"{x_name} must keep its memory, but {branch_name} took it"
            )
        dtype = _validation.common_dtype(kept, "its argument", part, result)
    target = None if out is None else _validation.out(out, array.shape, dtype)
    if target is None:
        target = empty_like(array, dtype)
    _add_rows(array, part, rows, dtype, factor, target)
    return returned(target, out, None)


def _memory(x: Array) -> tuple[int, int]:
    """The address and the length of an array's memory."""
    return x.__array_interface__["data"][0], x.nbytes


def _add_rows(
    x: Array,
    part: Array,
    rows: NDArray[np.intp],
    dtype: np.dtype[Any],
    factor: float,
    out: Array,
) -> None:
    """Store x in out, with factor * part added on some rows. part has these rows alone;
    they are laid out as x's, tile by tile."""
    x = _validation.apart(x, out)
    if np.may_share_memory(part, out):
        part = part.copy()
    keep = np.zeros(len(x), np.bool_)
    keep[rows] = True
    bits = masks.from_array(keep, masks.rows(x.shape, False))
    few = TILE // max(1, math.prod(x.shape[1:]))
    step = max(1, len(x) if len(rows) == len(x) else few)
    for low in range(0, len(x), step):
        tile = slice(low, low + step)
        first, last = np.searchsorted(rows, (low, low + step))
        terms = part[first:last]
        if len(terms) < len(x[tile]):
            terms = np.empty_like(x[tile], dtype)
            with np.errstate(all="ignore"):
                terms[rows[first:last] - low] = part[first:last]
        mask = bits._replace(first=low)
        apply(terms, dtype, mask, Affine(RESIDUAL, factor), x[tile], out[tile])
