"""Drop-path as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _validation
from ..functional import drop_path
from ..functional._drop_path import is_classic
from ._base import Choice, Layer, Validated

if TYPE_CHECKING:
    from ..keys import RNG


def _perhaps(value: Any, name: str) -> float | None:
    """A probability, or None."""
    return None if value is None else _validation.probability(value, name)


class DropPath(Layer):
    """Drop whole samples in training, stochastic depth: `drop_path` as a layer.

    Parameters
    ----------
    drop_prob : float, optional
        Probability to drop a sample, in [0, 1]. None is 0.
    per : {"sample", "batch"}, default "sample"
        As in `drop_path`.
    scaling : {"inverted", "classic"}, default "inverted"
        As in `drop_path`.
    scale_by_keep : bool, default True
        As in `drop_path`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    drop_path : the function, with the papers.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> drop_path = dl.DropPath(0.5, rng=4)
    >>> x = np.ones((4, 2))
    >>> x = x + drop_path(3 * x)
    >>> x
    array([[1., 1.],
           [7., 7.],
           [1., 1.],
           [7., 7.]])
    >>> dl.DropPath()
    DropPath(drop_prob=None)
    """

    drop_prob = Validated(_perhaps)
    per = Choice("sample", "batch")
    scaling = Choice(*_validation.SCALINGS)
    scale_by_keep = Validated(_validation.flag)

    def __init__(
        self,
        drop_prob: float | None = None,
        *,
        per: str = "sample",
        scaling: str = "inverted",
        scale_by_keep: bool = True,
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        is_classic(scaling, scale_by_keep)
        self.drop_prob = drop_prob
        self.per = per
        self.scaling = scaling
        self.scale_by_keep = scale_by_keep

    def _options(self) -> tuple[Any, ...]:
        prob = self.drop_prob or 0.0
        return prob, self.training, self.per, self.scaling, self.scale_by_keep

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        prob, training, per, scaling, scaled = options
        return drop_path(
            x, prob, training, per=per, scaling=scaling, scale_by_keep=scaled, rng=rng
        )
