"""Spatial dropout: whole channels of a sample are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core, _validation
from ._dropout import dropout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def spatial_dropout(
    x: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    channel_axis: int = 1,
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    out: Array | None = None,
) -> Any:
    """Drop whole channels of each sample at random and scale the others.

    In training, ``y[b, c] = keep[b, c] * x[b, c] / (1 - p)`` by selection, for
    channels on axis 1: `dropout` that shares a draw along all other axes.

    Parameters
    ----------
    x : array_like
        Samples on axis 0 and channels on `channel_axis`: (N, C, ...) by default.
        Real or complex. Integers and bools become float64.
    p : float, default 0.5
        Probability to drop a channel, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        Whether to drop; the identity otherwise.
    channel_axis : int, default 1
        The axis of the channels, -1 for the last; any but axis 0.
    rng : optional
        As in `dropout`.
    mask : array_like of bool, optional
        The keep mask, instead of drawing one: of x's shape with 1 on all axes but 0
        and `channel_axis`. p then sets the scale alone (p = 1: zeros).
    return_mask : bool, default False
        Whether to return the keep mask too.
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`; as in `dropout`.
    out : ndarray, optional
        Where to store the result; may be x or overlap it.

    Returns
    -------
    y : ndarray
        Of x's shape and floating dtype, in x's memory layout; `out` if given. x
        itself where nothing is to be done and no mask was given.
    keep : ndarray of bool
        With `return_mask`: (N, C, 1, ...) by default. True is kept.

    Raises
    ------
    TypeError
        If p is no real number, `channel_axis` no integer, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], x has no such axis, `channel_axis` is that of
        samples, or another argument does not fit.

    See Also
    --------
    dropout : drops single elements; its `shared_axes` say the same for any axes.

    Notes
    -----
    Linear in x: the backward pass is the same call on the gradient with the same Key.
    Axis 0 is the batch whatever x's number of axes; the classes for one, two and three
    dimensions of other libraries take (C, H, W) for one sample or for a batch.

    References
    ----------
    .. [1] J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler, "Efficient Object
       Localization Using Convolutional Networks", CVPR 2015, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.ones((2, 3, 4), dtype=np.float32)
    >>> dl.spatial_dropout(x, 0.5, rng=8)
    array([[[0., 0., 0., 0.],
            [2., 2., 2., 2.],
            [0., 0., 0., 0.]],
    <BLANKLINE>
           [[0., 0., 0., 0.],
            [2., 2., 2., 2.],
            [2., 2., 2., 2.]]], dtype=float32)
    >>> y, keep = dl.spatial_dropout(x, 0.5, channel_axis=-1, rng=8, return_mask=True)
    >>> keep.shape
    (2, 1, 4)
    """
    y = _core.spatial_dropout(
        x, p, rng, full_shape, start, mode, mask, return_mask, out, channel_axis
    )
    if y is not NotImplemented:
        return y
    array = _validation.array(x, "x")
    _validation.result_dtype(array.dtype, "x")
    own = {0, _validation.channel(channel_axis, array.ndim)}
    return dropout(
        array,
        p,
        mode,
        shared_axes=tuple(axis for axis in range(array.ndim) if axis not in own),
        rng=rng,
        mask=mask,
        return_mask=return_mask,
        full_shape=full_shape,
        start=start,
        out=out,
    )
