from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

def select(
    out: Array | None,
    x: Array | None,
    r: Array | None,
    key: int,
    threshold: int,
    given: bytes | None,
    index: int,
    strides: tuple[int, ...] | None,
    form: int,
    a: float,
    b: float,
    c: float,
    /,
) -> Array: ...
def pack(
    shape: tuple[int, ...],
    key: int,
    threshold: int,
    given: bytes | None,
    index: int,
    strides: tuple[int, ...] | None,
    /,
) -> np.ndarray[Any, np.dtype[np.uint8]]: ...
def uniforms(
    key: int, index: int, n: int, /
) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def child(key: int, index: int, /) -> int: ...
def is_plain(x: object, /) -> bool: ...
def isas() -> list[str]: ...
def isa() -> str: ...
def use(name: str, /) -> None: ...
