"""Drop-path on Dask arrays."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from .. import _validation, functional
from ._blocks import Operand, apply, cut, known, residual_of, stand_in

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def drop_path(
    x: da.Array,
    prob: float | ArrayLike | da.Array = 0.0,
    training: bool = False,
    *,
    per: str = "sample",
    scaling: str = "inverted",
    scale_by_keep: bool = True,
    residual: ArrayLike | da.Array | None = None,
    rng: RNG = None,
    mask: ArrayLike | da.Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Drop whole samples at random, as `droplayers.drop_path` does.

    Parameters
    ----------
    x : dask.array.Array
        Of shape (B, ...), with chunks of known sizes.
    prob : float, array_like or dask.array.Array of float, default 0.0
        Probability to drop a sample; or one for each, of shape (B,). A Dask array's
        values are checked where they are computed, and always draw a key.
    training, per, scaling, scale_by_keep : optional
        As in `droplayers.drop_path`.
    residual : array_like or dask.array.Array, optional
        Of x's shape: gives ``residual + drop_path(x)``. It is cut as x is.
    rng, mask, return_mask : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done.
    keep : dask.array.Array of bool
        With `return_mask`: of shape (B,), or (1,) per batch. True is kept.

    Raises
    ------
    TypeError
        If x is no Dask array, or as in `droplayers.drop_path`.
    ValueError
        If the sizes of chunks are not known, or as in `droplayers.drop_path`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import drop_path
    >>> x = da.ones((4, 3), chunks=2, dtype="f4")
    >>> drop_path(x, 0.5, True, residual=x, rng=dl.Key(2)).compute()
    array([[3., 3., 3.],
           [3., 3., 3.],
           [1., 1., 1.],
           [3., 3., 3.]], dtype=float32)
    """
    known(x, "x")
    call = functools.partial(
        functional.drop_path,
        training=training,
        per=per,
        scaling=scaling,
        scale_by_keep=scale_by_keep,
    )
    operands = {}
    rates, rate = _rates(prob, None if per == "batch" else x.shape[:1])
    if isinstance(rates, float):
        call = functools.partial(call, prob=rates)
    else:
        operands["prob"] = Operand(cut(rates, x.chunks[:1]), rate)
    if residual is not None:
        operands["residual"] = residual_of(x, residual)
    return apply(call, x, rng, call, mask, return_mask, operands=operands)


def _rates(
    prob: Any, shape: tuple[int, ...] | None
) -> tuple[float | Array | da.Array, float]:
    """Checked rates, and one in their place that draws a key where they do."""
    if isinstance(prob, da.Array) and prob.ndim:
        _validation.probabilities(stand_in(known(prob, "prob")), "prob", shape)
        return prob, 0.5
    rates = _validation.probabilities(prob, "prob", shape)
    return rates, 0.5 if np.any(rates % 1.0) else 1.0
