"""Spatial dropout as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _validation
from ..functional import spatial_dropout
from ._base import MODES, Layer, Validated

if TYPE_CHECKING:
    from ..keys import RNG


class SpatialDropout(Layer):
    """Drop channels at random in training: `spatial_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop a channel, in [0, 1].
    channel_axis : int, default 1
        As in `spatial_dropout`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    spatial_dropout : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.SpatialDropout(0.5, rng=1)
    >>> layer(np.ones((1, 3, 2)))
    array([[[2., 2.],
            [2., 2.],
            [0., 0.]]])
    """

    p = Validated(_validation.probability)
    channel_axis = Validated(_validation.integer)

    def __init__(
        self, p: float = 0.5, *, channel_axis: int = 1, rng: RNG = None
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.channel_axis = channel_axis

    def _options(self) -> tuple[Any, ...]:
        return self.p, MODES[self.training], self.channel_axis

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        p, mode, channel_axis = options
        return spatial_dropout(x, p, mode, channel_axis=channel_axis, rng=rng)
