"""Which mask: the key, the rate, and where each element stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from ..keys import draw_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .._validation import Array
    from ..keys import RNG

ONE = 2**40
PAD = 8  # bytes: the kernels read packed bits a word at a time
CHUNK = 1 << 16


def threshold(p: float) -> int:
    """T of STREAM.md: elements with a uniform below it are dropped."""
    return round(p * ONE)


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
    mask = tuple(1 if i in shared else n for i, n in enumerate(shape))
    whole, first = block(shape, full_shape, start)
    if full_shape is None or given:
        return Geometry(mask, 0, c_strides(mask, shared) if shared else None)
    strides = c_strides([1 if i in shared else n for i, n in enumerate(whole)], shared)
    index = sum(i * stride for i, stride in zip(first, strides, strict=True))
    return Geometry(mask, index, strides)


def c_strides(shape: Collection[int], shared: Collection[int]) -> tuple[int, ...]:
    strides = []
    stride = 1
    for i, n in reversed(list(enumerate(shape))):
        strides.append(0 if i in shared else stride)
        stride *= n
    return tuple(reversed(strides))


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


def rows_kept(probs: Array, index: int, rng: RNG) -> Array:
    """The mask of samples that have a rate each; certain ones draw nothing."""
    keep: Array = probs == 0.0
    if not np.all(keep | (probs == 1.0)):
        uniforms = _core.uniforms(draw_key(rng), index, len(probs))
        np.greater_equal(uniforms, np.rint(probs * ONE).astype(np.uint64), out=keep)
    return keep


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


def from_key(key: int, p: float, where: Geometry) -> Mask:
    """The mask that is drawn at rate p."""
    return Mask(key, threshold(p), None, where.first, where.strides)


def from_array(keep: Array, where: Geometry) -> Mask:
    """A mask that the caller brought; where is without a larger array."""
    return Mask(0, 0, pack(keep), where.first, where.strides)


def pack(keep: Array) -> bytearray:
    """Packed bits of a boolean array in C order, with the pad that kernels read."""
    packed = bytearray((keep.size + 7) // 8 + PAD)
    to = np.frombuffer(packed, np.uint8)
    rest = np.empty(0, np.bool_)
    at = 0
    for chunk in _chunks(keep):
        bits = np.concatenate([rest, chunk])
        whole = bits.size // 8
        to[at : at + whole] = np.packbits(bits[: 8 * whole], bitorder="little")
        rest = bits[8 * whole :]
        at += whole
    to[at : at + (rest.size > 0)] = np.packbits(rest, bitorder="little")
    return packed


def _chunks(keep: Array) -> Iterator[Array]:
    """An array in C order, in one-dimensional pieces of some size."""
    if keep.flags.c_contiguous:
        flat = keep.reshape(-1)
        return (flat[i : i + CHUNK] for i in range(0, flat.size, CHUNK))
    flags = ("external_loop", "buffered", "zerosize_ok")
    return iter(np.nditer(keep, flags, order="C", buffersize=CHUNK))  # type: ignore


def unpack(mask: Mask, keep: Array) -> Array:
    """Write a mask to a boolean array of its own shape, or of the array's."""
    if mask.strides is not None:
        mask = mask._replace(strides=mask.strides[: keep.ndim])
    return _core.select(keep, None, None, *mask, 0, 1.0, 0.0, 0.0)
