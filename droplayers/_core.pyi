from typing import Any

import numpy as np

_Array = np.ndarray[Any, np.dtype[Any]]

def select(
    out: _Array | None,
    x: _Array | None,
    r: _Array | None,
    key: int,
    threshold: int,
    given: bytearray | None,
    index: int,
    strides: tuple[int, ...] | None,
    form: int,
    a: float,
    b: float,
    c: float,
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
    per: object,
    scale_by_keep: object,
    residual: object,
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
def unchanged(
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
    /,
) -> Any: ...
def draw_key(rng: object, /) -> Any: ...
def lazy_key(rng: object, /) -> Any: ...
def pack(
    out: _Array,
    shape: tuple[int, ...],
    key: int,
    threshold: int,
    given: bytearray | None,
    index: int,
    strides: tuple[int, ...] | None,
    /,
) -> _Array: ...
def spread(
    packed: bytearray,
    cells: tuple[int, ...],
    blocks: tuple[int, ...],
    key: int,
    threshold: int,
    /,
) -> int: ...
def products(
    sums: _Array,
    a: _Array,
    m: _Array,
    dots: bool,
    key: int,
    threshold: int,
    index: int,
    sample: int,
    term: int,
    /,
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
