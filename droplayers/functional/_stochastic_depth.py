"""Stochastic depth: a branch that runs on the kept samples alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import RESIDUAL, TILE, Affine, apply, as_known, unpack
from .._lib.pipeline import empty_like, in_mode
from .._undo import undoes_its_draw
from ._kept_rows import SAMPLINGS, fixed_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from .._lib.mask import Mask
    from .._validation import Array
    from ..keys import RNG

    Branch = Callable[[NDArray[Any]], ArrayLike]


def stochastic_depth(
    x: ArrayLike,
    branch: Branch,
    prob: float = 0.0,
    training: bool = False,
    *,
    per: str = "sample",
    scaling: str = "inverted",
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
    per : {"sample", "batch"}, default "sample"
        Whether each sample is dropped by itself, or all at once, as in the paper: the
        branch is then computed for all or for none.
    scaling : {"inverted", "classic"}, default "inverted"
        "classic", the paper's, adds ``branch(x[kept])`` as it is in training, and
        ``(1 - prob) * branch(x)`` in test mode.
    sampling : {"bernoulli", "fixed"}, default "bernoulli"
        Whether each sample is dropped by itself, or a fixed number of them, as in
        `kept_rows`. Must be "bernoulli" per batch and with "classic".
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
    each, for the half types in float32 with one rounding to half. In test mode the
    branch is called with all samples, but with "classic" at prob = 1, where its result
    counts for nothing.

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
    >>> dl.stochastic_depth(x, branch, 0.5, True, rng=8)
    rows: 2
    array([[1., 1.],
           [7., 7.],
           [1., 1.],
           [1., 1.],
           [7., 7.]])
    >>> dl.stochastic_depth(x[:1], branch)
    rows: 1
    array([[4., 4.]])
    >>> dl.stochastic_depth(x[:1], branch, 0.5, scaling="classic")
    rows: 1
    array([[2.5, 2.5]])
    """
    dropping = prob, training, per, scaling, sampling
    return _add_branch(x, "x", branch, "branch", dropping, rng, out)


def stochastic_depth_backward(
    grad: ArrayLike,
    branch_backward: Branch,
    prob: float = 0.0,
    training: bool = False,
    *,
    per: str = "sample",
    scaling: str = "inverted",
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
    per : {"sample", "batch"}, default "sample"
        As it was.
    scaling : {"inverted", "classic"}, default "inverted"
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
    dropping = prob, training, per, scaling, sampling
    return _add_branch(
        grad, "grad", branch_backward, "branch_backward", dropping, rng, out
    )


class _Dropping(NamedTuple):
    """Which samples a call drops, and what the branch's result is multiplied by."""

    rate: float  #: at which they are drawn; nothing is drawn at 0 and 1
    factor: float
    batch: bool
    fixed: bool  #: a number of them, by which the factor is found

    def draw(self, n: int, rng: RNG) -> tuple[bool, float, bytearray | None]:
        """Whether any of n samples is kept, the factor, and the packed mask that keeps
        them, where not all are kept or dropped at once."""
        if self.rate in (0.0, 1.0):
            return self.rate == 0.0, self.factor, None
        if self.batch:
            mask = masks.from_rng(self.rate, masks.Geometry((1,)), rng)
            (is_kept,) = unpack(mask, np.empty(1, np.bool_))
            return bool(is_kept), self.factor, None
        if self.fixed:
            rows, keep = fixed_rows(n, self.rate, rng), np.zeros(n, np.bool_)
            keep[rows] = True
            (packed, _), factor = masks.pack(keep), n / max(1, len(rows))
        else:
            packed, factor = masks.empty_bits(n), self.factor  # before the draw
            mask = masks.from_rng(self.rate, masks.Geometry((n,)), rng)
            masks.write(packed, (n,), mask)
        return True, factor, packed


def _dropping(
    prob: float, training: bool, per: str, scaling: str, sampling: str
) -> _Dropping:
    """Check what says how samples are dropped."""
    p = _validation.probability(prob, "prob")
    train = _validation.flag(training, "training")
    batch = _validation.choice(per, "per", ("sample", "batch")) == "batch"
    classic = _validation.classic(scaling)
    fixed = _validation.choice(sampling, "sampling", SAMPLINGS) == "fixed"
    if fixed and (batch or classic):
        other = "per='batch'" if batch else "scaling='classic'"
        raise ValueError(f"sampling must be 'bernoulli' with {other}, got 'fixed'")
    rate, factor = in_mode(p, train, classic)
    return _Dropping(rate, factor, batch, fixed)


@undoes_its_draw
def _add_branch(
    x: ArrayLike,
    x_name: str,
    branch: Branch,
    branch_name: str,
    dropping: tuple[float, bool, str, str, str],
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
    drops = _dropping(*dropping)
    if out is not None:
        _validation.out(out, array.shape, dtype)
    memory = _validation.whole(owner)
    some, factor, packed = drops.draw(len(array), rng)
    _check_memory(owner, x_name, memory, "rng")
    if packed is None:
        kept = array if some else array[:0]
    else:
        kept = _core.take_rows(array, packed)
    part = kept = kept.astype(dtype, copy=packed is None)
    if len(kept):
        result = f"{branch_name}'s result"
        part = _validation.array(branch(kept[...]), result)
        _check_memory(owner, x_name, memory, branch_name)
        dtype = _validation.common_dtype(kept, "its argument", part, result)
    if out is None:
        target = empty_like(array, dtype)
    else:
        target = _validation.out(out, array.shape, dtype)
        array = _validation.apart(array, target)
        if np.may_share_memory(part, target):
            part = part.copy()
    _add_rows(array, part, packed, dtype, factor, target)
    return target if out is None else out


def _check_memory(x: Array, name: str, memory: tuple[int, int], taker: str) -> None:
    """Check that x, of which there are views, has the memory that it had."""
    if _validation.whole(x) != memory:
        raise ValueError(f"{name} must keep its memory, but {taker} took it")


def _add_rows(
    x: Array,
    part: Array,
    packed: bytearray | None,
    dtype: np.dtype[Any],
    factor: float,
    out: Array,
) -> None:
    """Store x in out, with factor * part added on the rows that a packed mask keeps.
    part has these rows alone; all or none without a mask."""
    if packed is not None and (known := as_known([out, x, part], dtype)):
        target, rows, terms = known
        _core.add_rows(target, rows, terms, packed, factor)
        return
    affine, where = Affine(RESIDUAL, factor), masks.rows(x.shape, False)
    if packed is not None:
        _add_tiles(x, part, masks.from_bits(packed, where), dtype, affine, out)
    else:
        mask = masks.from_key(0, 0.0 if len(part) else 1.0, where)
        apply(part if len(part) else x, dtype, mask, affine, x, out)


def _add_tiles(
    x: Array,
    part: Array,
    mask: Mask,
    dtype: np.dtype[Any],
    affine: Affine,
    out: Array,
) -> None:
    """The same for dtypes without a kernel, tile by tile: each row of a tile has a row
    of part beside it, its own where it is kept."""
    step, end = max(1, TILE // max(1, math.prod(x.shape[1:]))), 0
    for low in range(0, len(x), step):
        here, row = mask.at(mask.first + low), x[low : low + step]
        rank = np.cumsum(unpack(here, np.empty(len(row), np.bool_))) + (end - 1)
        end = int(rank[-1]) + 1
        places = part.take(rank, axis=0, mode="clip") if end else row
        apply(places, dtype, here, affine, row, out[low : low + step])
