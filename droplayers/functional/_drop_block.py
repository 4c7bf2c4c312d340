"""DropBlock: blocks of neighbouring cells are dropped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.block_rate import seed_threshold
from .._lib.elementwise import Affine
from .._lib.pipeline import apply_mask, reserve_then_draw
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._lib.mask import Geometry, Mask
    from .._lib.pipeline import Draw
    from .._validation import Array
    from ..keys import RNG


def drop_block(
    x: ArrayLike,
    p: float = 0.1,
    mode: str = "train",
    *,
    block_size: int | Sequence[int] = 7,
    channel_axis: int = 1,
    shared_channels: bool = False,
    rng: RNG = None,
    mask: ArrayLike | None = None,
    return_mask: bool = False,
    out: Array | None = None,
) -> Any:
    """Drop blocks of neighbouring cells of a map, and scale the others.

    In training, seeds are drawn and each drops the block of which it is the lowest
    corner; ``y = keep * x * size / kept`` by selection, with the mask's own size and
    count of kept cells. The expected share that is dropped is p.

    Parameters
    ----------
    x : array_like
        Of shape (N, C, d1[, d2[, d3]]), or with its channels on another axis but 0;
        real or complex. Integers and bools become float64.
    p : float, default 0.1
        Expected share of cells that are dropped, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        Whether to drop; the identity otherwise.
    block_size : int or tuple of int, default 7
        Side of a block, or one for each spatial axis, at least 1. A side that is
        longer than its axis is as long as it.
    channel_axis : int, default 1
        The axis of the channels.
    shared_channels : bool, default False
        Whether all channels of a sample lose the same cells.
    rng : optional
        As in `dropout`.
    mask : array_like of bool, optional
        The keep mask of the cells instead of drawing one: of x's shape, with 1 on the
        channels' axis where they share. p = 1 gives zeros still.
    return_mask : bool, default False
        Whether to return the keep mask of the cells too.
    out : ndarray, optional
        Where to store the result; may be x or overlap it.

    Returns
    -------
    y : ndarray
        Of x's shape and floating dtype; `out` if given. x itself where nothing is to
        be done. Zeros where nothing is kept.
    keep : ndarray of bool
        With `return_mask`: True is kept. In test mode all are.

    Raises
    ------
    TypeError
        If p is no real number, a size no integer, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], a size is below 1, x has fewer than 3 or more
        than 5 axes, or another argument does not fit.

    See Also
    --------
    spatial_dropout : drops whole channels.

    Notes
    -----
    The backward pass is the same call on the gradient with the same Key. Seeds fall
    independently at the rate gamma for which ``1 - (1 - gamma)**n``, with n the seeds
    whose blocks cover a cell, is p on average over the cells. The paper's formula
    (its equation 1) is only near that: on 14 x 14 cells it drops 0.25 for 0.3, and
    in other libraries' form 0.93 for 0.1 on 7 x 7. The time does not grow with
    `block_size`, but for the first call with a p, which solves for gamma: a
    tenth of a second for blocks of 700 x 700, in proportion to their cells.

    References
    ----------
    .. [1] G. Ghiasi, T.-Y. Lin, Q. V. Le, "DropBlock: A Regularization Method for
       Convolutional Networks", NeurIPS 2018, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x = np.ones((1, 1, 5, 6), np.float32)
    >>> print(dl.drop_block(x, 0.2, block_size=2, rng=9)[0, 0])
    [[0.        0.        1.1538461 1.1538461 1.1538461 1.1538461]
     [0.        0.        1.1538461 1.1538461 1.1538461 1.1538461]
     [1.1538461 1.1538461 1.1538461 1.1538461 1.1538461 1.1538461]
     [1.1538461 1.1538461 1.1538461 1.1538461 1.1538461 1.1538461]
     [1.1538461 1.1538461 1.1538461 1.1538461 1.1538461 1.1538461]]
    """
    array = _validation.array(x, "x")
    dtype = _validation.result_dtype(array.dtype, "x")
    p = _validation.probability(p, "p")
    train = _validation.training(mode)
    where, blocks = _blocks(array.shape, block_size, channel_axis, shared_channels)
    rate = p if train else 0.0
    return apply_mask(
        array,
        dtype,
        where,
        _at_rate(rate, where, blocks, rng),
        identity=rate == 0.0,
        train=train,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )


def _blocks(
    shape: tuple[int, ...], block_size: Any, channel_axis: Any, shared_channels: Any
) -> tuple[Geometry, tuple[int, ...]]:
    """The geometry of the mask of cells, and the side of a block along each axis."""
    if not 3 <= len(shape) <= 5:
        raise ValueError(f"x must have 3 to 5 axes, got shape {shape}")
    channel = _validation.channel(channel_axis, len(shape))
    shares = _validation.flag(shared_channels, "shared_channels")
    spatial = [axis for axis in range(1, len(shape)) if axis != channel]
    sizes = _sides(block_size, len(spatial))
    sides = [1] * len(shape)
    for axis, side in zip(spatial, sizes, strict=True):
        sides[axis] = min(side, shape[axis])
    return masks.geometry(shape, (channel,) if shares else ()), tuple(sides)


def _sides(block_size: Any, axes: int) -> tuple[int, ...]:
    """The side of a block along each of some spatial axes."""
    checked = _validation.integers(block_size, "block_size")
    sides = checked if isinstance(checked, tuple) else (checked,) * axes
    if len(sides) != axes:
        raise ValueError(f"block_size must be one or {axes} sides, got {block_size!r}")
    if min(sides) < 1:
        raise ValueError(f"block_size must be at least 1, got {block_size!r}")
    return sides


def _at_rate(p: float, where: Geometry, blocks: tuple[int, ...], rng: RNG) -> Draw:
    """Draw a mask of blocks. What it keeps is scaled by its own size / kept."""

    def draw(keep: Array | None) -> tuple[Mask, Affine]:
        size = kept = math.prod(where.shape)
        if keep is not None and p < 1.0:
            bits, kept = masks.from_array(keep, where), int(np.count_nonzero(keep))
        elif 0.0 < p < 1.0:
            bits, kept = _draw_blocks(p, where, blocks, rng)
        else:
            bits = masks.from_key(0, p, where)
        return bits, Affine(a=size / kept if kept else 1.0)

    return draw


def _draw_blocks(
    p: float, where: Geometry, blocks: tuple[int, ...], rng: RNG
) -> tuple[Mask, int]:
    """A mask of cells, and how many of them it keeps."""
    cells = where.shape
    packed, key = reserve_then_draw(
        lambda: masks.empty_bits(math.prod(cells)), lambda: draw_key(rng)
    )
    kept = 0
    if math.prod(cells):
        pairs = zip(cells, blocks, strict=True)
        sides = tuple((d, side) for d, side in pairs if side > 1)
        kept = _core.block_mask(packed, cells, blocks, key, seed_threshold(p, sides))
    return masks.from_bits(packed, where), kept
