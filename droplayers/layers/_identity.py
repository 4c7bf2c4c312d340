"""The layer that does nothing."""

from __future__ import annotations

from typing import Any

from ._base import Layer


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

    def _options(self) -> dict[str, Any]:
        return {}

    def _apply(self, x: Any, options: dict[str, Any]) -> Any:
        return x
