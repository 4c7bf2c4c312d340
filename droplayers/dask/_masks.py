"""Masks alone, as Dask arrays."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from .. import _validation, functional
from ._blocks import apply, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import dask.array as da

    from .._validation import Array
    from ..keys import RNG


def keep_mask(
    shape: int | Sequence[int],
    p: float,
    *,
    rng: RNG = None,
    packed: bool = False,
    chunks: Any = "auto",
) -> da.Array:
    """The keep mask alone, as `droplayers.keep_mask` gives it.

    Parameters
    ----------
    shape : int or tuple of int
        Of the mask.
    p : float
        Probability to drop an element, in [0, 1].
    rng : optional
        As in `dropout`.
    packed : bool, default False
        Whether to return packed bits, 8 elements a byte.
    chunks : default "auto"
        Of the result, in one of Dask's forms.

    Returns
    -------
    keep : dask.array.Array
        Of bool and of this shape, True is kept; or packed, 1-D of uint8 with
        ceil(n / 8) bytes.

    Raises
    ------
    TypeError, ValueError
        As in `droplayers.keep_mask`, or if chunks do not fit.

    Examples
    --------
    >>> import droplayers as dl
    >>> from droplayers.dask import keep_mask
    >>> keep = keep_mask((2**20, 2**20), 0.5, rng=dl.Key(1), chunks=2**12)
    >>> keep[-1, -8:].compute()
    array([False, False, False, False, False, False,  True,  True])
    """
    shape = _validation.lengths(shape, "shape")
    _validation.size(shape, "shape", 2**64)
    p = _validation.probability(p, "p")
    call: Callable[..., Any] = functools.partial(_keep, p=p)
    if _validation.flag(packed, "packed"):
        n = math.prod(shape)
        shape = ((n + 7) // 8,)
        call = functools.partial(_packed, p=p, n=n)
    keep: da.Array = apply(call, nothing(shape, chunks), rng, name="keep_mask")
    return keep


def _keep(x: Array, p: float, **block: Any) -> Any:
    """The mask of a block."""
    return functional.keep_mask(x.shape, p, **block)


def _packed(
    x: Array,
    p: float,
    n: int,
    rng: RNG,
    full_shape: Any = None,
    start: tuple[int] = (0,),
) -> Any:
    """A block of the bytes of a packed mask of n elements: elements in C order."""
    first = min(8 * start[0], n)
    count = min(8 * x.size, n - first)
    return functional.keep_mask(
        count, p, rng=rng, packed=True, full_shape=(n,), start=(first,)
    )
