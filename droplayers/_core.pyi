from typing import Any

import numpy as np

_Array = np.ndarray[Any, np.dtype[Any]]

_Mask = tuple[int, int, bytearray | None, int, tuple[int, ...] | None]
_Affine = tuple[int, float, float, float]

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
    mode: object,
    scaling: object,
    shared_axes: object,
    number: int | None,
    rng: object,
    mask: object,
    return_mask: object,
    full_shape: object,
    start: object,
    out: object,
    /,
) -> Any: ...
def drop_path(
    x: object,
    prob: object,
    training: object,
    per: object,
    scale_by_keep: object,
    residual: object,
    number: int | None,
    rng: object,
    mask: object,
    return_mask: object,
    full_shape: object,
    start: object,
    out: object,
    /,
) -> Any: ...
def keep_mask(
    shape: object,
    p: object,
    number: int | None,
    rng: object,
    packed: object,
    full_shape: object,
    start: object,
    /,
) -> Any: ...
def pack(out: _Array, shape: tuple[int, ...], mask: _Mask, /) -> _Array: ...
def block_mask(
    packed: bytearray,
    cells: tuple[int, ...],
    blocks: tuple[int, ...],
    key: int,
    threshold: int,
    /,
) -> int: ...
def masked_matmul(
    sums: _Array, a: _Array, m: _Array, transposed: bool, mask: _Mask, /
) -> _Array: ...
def uniforms(
    key: int, index: int, n: int, /
) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def choices(
    key: int, index: int, n: int, count: int, c2: int, /
) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def child(key: int, index: int, /) -> int: ...
def threads() -> int: ...
def set_threads(number: int, /) -> None: ...
def isas() -> list[str]: ...
def isa() -> str: ...
def use(name: str, /) -> None: ...
