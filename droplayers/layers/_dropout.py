"""Dropout as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _validation
from ..functional import dropout
from ._base import MODES, Choice, Layer, Validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..keys import RNG


class Dropout(Layer):
    """Drop elements at random in training: `dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    scaling : {"inverted", "classic"}, default "inverted"
        As in `dropout`.
    shared_axes : int or tuple of int, default ()
        As in `dropout`.
    rng : optional
        None draws a Key from the operating system at each forward pass. A Generator,
        BitGenerator or RandomState draws one by a word. A seed makes one Generator
        here, so a deep copy, a fork or a layer of the same seed has the same masks:
        give the layers of a network one Generator. A Key gives the same mask each
        time.

    Attributes
    ----------
    training : bool
        Whether to drop; True at first, set by ``train(mode=True)`` and ``eval()``.
    last_key : Key or None
        What the mask of the last forward pass in training was drawn from; None where
        nothing was drawn, as at p = 0.

    Raises
    ------
    TypeError, ValueError
        As `dropout`, here or when an attribute is set. ``backward`` before a forward
        pass is a RuntimeError.
    AttributeError
        If an attribute that a layer has not is read or set, or one is set that has the
        name of a method: ``layer.rate``, ``layer.train = False``. Subclasses may have
        more attributes.

    See Also
    --------
    dropout : the function, with the formula and the papers.

    Notes
    -----
    Training resumes from a pickle of its layers, or from the state of the Generator
    that they share: ``layer.rng.bit_generator.state``. A pickle or a deep copy of a
    network keeps that Generator shared.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.Dropout(0.5, rng=1)
    >>> layer(np.ones(6))
    array([2., 2., 0., 2., 2., 0.])
    >>> layer.backward(np.full(6, 3.0))
    array([6., 6., 0., 6., 6., 0.])
    >>> layer.eval()(np.ones(2))
    array([1., 1.])

    The function redraws the last pass from `last_key`:

    >>> dl.dropout(np.ones(6), 0.5, rng=layer.last_key)
    array([2., 2., 0., 2., 2., 0.])

    A pickle goes on where the layer was, and so does the state of its rng:

    >>> import pickle
    >>> saved, state = pickle.dumps(layer.train()), layer.rng.bit_generator.state
    >>> layer(np.ones(6))
    array([2., 2., 2., 0., 0., 2.])
    >>> pickle.loads(saved)(np.ones(6))
    array([2., 2., 2., 0., 0., 2.])
    >>> another = dl.Dropout(0.5, rng=7)
    >>> another.rng.bit_generator.state = state
    >>> another(np.ones(6))
    array([2., 2., 2., 0., 0., 2.])
    """

    p = Validated(_validation.probability)
    scaling = Choice(*_validation.SCALINGS)
    shared_axes = Validated(_validation.integers)

    def __init__(
        self,
        p: float = 0.5,
        *,
        scaling: str = "inverted",
        shared_axes: int | Sequence[int] = (),
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.scaling = scaling
        self.shared_axes = shared_axes

    def _options(self) -> tuple[Any, ...]:
        return self.p, MODES[self.training], self.scaling, self.shared_axes

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        p, mode, scaling, shared_axes = options
        return dropout(x, p, mode, scaling=scaling, shared_axes=shared_axes, rng=rng)
