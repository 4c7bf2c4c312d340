"""The layer that does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base import Layer

if TYPE_CHECKING:
    from ..keys import RNG


class Identity(Layer):
    """Do nothing: what stands where another layer has nothing to drop.

    See Also
    --------
    Dropout : for the attributes of all layers.

    Examples
    --------
    >>> import droplayers as dl
    >>> drop_prob = 0.0
    >>> dl.DropPath(drop_prob) if drop_prob > 0. else dl.Identity()
    Identity()
    """

    def __init__(self) -> None:
        super().__init__(None)

    def _options(self) -> tuple[Any, ...]:
        return ()

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        return x
