"""DropBlock: blocks of neighbouring cells are dropped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from .._lib import block_mask as block_masks
from .._lib import mask as masks
from .._lib.elementwise import Affine
from .._lib.pipeline import apply_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._lib.block_mask import Blocks
    from .._lib.mask import Mask
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
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
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
    full_shape, start : tuple of int, optional
        x is the block of a larger array that begins at `start`, as in `dropout`, with
        whole maps: some samples, or some of their channels. Its mask is that block of
        the larger array's mask, and its scale its own size / kept.
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
    block_mask : the keep mask alone.
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
    blocks = block_masks.prepare(
        array.shape, "x", block_size, channel_axis, shared_channels, full_shape, start
    )
    rate = p if train else 0.0
    return apply_mask(
        array,
        dtype,
        blocks.where,
        at_rate(rate, blocks, rng),
        identity=rate == 0.0,
        train=train,
        mask=mask,
        return_mask=return_mask,
        out=out,
    )


def at_rate(p: float, blocks: Blocks, rng: RNG, factor: float | None = None) -> Draw:
    """Draw a mask of blocks. What it keeps is scaled by a factor, or by the mask's own
    size / kept."""

    def draw(keep: Array | None) -> tuple[Mask, Affine]:
        bits, kept = take_or_draw(p, blocks, keep, rng)
        own = scale(math.prod(blocks.where.shape), kept)
        return bits, Affine(a=own if factor is None else factor)

    return draw


def take_or_draw(
    p: float, blocks: Blocks, keep: Array | None, rng: RNG
) -> tuple[Mask, int]:
    """The mask that was given, or one at rate p, and the number of cells that it keeps.
    At p = 1 a given mask is not used: all is dropped."""
    if keep is not None and p < 1.0:
        return masks.from_array(keep, blocks.where), int(np.count_nonzero(keep))
    return block_masks.draw(p, blocks, rng)


def scale(size: int, kept: int) -> float:
    """What kept cells are multiplied by; 1 where none is kept."""
    return size / kept if kept else 1.0
