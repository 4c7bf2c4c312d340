"""DropBlock's keep mask alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _validation
from .._lib import block_mask as block_masks
from .._lib.elementwise import unpack
from .._lib.pipeline import reserve_then_draw
from .._undo import undoes_its_draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..keys import RNG


@undoes_its_draw
def block_mask(
    shape: Sequence[int],
    p: float = 0.1,
    *,
    block_size: int | Sequence[int] = 7,
    channel_axis: int = 1,
    shared_channels: bool = False,
    rng: RNG = None,
    full_shape: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
) -> NDArray[np.bool_]:
    """Give the keep mask of blocks alone, as `drop_block` of such an array draws it.

    Parameters
    ----------
    shape : tuple of int
        Of the maps: (N, C, d1[, d2[, d3]]), or with the channels on another axis but
        0.
    p : float, default 0.1
        Expected share of cells that are dropped, in [0, 1].
    block_size : int or tuple of int, default 7
        As in `drop_block`.
    channel_axis : int, default 1
        The axis of the channels.
    shared_channels : bool, default False
        Whether all channels of a sample lose the same cells: the mask then has 1 in
        place of C.
    rng : optional
        As in `dropout`.
    full_shape, start : tuple of int, optional
        The mask is the block of a larger one, with whole maps, as in `drop_block`.

    Returns
    -------
    keep : ndarray of bool
        True is kept.

    Raises
    ------
    TypeError
        If p is no real number, or a length or size no integer.
    ValueError
        If p is NaN or outside [0, 1], a size is below 1, a length negative, there are
        fewer than 3 or more than 5 axes, or another argument does not fit.

    See Also
    --------
    drop_block : drops the blocks of an array and scales the rest; it has the paper.
    keep_mask : drops single elements.
    replace : takes the mask for data of any dtype; with `shared_channels`, the channel
        axis is its `shared_axes`.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> image = np.full((1, 5, 8, 3), 200, np.uint8)  # channels last
    >>> keep = dl.block_mask(
    ...     image.shape, 0.2, block_size=3, channel_axis=-1, shared_channels=True, rng=2
    ... )
    >>> keep.shape
    (1, 5, 8, 1)
    >>> print(np.where(keep, image, 0)[0, :, :, 0])
    [[200 200 200 200 200   0   0   0]
     [200 200 200 200   0   0   0   0]
     [200 200 200 200   0   0   0   0]
     [200 200 200 200   0   0   0 200]
     [200 200 200 200 200 200 200 200]]
    """
    shape = _validation.lengths(shape, "shape")
    p = _validation.probability(p, "p")
    _validation.size(shape, "shape", np.iinfo(np.intp).max)
    blocks = block_masks.prepare(
        shape, "shape", block_size, channel_axis, shared_channels, full_shape, start
    )
    keep, (bits, _) = reserve_then_draw(
        lambda: np.empty(blocks.where.shape, np.bool_),
        lambda: block_masks.draw(p, blocks, rng),
    )
    unpack(bits, keep)
    return keep
