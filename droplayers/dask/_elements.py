"""Functions with a mask of elements, or of what shares a draw."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation, functional
from ._blocks import apply, known, residual_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dask.array import Array
    from numpy.typing import ArrayLike

    from .._validation import Array as NumPyArray
    from ..keys import RNG


def dropout(
    x: Array,
    p: float = 0.5,
    mode: str = "train",
    *,
    scaling: str = "inverted",
    shared_axes: int | Sequence[int] = (),
    residual: ArrayLike | Array | None = None,
    rng: RNG = None,
    mask: ArrayLike | Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Drop elements at random and scale the others, as `droplayers.dropout` does.

    Parameters
    ----------
    x : dask.array.Array
        With chunks of known sizes.
    p, mode, scaling, shared_axes : optional
        As in `droplayers.dropout`.
    residual : array_like or dask.array.Array, optional
        Of x's shape: gives ``residual + dropout(x)``. It is cut as x is.
    rng : optional
        As in `droplayers.dropout`; a key is drawn from it at the call.
    mask : array_like or dask.array.Array of bool, optional
        The keep mask instead of drawing one. It is cut as x is.
    return_mask : bool, default False
        Whether to return the keep mask too.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done and no mask or residual was
        given.
    keep : dask.array.Array of bool
        With `return_mask`: True is kept. It is drawn without computing x.

    Raises
    ------
    TypeError
        If x is no Dask array, or as in `droplayers.dropout`.
    ValueError
        If the sizes of chunks are not known, or as in `droplayers.dropout`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import dropout
    >>> x = da.ones((4, 6), chunks=(2, 3), dtype="f4")
    >>> y, keep = dropout(x, 0.5, shared_axes=1, rng=dl.Key(2), return_mask=True)
    >>> print(y.compute())
    [[2. 2. 2. 2. 2. 2.]
     [2. 2. 2. 2. 2. 2.]
     [0. 0. 0. 0. 0. 0.]
     [2. 2. 2. 2. 2. 2.]]
    >>> keep.chunks
    ((2, 2), (1,))
    """
    known(x, "x")
    call = functools.partial(
        functional.dropout,
        p=_validation.probability(p, "p"),
        mode=mode,
        scaling=scaling,
        shared_axes=_validation.integers(shared_axes, "shared_axes"),
    )
    added = {} if residual is None else {"residual": residual_of(x, residual)}
    return apply(call, x, rng, call, mask, return_mask, operands=added)


def spatial_dropout(
    x: Array,
    p: float = 0.5,
    mode: str = "train",
    *,
    channel_axis: int = 1,
    rng: RNG = None,
    mask: ArrayLike | Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Drop whole channels, as `droplayers.spatial_dropout` does.

    Parameters
    ----------
    x : dask.array.Array
        With chunks of known sizes.
    p, mode, channel_axis : optional
        As in `droplayers.spatial_dropout`.
    rng, mask, return_mask : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done and no mask was given.
    keep : dask.array.Array of bool
        With `return_mask`: True is kept.

    Raises
    ------
    TypeError, ValueError
        As in `dropout`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import spatial_dropout
    >>> x = da.ones((1, 4, 2, 3), chunks=(1, 4, 1, 3))
    >>> print(spatial_dropout(x, 0.5, rng=dl.Key(5))[0, :, :, 0].compute())
    [[2. 2.]
     [0. 0.]
     [0. 0.]
     [2. 2.]]
    """
    known(x, "x")
    call = functools.partial(
        functional.spatial_dropout,
        p=_validation.probability(p, "p"),
        mode=mode,
        channel_axis=channel_axis,
    )
    return apply(call, x, rng, call, mask, return_mask)


def alpha_dropout(
    x: Array,
    p: float = 0.5,
    mode: str = "train",
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Drop SELU activations, as `droplayers.alpha_dropout` does.

    Parameters
    ----------
    x : dask.array.Array
        With chunks of known sizes; real.
    p, mode, shared_axes : optional
        As in `droplayers.alpha_dropout`.
    rng, mask, return_mask : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done and no mask was given.
    keep : dask.array.Array of bool
        With `return_mask`: True is kept.

    Raises
    ------
    TypeError, ValueError
        As in `dropout`, and if x is complex.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import alpha_dropout
    >>> x = da.zeros(4, chunks=3, dtype="f4")
    >>> alpha_dropout(x, 0.5, rng=dl.Key(2)).compute()
    array([ 0.77919394,  0.77919394, -0.77919394,  0.77919394], dtype=float32)
    """
    return _alpha(
        functional.alpha_dropout, x, "x", p, mode, shared_axes, rng, mask, return_mask
    )


def alpha_dropout_backward(
    grad: Array,
    p: float = 0.5,
    mode: str = "train",
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | Array | None = None,
) -> Any:
    """Give the gradient of `alpha_dropout` in x, as
    `droplayers.alpha_dropout_backward` does.

    Parameters
    ----------
    grad : dask.array.Array
        The gradient in y, with chunks of known sizes; real.
    p, mode, shared_axes, rng, mask : optional
        As they were for `alpha_dropout`.

    Returns
    -------
    grad_x : dask.array.Array
        In grad's chunks; grad itself where nothing is to be done and no mask was given.

    Raises
    ------
    TypeError, ValueError
        As in `alpha_dropout`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import alpha_dropout_backward
    >>> grad = da.ones(4, chunks=3, dtype="f4")
    >>> alpha_dropout_backward(grad, 0.5, rng=dl.Key(2)).compute()
    array([0.8864049, 0.8864049, 0.       , 0.8864049], dtype=float32)
    """
    return _alpha(
        functional.alpha_dropout_backward, grad, "grad", p, mode, shared_axes, rng, mask
    )


def _alpha(
    function: Any,
    x: Array,
    name: str,
    p: float,
    mode: str,
    shared_axes: int | Sequence[int],
    rng: RNG,
    mask: ArrayLike | Array | None,
    return_mask: bool = False,
) -> Any:
    """Both passes, with the mask of the forward pass."""
    known(x, name)
    options: dict[str, Any] = {
        "p": _validation.probability(p, "p"),
        "mode": mode,
        "shared_axes": _validation.integers(shared_axes, "shared_axes"),
    }
    call = functools.partial(function, **options)
    return apply(call, x, rng, masks_of(**options), mask, return_mask)


def masks_of(**options: Any) -> Callable[..., Any]:
    """A function that gives `dropout`'s masks for arrays of any dtype."""
    return functools.partial(_dropout, options)


def _dropout(options: dict[str, Any], x: NumPyArray, **block: Any) -> Any:
    zeros = np.broadcast_to(np.float16(0), x.shape)
    return functional.dropout(zeros, **options, **block)


def gaussian_dropout(
    x: Array, p: float = 0.5, mode: str = "train", *, rng: RNG = None
) -> Any:
    """Multiply elements by normal noise of mean 1, as `droplayers.gaussian_dropout`
    does.

    Parameters
    ----------
    x : dask.array.Array
        With chunks of known sizes.
    p, mode : optional
        As in `droplayers.gaussian_dropout`.
    rng : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done.

    Raises
    ------
    TypeError, ValueError
        As in `dropout`, and if p is 1.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import gaussian_dropout
    >>> gaussian_dropout(da.ones(4, chunks=3), 0.2, rng=dl.Key(1)).compute()
    array([0.89825858, 0.7217551 , 0.60197144, 1.36188309])
    """
    known(x, "x")
    p = _validation.probability(p, "p")
    call = functools.partial(functional.gaussian_dropout, p=p, mode=mode)
    return apply(call, x, rng)
