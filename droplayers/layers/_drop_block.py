"""DropBlock as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from ..functional import drop_block
from ._base import MODES, Layer, Validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..keys import RNG


def _sides(value: Any, name: str) -> Any:
    """An integer of at least 1, or a tuple of them."""
    sides = _validation.integers(value, name)
    if np.size(sides) == 0 or np.min(sides) < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return sides


class DropBlock(Layer):
    """Drop blocks of a map in training: `drop_block` as a layer.

    Parameters
    ----------
    p : float, default 0.1
        Expected share of cells that are dropped, in [0, 1].
    block_size : int or tuple of int, default 7
        As in `drop_block`.
    channel_axis : int, default 1
        As in `drop_block`.
    shared_channels : bool, default False
        As in `drop_block`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    drop_block : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.DropBlock(0.3, block_size=3, rng=6)
    >>> layer(np.ones((1, 1, 10))).round(2)
    array([[[1.43, 0.  , 0.  , 0.  , 1.43, 1.43, 1.43, 1.43, 1.43, 1.43]]])
    """

    p = Validated(_validation.probability)
    block_size = Validated(_sides)
    channel_axis = Validated(_validation.integer)
    shared_channels = Validated(_validation.flag)

    def __init__(
        self,
        p: float = 0.1,
        *,
        block_size: int | Sequence[int] = 7,
        channel_axis: int = 1,
        shared_channels: bool = False,
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.block_size = block_size
        self.channel_axis = channel_axis
        self.shared_channels = shared_channels

    def _options(self) -> tuple[Any, ...]:
        own = self.block_size, self.channel_axis, self.shared_channels
        return self.p, MODES[self.training], *own

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        p, mode, block_size, channel_axis, shared_channels = options
        return drop_block(
            x, p, mode, rng=rng,
            block_size=block_size, channel_axis=channel_axis,
            shared_channels=shared_channels,
        )  # fmt: skip
