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
