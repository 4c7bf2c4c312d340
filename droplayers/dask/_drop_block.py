"""DropBlock on Dask arrays, whose chunks have whole maps."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from dask.array.core import normalize_chunks

from .. import _validation, functional
from .._lib import block_mask as block_masks
from .._lib.pipeline import apply_mask
from ..functional import _drop_block
from ._blocks import apply, blocks, check, keep_mask, known, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import dask.array as da
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG
    from ._blocks import Call, Chunks


def drop_block(
    x: da.Array,
    p: float = 0.1,
    mode: str = "train",
    *,
    block_size: int | Sequence[int] = 7,
    channel_axis: int = 1,
    shared_channels: bool = False,
    rng: RNG = None,
    mask: ArrayLike | da.Array | None = None,
    return_mask: bool = False,
) -> Any:
    """Drop blocks of neighbouring cells of a map, as `droplayers.drop_block` does.

    Kept cells are scaled by size / kept of the whole array. So the masks of all chunks
    are drawn once to count what they keep, which takes no memory, and again where
    they are applied.

    Parameters
    ----------
    x : dask.array.Array
        Of shape (N, C, d1[, d2[, d3]]), or with its channels on another axis but 0.
        Each chunk has whole maps, as those of ``x.rechunk({2: -1, 3: -1})`` have.
    p, mode, block_size, channel_axis, shared_channels : optional
        As in `droplayers.drop_block`.
    rng, mask, return_mask : optional
        As in `dropout`.

    Returns
    -------
    y : dask.array.Array
        In x's chunks; x itself where nothing is to be done and no mask was given.
    keep : dask.array.Array of bool
        With `return_mask`: True is kept.

    Raises
    ------
    TypeError
        If x is no Dask array, or as in `droplayers.drop_block`.
    ValueError
        If the sizes of chunks are not known, a map is cut into several, or as in
        `droplayers.drop_block`.

    Examples
    --------
    >>> import dask.array as da
    >>> import droplayers as dl
    >>> from droplayers.dask import drop_block
    >>> x = da.ones((2, 1, 5, 6), chunks=(1, 1, 5, 6), dtype="f4")
    >>> print(drop_block(x, 0.2, block_size=2, rng=9)[0, 0].compute())
    [[0.   0.   1.25 1.25 1.25 1.25]
     [0.   0.   1.25 1.25 1.25 1.25]
     [1.25 1.25 1.25 1.25 1.25 1.25]
     [1.25 1.25 1.25 1.25 1.25 1.25]
     [1.25 1.25 1.25 1.25 1.25 1.25]]
    """
    known(x, "x")
    return_mask = _validation.flag(return_mask, "return_mask")
    p = _validation.probability(p, "p")
    geometry = _geometry(x.shape, "x", block_size, channel_axis, shared_channels)
    _check_maps(x.chunks, "x", channel_axis)
    plain = functools.partial(functional.drop_block, p=p, mode=mode, **geometry)
    call = check(plain, x, rng, plain, mask)
    masks = {} if call.mask is None else {"mask": call.mask}
    if call.identity:
        y = x
    elif mode != "train":
        y = blocks(plain, x, call, masks)
    else:
        counts = _counts(functools.partial(_count, p=p, **geometry), call, masks)
        size = math.prod(map(sum, call.chunks))
        drop = functools.partial(_drop, p=p, size=size, **geometry)
        operands = {**masks, "kept": counts.sum(keepdims=True)}
        y = blocks(drop, x, call, operands, "drop_block")
    return (y, keep_mask(plain, call, masks)) if return_mask else y


def block_mask(
    shape: Sequence[int],
    p: float = 0.1,
    *,
    block_size: int | Sequence[int] = 7,
    channel_axis: int = 1,
    shared_channels: bool = False,
    rng: RNG = None,
    chunks: Any = "auto",
) -> da.Array:
    """Give the keep mask of blocks alone, as `droplayers.block_mask` does.

    Parameters
    ----------
    shape : tuple of int
        Of the maps, as in `droplayers.block_mask`.
    p, block_size, channel_axis, shared_channels : optional
        As in `droplayers.block_mask`.
    rng : optional
        As in `dropout`.
    chunks : default "auto"
        Of the result, with whole maps, in one of Dask's forms.

    Returns
    -------
    keep : dask.array.Array of bool
        True is kept; with 1 in place of C where channels share.

    Raises
    ------
    TypeError, ValueError
        As in `droplayers.block_mask`, or if chunks do not fit.

    Examples
    --------
    >>> import droplayers as dl
    >>> from droplayers.dask import block_mask
    >>> keep = block_mask((64, 3, 32, 32), 0.2, rng=dl.Key(1), chunks=(8, 3, 32, 32))
    >>> print(f"{keep.mean().compute():.3f}")
    0.803
    """
    shape = _validation.lengths(shape, "shape")
    p = _validation.probability(p, "p")
    _validation.size(shape, "shape", 2**64)
    geometry = _geometry(shape, "shape", block_size, channel_axis, shared_channels)
    channel = _validation.channel(channel_axis, len(shape))
    if isinstance(chunks, str) and chunks == "auto":
        axes = range(len(shape))
        chunks = tuple("auto" if axis in (0, channel) else -1 for axis in axes)
    cells = block_masks.prepare(shape, "shape", **geometry).where.shape
    chunks = normalize_chunks(chunks, cells, dtype=np.bool_)
    _check_maps(chunks, "chunks", channel_axis)
    draw = functools.partial(_keep, p=p, **geometry)
    keep: da.Array = apply(draw, nothing(cells, chunks), rng, name="block_mask")
    return keep


def _geometry(
    shape: tuple[int, ...],
    name: str,
    block_size: Any,
    channel_axis: Any,
    shared_channels: Any,
) -> dict[str, Any]:
    """The arguments that give blocks their geometry, checked."""
    block_masks.prepare(shape, name, block_size, channel_axis, shared_channels)
    return {
        "block_size": _validation.integers(block_size, "block_size"),
        "channel_axis": channel_axis,
        "shared_channels": shared_channels,
    }


def _check_maps(chunks: Chunks, name: str, channel_axis: int) -> None:
    """Check that no map is cut into chunks."""
    channel = _validation.channel(channel_axis, len(chunks))
    axes = [axis for axis in range(1, len(chunks)) if axis != channel]
    for axis in axes:
        if len(chunks[axis]) > 1:
            whole = ", ".join(f"{axis}: -1" for axis in axes)
            hint = f"; x.rechunk({{{whole}}}) has them" if name == "x" else ""
            raise ValueError(
                f"{name} must have whole maps in each chunk, got {len(chunks[axis])}"
                f" chunks along axis {axis}{hint}"
            )


def _counts(count: Callable[..., Any], call: Call, masks: dict[str, Any]) -> da.Array:
    """How many cells are kept of each chunk of a mask."""
    cells = nothing(tuple(map(sum, call.chunks)), call.chunks)
    ones: Chunks = tuple((1,) * len(sizes) for sizes in call.chunks)
    meta = np.empty((0,) * len(ones), np.int64)
    return blocks(count, cells, call._replace(meta=meta), masks, "kept", ones)


def _count(
    x: Array, p: float, rng: RNG, mask: Array | None = None, **geometry: Any
) -> Array:
    """How many cells are kept of a block."""
    where = block_masks.prepare(x.shape, "x", **geometry)
    _, kept = _drop_block.take_or_draw(p, where, mask, rng)
    return np.full((1,) * x.ndim, kept)


def _drop(
    x: Array,
    p: float,
    size: int,
    kept: Array,
    rng: RNG,
    mask: Array | None = None,
    **geometry: Any,
) -> Any:
    """A block, scaled by size / kept of the whole array."""
    where = block_masks.prepare(x.shape, "x", **geometry)
    factor = _drop_block.scale(size, int(kept.item()))
    return apply_mask(
        x,
        _validation.result_dtype(x.dtype, "x"),
        where.where,
        _drop_block.at_rate(p, where, rng, factor),
        identity=False,
        train=True,
        mask=mask,
    )


def _keep(x: Array, p: float, **block: Any) -> Any:
    """The mask of a block."""
    return functional.block_mask(x.shape, p, **block)
