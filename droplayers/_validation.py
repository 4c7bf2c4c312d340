"""Checks of arguments. Each function returns its argument, converted, or raises an
error that names the argument, what was expected and what came."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import _core
from ._conversion import BOOLS, array, integer, integers, note, real, reject_masked

if TYPE_CHECKING:
    from ._conversion import Array as Array

    Casting = Literal["same_kind", "equiv"]

# What other modules take from here too.
__all__ = ["BOOLS", "array", "integer", "integers", "note", "real", "reject_masked"]

#: Those of NumPy alone: others may have their characters.
FLOATS = frozenset(np.dtype(char).type for char in "efdgFDG")
USER_DEFINED = 256  #: the first number of a dtype that is not NumPy's
SCALINGS = "inverted", "classic"


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is that of ml_dtypes, which is not imported for this."""
    is_foreign = dtype.num >= USER_DEFINED and dtype.itemsize == 2
    return is_foreign and dtype.type.__name__ == "bfloat16"


def computing_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that computes for a result's: float32 for the half types."""
    is_half = dtype.char == "e" or is_bfloat16(dtype)
    return np.dtype(np.float32) if is_half else dtype


def result_dtype(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """The dtype of a result: native, and floating as by ``np.true_divide``."""
    if dtype.type in FLOATS or is_bfloat16(dtype):
        return dtype if dtype.isnative else dtype.newbyteorder("=")
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    raise TypeError(f"{name} must be a numeric array, got dtype {dtype}")


def common_dtype(x: Array, x_name: str, y: Array, y_name: str) -> np.dtype[Any]:
    """The dtype of a result of two arrays of one shape."""
    if y.shape != x.shape:
        raise ValueError(
            f"{y_name} must have {x_name}'s shape {x.shape}, got {y.shape}"
        )
    return promoted({x_name: x.dtype, y_name: y.dtype})


def promoted(
    named: dict[str, np.dtype[Any]], owner: str | None = None
) -> np.dtype[Any]:
    """The dtype of a result of arrays, by their names; owner is the name of the one
    argument that holds them all, if one does."""
    names, dtypes = [*named], [*named.values()]
    if dtypes.count(dtypes[0]) == len(dtypes):  # NumPy need not be asked
        return result_dtype(dtypes[0], names[0])
    for name, dtype in zip(names, dtypes, strict=True):
        result_dtype(dtype, name)
    try:
        common = np.result_type(*dtypes)
    except TypeError:
        if owner is None:
            message = _no_common_dtype(names, dtypes)
        else:
            came = ", ".join(map(str, dtypes))
            message = f"{owner} must promote to one dtype, got {came}"
        raise TypeError(message) from None
    return result_dtype(common, names[0])


def _no_common_dtype(names: list[str], dtypes: list[np.dtype[Any]]) -> str:
    """A message that names an array that does not promote with those before it."""
    try:
        common = np.result_type(*dtypes[:-1])
    except TypeError:
        return _no_common_dtype(names[:-1], dtypes[:-1])
    others = ", ".join(names[:-1])
    return f"{names[-1]} must promote with {others}'s {common}, got {dtypes[-1]}"


def probability(p: Any, name: str) -> float:
    """A real number in [0, 1]."""
    value = real(p, name, "a real number in [0, 1]")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {p!r}")
    return value


def below_one(p: Any, name: str) -> float:
    """A real number in [0, 1): the variance of noise is p / (1 - p)."""
    value = probability(p, name)
    if value == 1.0:
        raise ValueError(
            f"{name} must be in [0, 1), got {p!r}: the variance would have no bounds"
        )
    return value


def probabilities(p: Any, name: str, shape: tuple[int, ...] | None) -> float | Array:
    """One probability, or an array of them of this shape; None allows no array. An
    array of zeros gives the number 0."""
    if not (isinstance(p, list | tuple) or getattr(p, "ndim", 0) > 0):
        return probability(p, name)
    if shape is None:
        raise ValueError(f"{name} must be one number with per='batch', got an array")
    values = array(p, name)
    if values.dtype.kind not in "iuf" and not is_bfloat16(values.dtype):
        raise TypeError(f"{name} must be real numbers in [0, 1], got {values.dtype}")
    if values.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {values.shape}")
    values = values.astype(np.float64)
    inside = (values >= 0.0) & (values <= 1.0)
    if not inside.all():
        raise ValueError(f"{name} must be in [0, 1], got {values[~inside][0]}")
    return values if values.any() else 0.0


def choice(value: Any, name: str, choices: tuple[str, ...]) -> str:
    """One of the words that are allowed."""
    if not isinstance(value, str) or value not in choices:
        expected = " or ".join(map(repr, choices))
        raise ValueError(f"{name} must be {expected}, got {value!r}")
    return value


def training(mode: Any) -> bool:
    """Whether a mode trains."""
    return choice(mode, "mode", ("train", "test", "eval")) == "train"


def classic(scaling: Any) -> bool:
    """Whether a scaling is the classic one."""
    return choice(scaling, "scaling", SCALINGS) == "classic"


def flag(value: Any, name: str) -> bool:
    """A bool, Python's or NumPy's; other truth values are refused."""
    if not isinstance(value, BOOLS):
        raise TypeError(f"{name} must be a bool, got {value!r}")
    return bool(value)


def lengths(shape: Any, name: str) -> tuple[int, ...]:
    """A shape: integers of at least 0, or one of them."""
    checked = integers(shape, name)
    values = checked if isinstance(checked, tuple) else (checked,)
    if any(n < 0 for n in values):
        raise ValueError(f"{name} must not be negative, got {shape!r}")
    return values


def axes(value: Any, name: str, ndim: int) -> frozenset[int]:
    """Different axes of an array, negative ones counted from the end."""
    checked = integers(value, name)
    values = checked if isinstance(checked, tuple) else (checked,)
    for axis in values:
        if not -ndim <= axis < ndim:
            raise np.exceptions.AxisError(axis, ndim, name)
    different = frozenset(axis % ndim for axis in values)
    if len(different) < len(values):
        raise ValueError(f"{name} must be different axes, got {value!r}")
    return different


def channel(value: Any, ndim: int) -> int:
    """The axis of channels, counted from the start; axis 0 is that of samples."""
    (axis,) = axes((value,), "channel_axis", ndim)
    if axis == 0:
        raise ValueError(f"channel_axis must not be the samples', 0, got {value}")
    return axis


def keep(mask: Any, shape: tuple[int, ...]) -> Array:
    """A boolean keep mask of this shape."""
    checked = array(mask, "mask", "boolean")
    if checked.dtype != np.bool_:
        raise TypeError(f"mask must be boolean, got dtype {checked.dtype}")
    if checked.shape != shape:
        raise ValueError(f"mask must have shape {shape}, got {checked.shape}")
    return checked


def item_dtype(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """The dtype of a result whose elements are copied: native, and without objects."""
    if dtype.hasobject:
        raise TypeError(f"{name} must be an array without objects, got dtype {dtype}")
    return dtype if dtype.isnative else dtype.newbyteorder("=")


def out(
    target: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    casting: Casting = "same_kind",
) -> Array:
    """An array that can store a result, as a plain ndarray on the same memory. "equiv"
    casting is of results whose elements are copied."""
    if not isinstance(target, np.ndarray):
        raise TypeError(f"out must be an array, got {type(target).__name__}")
    reject_masked(target, "out")
    if type(target) is not np.ndarray:  # what a subclass says of itself does not count
        target = np.ndarray.view(target, np.ndarray)
    if target.shape != shape:
        raise ValueError(f"out must have shape {shape}, got {target.shape}")
    if casting == "same_kind":
        result_dtype(target.dtype, "out")
        expected = f"take {dtype} under same_kind casting"
    else:
        expected = f"have x's dtype {dtype} in any byte order"
    to_real = dtype.kind == "c" and target.dtype.kind != "c"
    if to_real or not np.can_cast(dtype, target.dtype, casting):
        raise TypeError(f"out must {expected}, got {target.dtype}")
    if not target.flags.writeable:
        raise ValueError("out must be writeable, got a read-only array")
    if overlaps_itself(target):
        raise ValueError("out must have one place for each element, got overlapping")
    checked: Array = target
    return checked


def overlaps_itself(x: Array) -> bool:
    """Whether two elements of an array share memory."""
    if x.flags.c_contiguous or x.flags.f_contiguous or x.size == 0:
        return False
    steps = sorted(
        (abs(s), n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1
    )
    reach = x.itemsize
    for step, n in steps:
        if step < reach:
            break
        reach += step * (n - 1)
    else:
        return False
    span = sum(step * (n - 1) for step, n in steps) + x.itemsize
    if x.size * x.itemsize > span:
        return True
    # The strides of axes interlace, which is rare: compare the addresses of elements.
    address = np.zeros(1, np.intp)
    for step, n in steps:
        address = np.add.outer(address, step * np.arange(n)).ravel()
    address.sort()
    return bool(np.any(np.diff(address) < x.itemsize))


def apart(x: Array, target: Array) -> Array:
    """x, or a copy of x if writing target could change an element of x before it is
    read. If both are the same array it cannot: an element is read and then written."""
    if x is target or not np.may_share_memory(x, target):
        return x
    if (
        x.dtype == target.dtype
        and x.strides == target.strides
        and memory(x) == memory(target)
    ):
        return x
    try:
        shared = np.shares_memory(x, target, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        shared = True
    return x.copy() if shared else x


def memory(x: Array) -> tuple[int, int]:
    """The address and the length of an array's memory."""
    return _core.address(x), x.nbytes


def whole(x: Array) -> tuple[int, int]:
    """The memory of the array that an array is a view of, or of itself."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return memory(x)


def form(x: Array) -> tuple[Any, ...]:
    """All that has to stay as it is while an array is read."""
    return x.shape, x.strides, x.dtype, memory(x), whole(x)


def size(shape: tuple[int, ...], name: str, most: int) -> None:
    """Check the number of elements of a shape; an axis of length 0 counts as 1, as when
    NumPy makes an array."""
    if math.prod(n or 1 for n in shape) > most:
        raise ValueError(f"{name} must have at most {most} elements, got {shape!r}")
