"""Which mask: the key, the rate, and where each element stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _validation
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .._validation import Array
    from ..keys import RNG

ONE = 2**40  #: what uniforms are below
PAD = 8  #: bytes behind packed bits: the kernels read them a word at a time
CHUNK = 1 << 16  #: elements that are packed at once


def threshold(p: Any) -> Any:
    """T of a rate, or of an array of rates: elements with a uniform below it are
    dropped."""
    exact = p * ONE
    if isinstance(exact, float):
        return round(exact)
    return np.rint(exact).astype(np.uint64)


class Geometry(NamedTuple):
    """Where the elements of an array stand in a mask, by C-order index."""

    shape: tuple[int, ...]  #: of the mask for this array alone
    first: int = 0  #: index of the array's first element
    strides: tuple[int, ...] | None = None  #: None: C order over the array


class Mask(NamedTuple):
    """A mask as the kernels take it, positional."""

    key: int
    threshold: int
    packed: bytearray | None
    first: int
    strides: tuple[int, ...] | None


def geometry(
    shape: tuple[int, ...],
    shared: Collection[int] = (),
    full_shape: Any = None,
    start: Any = None,
    *,
    given: bool = False,
) -> Geometry:
    """Where an array's elements stand, given the axes that share one draw, and the
    larger array of which this one may be a block; given: in a mask of its own for all
    that, once the block is checked."""
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
    """Where an array stands in a mask of one entry for each sample, or for all."""
    _, first = block(shape, full_shape, start)
    others = (0,) * (len(shape) - 1)
    if batch:
        return Geometry((1,), 0, (0, *others))
    return Geometry(shape[:1], 0 if given else first[0], (1, *others))


def block(
    shape: tuple[int, ...], full_shape: Any, start: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The larger array's shape and where in it the block of this shape begins; the
    block is all where no larger array is named."""
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
    """The mask that a boolean array holds, of the shape that where has."""
    return from_bits(pack(keep), where)


def from_bits(packed: bytearray, where: Geometry) -> Mask:
    """The mask that packed bits hold, of the shape that where has."""
    return Mask(0, 0, packed, 0, where.strides)


def empty_bits(n: int) -> bytearray:
    """Room for n packed bits, with the pad that kernels read."""
    return bytearray((n + 7) // 8 + PAD)


def pack(keep: Array) -> bytearray:
    """Packed bits of a boolean array in C order."""
    packed = empty_bits(keep.size)
    room, at = memoryview(packed), 0
    for chunk in _chunks(keep):
        bits = np.packbits(chunk, bitorder="little")
        room[at : at + bits.size] = bits.data
        at += bits.size
    return packed


def _chunks(keep: Array) -> Iterator[Array]:
    """An array in C order, in one-dimensional chunks of whole bytes of bits, but for
    the last."""
    if keep.flags.c_contiguous:
        flat = keep.reshape(-1)
        yield from (flat[i : i + CHUNK] for i in range(0, flat.size, CHUNK))
        return
    flags = ("external_loop", "buffered", "zerosize_ok")
    rest = np.empty(0, np.bool_)
    for part in np.nditer(keep, flags, order="C", buffersize=CHUNK):  # type: ignore
        chunk = np.concatenate([rest, part])
        whole = chunk.size // 8 * 8
        yield chunk[:whole]
        rest = chunk[whole:]
    yield rest
