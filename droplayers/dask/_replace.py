"""Replacement in Dask arrays."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from .. import _validation, functional
from .._lib import replacement
from ._blocks import Operand, apply, cut, known
from ._elements import masks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..keys import RNG


def replace(
    x: da.Array,
    value: ArrayLike | da.Array,
    p: float | None = None,
    *,
    shared_axes: int | Sequence[int] = (),
    rng: RNG = None,
    mask: ArrayLike | da.Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Replace elements at random and leave the others, as `droplayers.replace` does.

    Parameters
    ----------
    x : dask.array.Array
        Of any dtype without objects, with chunks of known sizes.
    value : array_like or dask.array.Array
        What replaced elements become: a scalar, or what broadcasts against x and is cut
        as x is. Whether a Dask array's integers fit x's dtype is checked where they are
        computed.
    p, shared_axes : optional
        As in `droplayers.replace`.
    rng, mask, return_mask : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        Of x's dtype, in x's chunks; x itself where p is 0.
    keep : dask.array.Array of bool
        With `return_mask`: True is kept.

    Raises
    ------
    TypeError
        If x is no Dask array, or as in `droplayers.replace`.
    ValueError
        If the sizes of chunks are not known, or as in `droplayers.replace`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import replace
    >>> x = da.arange(1, 13, chunks=12, dtype="u1").reshape(3, 4, merge_chunks=False)
    >>> replace(x, [100, 101, 102, 103], 0.3, rng=2).compute()
    array([[100,   2, 102,   4],
           [100, 101,   7,   8],
           [  9,  10, 102,  12]], dtype=uint8)
    """
    known(x, "x")
    if p is not None:
        p = _validation.probability(p, "p")
    axes = _validation.integers(shared_axes, "shared_axes")
    call = functools.partial(functional.replace, p=p, shared_axes=axes)
    masks = masks_of(p=0.5 if p is None else p, shared_axes=axes)
    operands = {"value": _operand(x, value)}
    return apply(call, x, rng, masks, mask, return_mask, operands=operands)


def _operand(x: da.Array, value: Any) -> Operand:
    """The values as an operand, with as many axes as x."""
    dtype = _validation.item_dtype(x.dtype, "x")
    found: Any = value
    if isinstance(value, da.Array):
        replacement.values(np.zeros((), known(value, "value").dtype), dtype, ())
        replacement.check_shape(value.shape, x.shape)
    else:
        found = replacement.values(value, dtype, x.shape)
    one = np.zeros((), found.dtype)
    found = found[(*(None,) * (x.ndim - found.ndim), ...)]
    pairs = zip(found.shape, x.chunks, strict=True)
    return Operand(cut(found, tuple((1,) if n == 1 else c for n, c in pairs)), one)
