"""Alpha dropout as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _validation
from ..functional import alpha_dropout, alpha_dropout_backward
from ._base import MODES, Layer, Validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..keys import RNG


class AlphaDropout(Layer):
    """Keep mean and variance of SELU activations: `alpha_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    shared_axes : int or tuple of int, default ()
        As in `alpha_dropout`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    alpha_dropout : the function, with the formula and the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.AlphaDropout(0.5, rng=1)
    >>> y = layer(np.ones(4))
    >>> layer.backward(np.ones(4)).round(3)
    array([0.886, 0.886, 0.   , 0.886])
    """

    p = Validated(_validation.probability)
    shared_axes = Validated(_validation.integers)

    def __init__(
        self,
        p: float = 0.5,
        *,
        shared_axes: int | Sequence[int] = (),
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.shared_axes = shared_axes

    def _options(self) -> tuple[Any, ...]:
        return self.p, MODES[self.training], self.shared_axes

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        p, mode, shared_axes = options
        return alpha_dropout(x, p, mode, shared_axes=shared_axes, rng=rng)

    def _gradient(
        self, grad: Any, kept: Any, rng: RNG, options: tuple[Any, ...]
    ) -> Any:
        p, mode, shared_axes = options
        return alpha_dropout_backward(grad, p, mode, shared_axes=shared_axes, rng=rng)
