"""NumPy calls on the blocks of Dask arrays, checked before there are any."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.array as da
import numpy as np
from dask.array.core import normalize_chunks
from dask.utils import funcname

from .. import _core, _validation
from ..keys import Key, draw_key, is_drawn, lazy_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG

    Chunks = tuple[tuple[int, ...], ...]


class Operand(NamedTuple):
    """An array beside x."""

    array: da.Array  #: with the first of x's axes, in x's chunks or with one block
    stand_in: Any  #: in its place where x has no elements


class Call(NamedTuple):
    """A NumPy call on a whole array, of which the arguments are checked."""

    meta: Array  #: its result on no elements
    identity: bool  #: whether the result is x itself
    key: int  #: 0 where nothing is drawn
    mask: da.Array | None  #: the one that was given, in `chunks`
    chunks: Chunks  #: of its mask


def known(x: Any, name: str) -> da.Array:
    """A Dask array, with chunks of known sizes."""
    if not isinstance(x, da.Array):
        raise TypeError(
            f"{name} must be a Dask array, got {type(x).__name__}; droplayers.dask is"
            " for Dask arrays, the functions of droplayers are for NumPy's"
        )
    if any(map(math.isnan, x.shape)):
        raise ValueError(
            f"{name} must have known chunk sizes, got shape {x.shape};"
            f" {name}.compute_chunk_sizes() finds them"
        )
    _validation.size(x.shape, name, 2**64)
    return x


def operand(x: ArrayLike | da.Array, name: str) -> Array | da.Array:
    """An argument beside x: a Dask array, or a NumPy array in memory."""
    return known(x, name) if isinstance(x, da.Array) else _validation.array(x, name)


def stand_in(x: Array | da.Array) -> Array:
    """An array with x's dtype and shape, for checks: x itself, or one that takes no
    memory."""
    if isinstance(x, np.ndarray):
        return x
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def cut(x: Array | da.Array, chunks: Chunks) -> da.Array:
    """An operand in these chunks."""
    y: da.Array
    if x.size == 0:  # of which Dask may keep the chunks
        x = np.empty(x.shape, x.dtype)
    y = x.rechunk(chunks) if isinstance(x, da.Array) else da.from_array(x, chunks)
    return y


def of_masks(operands: Mapping[str, Any]) -> dict[str, Any]:
    """Those operands that decide over a mask."""
    return {name: x for name, x in operands.items() if name in ("mask", "prob")}


def nothing(shape: tuple[int, ...], chunks: Any) -> da.Array:
    """An array that takes no memory, for masks that are drawn without x."""
    chunks = normalize_chunks(chunks, shape, dtype=np.bool_)
    zeros: da.Array = da.zeros(shape, dtype=np.float16, chunks=chunks)
    return zeros


def residual_of(x: da.Array, residual: ArrayLike | da.Array) -> Operand:
    """What is added to a function of x, of x's shape."""
    other = operand(residual, "residual")
    _validation.common_dtype(stand_in(x), "x", stand_in(other), "residual")
    return Operand(cut(other, x.chunks), np.empty((0,) * x.ndim, other.dtype))


def apply(
    function: Callable[..., Any],
    x: da.Array,
    rng: RNG,
    masked: Callable[..., Any] | None = None,
    mask: ArrayLike | da.Array | None = None,
    return_mask: bool = False,
    name: str | None = None,
    operands: Mapping[str, Operand] | None = None,
) -> Any:
    """A function of x as a Dask array, and with it the mask if it is asked for.

    function takes x and what a block has: operands, rng, mask, full_shape and start.
    masked does, and returns its mask too; None where there is none.
    """
    return_mask = _validation.flag(return_mask, "return_mask")
    operands = operands or {}
    stand_ins = {key: other.stand_in for key, other in operands.items()}
    call = check(function, x, rng, masked, mask, **stand_ins)
    others = {key: other.array for key, other in operands.items()}
    if call.mask is not None:
        others["mask"] = call.mask
    y = x if call.identity else blocks(function, x, call, others, name)
    if masked is None or not return_mask:
        return y
    return y, keep_mask(masked, call, others)


def check(
    function: Callable[..., Any],
    x: da.Array,
    rng: RNG,
    masked: Callable[..., Any] | None,
    mask: ArrayLike | da.Array | None,
    **stand_ins: Any,
) -> Call:
    """Check a call by calls on none of x's elements, and draw the key."""
    empty = x._meta
    on_nothing = functools.partial(function, empty, **stand_ins)
    lengths: tuple[int, ...] = ()
    if masked is not None:
        _, keep = masked(empty, **of_masks(stand_ins), rng=Key(0), return_mask=True)
        lengths = np.shape(keep)  # 1 where elements share a draw, else 0
    pairs = zip(lengths, x.chunks, strict=False)  # drop_path's mask has one axis
    chunks = tuple((1,) if n == 1 else sizes for n, sizes in pairs)
    if mask is not None:
        given = operand(mask, "mask")
        _validation.keep(stand_in(given), tuple(map(sum, chunks)))
        meta = on_nothing(rng=Key(0), mask=np.ones(lengths, np.bool_))
        return Call(array_of(meta, x), meta is empty, 0, cut(given, chunks), chunks)
    probe = lazy_key(np.random.default_rng(0))
    meta = on_nothing(rng=probe)
    key = draw_key(rng) if is_drawn(probe) else 0
    return Call(array_of(meta, x), meta is empty, key, None, chunks)


def array_of(y: Any, x: da.Array) -> Array:
    """A result as an array. It has x's dtype where it is a scalar of text, which does
    not know how long others may be."""
    is_text = isinstance(y, str | bytes)
    return np.asarray(y, x.dtype.newbyteorder("=") if is_text else None)


def blocks(
    function: Callable[..., Any],
    x: da.Array,
    call: Call,
    operands: Mapping[str, da.Array],
    name: str | None = None,
    chunks: Chunks | None = None,
) -> da.Array:
    """A function of each block of x, as a Dask array in these chunks or in x's."""
    axes = {name: other.ndim for name, other in operands.items()}
    y: da.Array = da.map_blocks(
        functools.partial(_block, function, axes, call.key),
        x,
        *(y[(..., *(None,) * (x.ndim - y.ndim))] for y in operands.values()),
        token=name or funcname(function),
        chunks=chunks,
        meta=call.meta,
        dtype=call.meta.dtype,
    )
    return y


def _block(
    function: Callable[..., Any],
    axes: Mapping[str, int],
    key: int,
    x: Array,
    *operands: Array,
    block_info: Any,
) -> Any:
    """A function of one block."""
    place = block_info[0]
    given: dict[str, Any] = {
        name: other.reshape(other.shape[:ndim])
        for (name, ndim), other in zip(axes.items(), operands, strict=True)
    }
    given["rng"] = Key(key)
    given["full_shape"] = place["shape"]
    given["start"] = tuple(start for start, _ in place["array-location"])
    return _core.on_one_thread(function, (x,), given)


def keep_mask(
    masked: Callable[..., Any], call: Call, operands: Mapping[str, da.Array]
) -> da.Array:
    """The mask of a call: it is drawn once more, without x."""
    shape = tuple(map(sum, call.chunks))
    mask = functools.partial(_mask, masked)
    meta = np.empty((0,) * len(shape), np.bool_)
    x = nothing(shape, call.chunks)
    return blocks(mask, x, call._replace(meta=meta), of_masks(operands), "mask")


def _mask(masked: Callable[..., Any], x: Array, **arguments: Any) -> Any:
    return masked(x, **arguments, return_mask=True)[1]
