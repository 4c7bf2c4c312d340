"""The memory of new results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .._validation import Array


def empty_like(x: Array, dtype: np.dtype[Any]) -> Array:
    """A plain array of x's shape, in the layout of a ufunc's result. ``np.empty_like``
    gives that too, but for axes of stride 0, which it puts outermost."""
    if 0 not in x.strides:
        return np.empty_like(x, dtype, subok=False)
    # The rule itself: the iterator allocates as it does for a ufunc.
    flags = [["readonly"], ["writeonly", "allocate"]]
    types = [None, dtype]
    return np.nditer((x, None), ["zerosize_ok"], flags, types).operands[1]  # type: ignore[arg-type]
