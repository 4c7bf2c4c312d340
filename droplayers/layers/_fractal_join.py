"""Fractal joins as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from .._lib.join_sampling import as_arrays, repeatable
from ..functional import fractal_join, fractal_join_backward
from ..keys import Key, draw_key
from ._base import Choice, Layer, Validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..keys import RNG


def _one_or_more(value: Any, name: str) -> Any:
    """A probability, or one for each path."""
    many = isinstance(value, list | tuple) or np.ndim(value) > 0
    if not many:
        return _validation.probability(value, name)
    return tuple(_validation.probability(item, name) for item in value)


class FractalJoin(Layer):
    """Join paths, of which some are dropped in training: `fractal_join` as a layer.

    Called with the paths, and a column if it is to be that one:
    ``layer(paths, column=None)``. ``backward`` gives a list.

    Parameters
    ----------
    prob : float or sequence of float, default 0.15
        Probability to drop a path, or one for each path.
    sampling : {"local", "global"}, default "local"
        As in `fractal_join`.
    per : {"batch", "sample"}, default "batch"
        As in `fractal_join`.
    rng : optional
        As in `Dropout`; but in global sampling, in training and without a column, an
        int or a Key. Joins that are given the same int take the same column as each
        other, another at each pass. Joins that have the same Key take its column at
        each pass until their `rng` is set to another.

    See Also
    --------
    Dropout : for the attributes of all layers.
    fractal_join : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.FractalJoin(0.5, rng=1)
    >>> paths = [np.ones(2), None, np.full(2, 3.0), np.full(2, 8.0)]
    >>> layer(paths)
    array([4.5, 4.5])
    >>> layer.backward(np.ones(2))
    [array([0.5, 0.5]), None, array([0., 0.]), array([0.5, 0.5])]
    >>> layer.eval()(paths)
    array([4., 4.])
    """

    prob = Validated(_one_or_more)
    sampling = Choice("local", "global")
    per = Choice("batch", "sample")
    _given: RNG  #: rng as it was set, before it is a Generator

    def __init__(
        self,
        prob: float | Sequence[float] = 0.15,
        *,
        sampling: str = "local",
        per: str = "batch",
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.prob = prob
        self.sampling = sampling
        self.per = per

    if not TYPE_CHECKING:  # as in Layer

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "rng":
                self._given = value

    def __call__(self, paths: Any, column: int | None = None) -> Any:
        """Run `forward`."""
        return self.forward(paths, column)

    def forward(self, paths: Any, column: int | None = None) -> Any:
        """Join paths, in training under a fresh Key.

        Parameters
        ----------
        paths : sequence of array_like or None
            As in `fractal_join`.
        column : int, optional
            With sampling="global" in training: the one that is to survive.

        Returns
        -------
        y : ndarray, scalar or None
            As from `fractal_join`.

        Raises
        ------
        TypeError, ValueError
            As `fractal_join`. The layer is as before then.
        """
        return self._run(as_arrays(paths), (*self._options(), column))

    def _options(self) -> tuple[Any, ...]:
        return self.prob, self.training, self.sampling, self.per

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        prob, training, sampling, per, column = options
        draws_column = training and sampling == "global" and column is None
        if draws_column:
            repeatable(self._given)
        y = fractal_join(
            x, prob, training, sampling=sampling, per=per, column=column, rng=rng
        )
        if draws_column:
            # Draw the key though all paths are dead: joins of one seed draw alike.
            draw_key(rng)
        return y

    def _kept(self, x: Any) -> Any:
        """Shapes and dtypes of the living paths: the gradients need no values."""
        return [None if path is None else (path.shape, path.dtype) for path in x]

    def _gradient(
        self, grad: Any, kept: Any, rng: RNG, options: tuple[Any, ...]
    ) -> Any:
        prob, training, sampling, per, column = options
        stand_ins = [
            None if path is None else np.broadcast_to(np.zeros((), path[1]), path[0])
            for path in kept
        ]
        # Where the column was given, no Key was drawn, and none has an effect.
        key = Key(0) if rng is None else rng
        return fractal_join_backward(
            grad, stand_ins, prob, training,
            sampling=sampling, per=per, column=column, rng=key,
        )  # fmt: skip
