"""DropBlock's masks: where seeds can fall, and which cells their blocks leave."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core, _validation
from ..keys import draw_key
from . import mask as masks
from .block_rate import seed_threshold
from .mask import Mask
from .pipeline import reserve_then_draw

if TYPE_CHECKING:
    from ..keys import RNG
    from .mask import Geometry


class Blocks(NamedTuple):
    """The geometry of a mask of blocks."""

    where: Geometry  #: of the cells
    sides: tuple[int, ...]  #: of a block along each axis
    first: int  #: index of the first seed
    strides: tuple[int, ...]  #: of the index of seeds


def prepare(
    shape: tuple[int, ...],
    name: str,
    block_size: Any,
    channel_axis: Any,
    shared_channels: Any,
    full_shape: Any = None,
    start: Any = None,
) -> Blocks:
    """Check the arguments that give blocks their geometry. name is the argument that
    has the shape."""
    if not 3 <= len(shape) <= 5:
        raise ValueError(f"{name} must have 3 to 5 axes, got shape {shape}")
    channel = _validation.channel(channel_axis, len(shape))
    shares = _validation.flag(shared_channels, "shared_channels")
    spatial = [axis for axis in range(1, len(shape)) if axis != channel]
    sizes = _sides(block_size, len(spatial))
    sides = [1] * len(shape)
    for axis, side in zip(spatial, sizes, strict=True):
        sides[axis] = min(side, shape[axis])
    whole, begin = masks.block(shape, full_shape, start)
    if any(whole[axis] != shape[axis] for axis in spatial):
        raise ValueError(
            f"full_shape must have whole maps, as {name} {shape} has them, got {whole}"
        )
    shared = (channel,) if shares else ()
    seeds = [n - side + 1 for n, side in zip(whole, sides, strict=True)]
    for axis in shared:
        seeds[axis] = 1
    strides = masks.c_strides(tuple(seeds))
    pairs = zip(begin, strides, strict=True)
    first = sum(i * n for axis, (i, n) in enumerate(pairs) if axis not in shared)
    return Blocks(masks.geometry(shape, shared), tuple(sides), first, strides)


def _sides(block_size: Any, axes: int) -> tuple[int, ...]:
    """The side of a block along each of some spatial axes."""
    checked = _validation.integers(block_size, "block_size")
    sides = checked if isinstance(checked, tuple) else (checked,) * axes
    if len(sides) != axes:
        raise ValueError(f"block_size must be one or {axes} sides, got {block_size!r}")
    if min(sides) < 1:
        raise ValueError(f"block_size must be at least 1, got {block_size!r}")
    return sides


def draw(p: float, blocks: Blocks, rng: RNG) -> tuple[Mask, int]:
    """Draw a mask of cells at rate p, and count those that it keeps."""
    cells = blocks.where.shape
    size = math.prod(cells)
    if not 0.0 < p < 1.0:
        return masks.from_key(0, p, blocks.where), size if p < 1.0 else 0
    packed, key = reserve_then_draw(
        lambda: masks.empty_bits(size), lambda: draw_key(rng)
    )
    kept = 0
    if size:
        pairs = zip(cells, blocks.sides, strict=True)
        sides = tuple((d, side) for d, side in pairs if side > 1)
        seeds = Mask(key, seed_threshold(p, sides), None, blocks.first, blocks.strides)
        kept = _core.block_mask(packed, cells, blocks.sides, seeds)
    return masks.from_bits(packed, blocks.where), kept
