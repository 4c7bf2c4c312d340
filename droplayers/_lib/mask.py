"""Masks: a key and a rate or packed bits, and the index of each element in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core, _validation
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from .._validation import Array
    from ..keys import RNG

ONE = _core.ONE  #: what uniforms are below
threshold = _core.threshold  #: T of a rate: what dropped elements' uniforms are below
pack = _core.pack_given  #: packed bits of a boolean array, and its strides in them
write = _core.pack  #: packed bits of an array's elements, written to memory


class Geometry(NamedTuple):
    """The indices of an array's elements in a mask."""

    shape: tuple[int, ...]  #: of the mask of this array alone
    first: int = 0  #: index of the array's first element
    strides: tuple[int, ...] | None = None  #: of the index; None for C order


class Mask(NamedTuple):
    """A mask, in the order in which the kernels take its parts."""

    key: int
    threshold: int
    packed: bytearray | None  #: the bits, where they are not drawn from the key
    first: int
    strides: tuple[int, ...] | None

    def at(self, first: int) -> Mask:
        """This mask for an array whose first element has another index."""
        return Mask(self.key, self.threshold, self.packed, first, self.strides)


def geometry(
    shape: tuple[int, ...],
    shared: Collection[int] = (),
    full_shape: Any = None,
    start: Any = None,
    *,
    given: bool = False,
) -> Geometry:
    """The geometry of an array of this shape. Shared axes share a draw. full_shape and
    start name the larger array of which this one is a block; a given mask is that of
    the block alone, and they are checked and not used."""
    whole, first = block(shape, full_shape, start)
    mask = shape
    if shared:
        mask = tuple(1 if i in shared else n for i, n in enumerate(shape))
    if full_shape is None or given:
        return Geometry(mask, 0, c_strides(shape, shared) if shared else None)
    strides = c_strides(whole, shared)
    index = sum(i * stride for i, stride in zip(first, strides, strict=True))
    return Geometry(mask, index, strides)


def c_strides(shape: tuple[int, ...], shared: Collection[int] = ()) -> tuple[int, ...]:
    """Strides in C order, in elements; shared axes have length 1 and stride 0."""
    strides = [0] * len(shape)
    stride = 1
    for i in reversed(range(len(shape))):
        if i not in shared:
            strides[i] = stride
            stride *= shape[i]
    return tuple(strides)


def rows(
    shape: tuple[int, ...],
    batch: bool,
    full_shape: Any = None,
    start: Any = None,
    *,
    given: bool = False,
) -> Geometry:
    """The geometry of an array whose mask has one entry for each sample, or for all."""
    _, first = block(shape, full_shape, start)
    others = (0,) * (len(shape) - 1)
    if batch:
        return Geometry((1,), 0, (0, *others))
    return Geometry(shape[:1], 0 if given else first[0], (1, *others))


def block(
    shape: tuple[int, ...], full_shape: Any, start: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The larger array's shape, and where in it a block of this shape begins: at 0 of
    itself where no larger array is named."""
    if full_shape is None:
        if start is not None:
            raise ValueError(f"start needs full_shape, got start={start!r} alone")
        return shape, (0,) * len(shape)
    whole = _validation.lengths(full_shape, "full_shape")
    first = (0,) * len(shape) if start is None else _validation.lengths(start, "start")
    for name, value in (("full_shape", whole), ("start", first)):
        if len(value) != len(shape):
            raise ValueError(
                f"{name} must have one entry for each of {len(shape)} axes, got {value}"
            )
    _validation.size(whole, "full_shape", 2**64)
    for n, i, most in zip(shape, first, whole, strict=True):
        if i + n > most:
            raise ValueError(
                f"full_shape must hold the block of {shape} at {first}, got {whole}"
            )
    return whole, first


def key_at(p: float, rng: RNG) -> int:
    """The key of a mask at rate p, drawn from an rng: 0 and 1 need none."""
    return draw_key(rng) if 0.0 < p < 1.0 else 0


def from_key(key: int, p: float, where: Geometry) -> Mask:
    """The mask that a key gives at rate p."""
    return Mask(key, threshold(p), None, where.first, where.strides)


def from_rng(p: float, where: Geometry, rng: RNG) -> Mask:
    """The mask that is drawn at rate p."""
    return from_key(key_at(p, rng), p, where)


def from_array(keep: Array, where: Geometry) -> Mask:
    """The mask that a boolean array holds, whose axes are the first of the array that
    it is for. It is packed in the order of its memory, and once along an axis where it
    repeats itself."""
    packed, strides = pack(keep)
    if where.strides is not None:
        strides += (0,) * (len(where.strides) - keep.ndim)
    return Mask(0, 0, packed, 0, strides)


def from_bits(packed: bytearray, where: Geometry) -> Mask:
    """The mask that packed bits hold: they begin with the array's first element."""
    return Mask(0, 0, packed, 0, where.strides)


def empty_bits(n: int) -> bytearray:
    """Room for n packed bits, with the pad that kernels read."""
    return bytearray((n + 7) // 8 + _core.BITS_PAD)
