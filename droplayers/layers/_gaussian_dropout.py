"""Gaussian dropout as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _validation
from ..functional import gaussian_dropout
from ._base import MODES, Layer, Validated

if TYPE_CHECKING:
    from ..keys import RNG


class GaussianDropout(Layer):
    """Multiply by normal noise in training: `gaussian_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        The rate of the dropout of the same variance, in [0, 1).
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    gaussian_dropout : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.GaussianDropout(0.2, rng=1)
    >>> layer(np.ones(3)).round(3)
    array([0.962, 0.918, 1.268])
    """

    p = Validated(_validation.below_one)

    def __init__(self, p: float = 0.5, *, rng: RNG = None) -> None:
        super().__init__(rng)
        self.p = p

    def _options(self) -> tuple[Any, ...]:
        return self.p, MODES[self.training]

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        p, mode = options
        return gaussian_dropout(x, p, mode, rng=rng)
