"""The values that replace elements: which ones an array of some dtype takes."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from .elementwise import TILE

if TYPE_CHECKING:
    from .._validation import Array

#: The kinds of values that arrays of a kind take, and the words for them.
TAKES = {
    "b": (["b"], "bools"),
    "i": (["i"], "integers"),
    "f": (["i", "f"], "real numbers"),
    "c": (["i", "f", "c"], "numbers"),
    "U": (["U"], "text"),
    "S": (["S"], "bytes"),
    "V": (["V"], "void"),
}
INSTANTS = {"M": datetime.date, "m": datetime.timedelta}  #: as Python has them


def values(value: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """The values for an array of this dtype and shape, to which they broadcast. They
    have the dtype where they are few, and are converted in tiles where they are many.
    """
    found = _as_array(value, dtype)
    if found.dtype != dtype:
        _check_kind(found.dtype, dtype)
        if _kind(dtype) == "i":
            _check_range(found, dtype)
    check_shape(found.shape, shape)
    # The unit of a date may overflow, which is an error: not when out is half written.
    if found.size > TILE and dtype.kind not in INSTANTS:
        return found
    with np.errstate(all="ignore"):
        return found.astype(dtype, copy=False)


def _kind(dtype: np.dtype[Any]) -> str:
    """NumPy's kind, "i" for unsigned integers too. Those of ml_dtypes are void for
    NumPy: theirs is that of the first dtype that holds them, else their name."""
    if dtype.kind != "V" or issubclass(dtype.type, np.void):
        return "i" if dtype.kind == "u" else dtype.kind
    if np.can_cast(dtype, np.int64):
        return "i"
    return "f" if np.can_cast(dtype, np.float64) else dtype.name


def _as_array(value: Any, dtype: np.dtype[Any]) -> Array:
    """Values as an array: integers beyond NumPy's, Fractions and Python's dates too."""
    found = _validation.array(value, "value", "what x's dtype takes")
    kind = _kind(dtype)
    if kind == "i" and found.dtype.kind in "fO" and not hasattr(value, "dtype"):
        # Integers that have no common dtype came as floats or objects.
        exact = np.array(value, object)
        if all(map(_is_integer, exact.flat)):
            _check_range(exact, dtype)
            return exact.astype(dtype)
    if found.dtype.kind != "O":
        return found
    if kind in INSTANTS:
        is_instant = all(isinstance(item, INSTANTS[kind]) for item in found.flat)
        return found.astype(f"{kind}8[us]") if is_instant else found
    if kind not in ("f", "c"):
        return found
    convert = _to_float if kind == "f" else _to_complex
    numbers = [convert(item, dtype) for item in found.flat]
    wide = np.float64 if kind == "f" else np.complex128
    return np.array(numbers, wide).reshape(found.shape)


def _is_integer(item: Any) -> bool:
    return isinstance(item, int | np.integer) and not isinstance(item, bool)


def _to_float(item: Any, dtype: np.dtype[Any]) -> float:
    _, words = TAKES[_kind(dtype)]
    try:
        return _validation.real(item, "value", f"{words} for x of dtype {dtype}")
    except OverflowError:
        return math.copysign(math.inf, 1 if item > 0 else -1)


def _to_complex(item: Any, dtype: np.dtype[Any]) -> complex:
    if isinstance(item, complex | np.complexfloating):
        return complex(item)
    return complex(_to_float(item, dtype))


def _check_kind(came: np.dtype[Any], dtype: np.dtype[Any]) -> None:
    """Check that values of a dtype may go into an array of another one."""
    kind = _kind(dtype)
    takes, words = TAKES[kind] if kind in TAKES else ([kind], str(dtype))
    if dtype.kind in INSTANTS:
        is_taken = np.can_cast(came, dtype, "same_kind")
    elif dtype.names or came.names:
        is_taken, words = np.can_cast(came, dtype, "equiv"), "records of x's dtype"
    else:
        is_taken = _kind(came) in takes
    if not is_taken:
        raise TypeError(f"value must be {words} for x of dtype {dtype}, got {came}")
    if kind in "USV" and came.itemsize > dtype.itemsize:
        raise ValueError(
            f"value must be no longer than x's items of dtype {dtype}, got {came}"
        )


def check_shape(came: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Check that values of a shape broadcast to another one."""
    last = shape[len(shape) - len(came) :]
    alike = len(came) <= len(shape) and all(
        a in (1, b) for a, b in zip(came, last, strict=True)
    )
    if not alike:
        raise ValueError(f"value must broadcast to x's shape {shape}, got {came}")


def _check_range(found: Array, dtype: np.dtype[Any]) -> None:
    """Check that all integers are some of a dtype's: the first and the last of them
    are, if they come back from it."""
    if found.size == 0:
        return
    wide = found.astype(np.int64) if found.dtype.kind == "V" else found
    for end in (int(wide.min()), int(wide.max())):
        try:
            back = int(np.array(end).astype(dtype))
        except OverflowError:
            back = end + 1
        if back != end:
            raise ValueError(f"value must be integers of {dtype}, got {end}")
