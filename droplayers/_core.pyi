from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

_Array = np.ndarray[Any, np.dtype[Any]]

ONE: int
BITS_PAD: int
MAX_AXES: int
JOIN_PATHS: int
SCALE: int
AFFINE: int
RESIDUAL: int
NOISE: int
REPLACE: int

_Mask = tuple[int, int, bytearray | None, int, tuple[int, ...] | None]
_Packed = TypeVar("_Packed", _Array, bytearray)
_Affine = tuple[int, float | _Array, float, float]

def apply(
    out: _Array | None,
    x: _Array | None,
    r: _Array | None,
    mask: _Mask,
    affine: _Affine,
    /,
) -> _Array: ...
def dropout(
    x: object,
    p: object,
    rng: object,
    full_shape: object,
    start: object,
    mode: object,
    mask: object,
    return_mask: object,
    out: object,
    residual: object,
    scaling: object,
    shared_axes: object,
    /,
) -> Any: ...
def spatial_dropout(
    x: object,
    p: object,
    rng: object,
    full_shape: object,
    start: object,
    mode: object,
    mask: object,
    return_mask: object,
    out: object,
    channel_axis: object,
    /,
) -> Any: ...
def replace(
    x: object,
    p: object,
    rng: object,
    full_shape: object,
    start: object,
    value: object,
    mask: object,
    return_mask: object,
    out: object,
    shared_axes: object,
    /,
) -> Any: ...
def drop_path(
    x: object,
    prob: object,
    rng: object,
    full_shape: object,
    start: object,
    training: object,
    mask: object,
    return_mask: object,
    out: object,
    residual: object,
    scaling: object,
    per: object,
    scale_by_keep: object,
    /,
) -> Any: ...
def keep_mask(
    shape: object,
    p: object,
    rng: object,
    full_shape: object,
    start: object,
    packed: object,
    /,
) -> Any: ...
def fractal_join(
    paths: object,
    prob: object,
    training: object,
    sampling: object,
    per: object,
    column: object,
    rng: object,
    out: object,
    /,
) -> Any: ...
def elementwise(
    x: object,
    p: object,
    rng: object,
    full_shape: object,
    start: object,
    mode: object,
    mask: object,
    return_mask: object,
    out: object,
    shared_axes: object,
    affine: Callable[[float], _Affine],
    /,
) -> Any: ...
def draw_key(rng: object, /) -> Any: ...
def lazy_key(rng: object, /) -> Any: ...
def empty_like(x: _Array, dtype: np.dtype[Any], /) -> _Array: ...
def pack(out: _Packed, shape: tuple[int, ...], mask: _Mask, /) -> _Packed: ...
def pack_given(keep: _Array, /) -> tuple[bytearray, tuple[int, ...]]: ...
def pack_rates(
    packed: bytearray, rates: _Array, key: int, index: int, /
) -> bytearray: ...
def take_rows(x: _Array, packed: bytearray, /) -> _Array: ...
def add_rows(
    out: _Array, x: _Array, part: _Array, packed: bytearray, a: float, /
) -> _Array: ...
def block_mask(
    packed: bytearray, cells: tuple[int, ...], blocks: tuple[int, ...], seeds: _Mask, /
) -> int: ...
def masked_matmul(
    sums: _Array, a: _Array, m: _Array, transposed: bool, mask: _Mask, /
) -> _Array: ...
def survivors(
    keep: _Array,
    key: int,
    size: int,
    places: tuple[int, ...],
    thresholds: tuple[int, ...],
    /,
) -> _Array: ...
def join(out: _Array, paths: tuple[_Array, ...], keep: _Array | None, /) -> _Array: ...
def uniforms(
    key: int, index: int, n: int, /
) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def choices(
    key: int, index: int, n: int, count: int, c2: int, /
) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def child(key: int, index: int, /) -> int: ...
def threshold(p: float, /) -> int: ...
def address(array: _Array, /) -> int: ...
def threads() -> int: ...
def set_threads(number: int, /) -> None: ...
def on_one_thread(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], /
) -> Any: ...
def isas() -> list[str]: ...
def isa() -> str: ...
def use(name: str, /) -> None: ...
