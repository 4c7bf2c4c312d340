"""What may be passed: each function returns its argument made ready, or raises an
error that names the argument, what was expected and what came."""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

FLOATS = frozenset("efdgFDG")


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is that of ml_dtypes, which is not imported for this."""
    return dtype.kind == "V" and dtype.type.__name__ == "bfloat16"


def is_half(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype computes in float32."""
    return dtype.char == "e" or is_bfloat16(dtype)


def result_dtype(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """The dtype of a result: native, and floating as by ``np.true_divide``."""
    if dtype.char in FLOATS or is_bfloat16(dtype):
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
    return promoted({x_name: x, y_name: y})


def promoted(arrays: dict[str, Array]) -> np.dtype[Any]:
    """The dtype of a result of arrays, by the names that they go by."""
    names, dtypes = list(arrays), [x.dtype for x in arrays.values()]
    common = dtypes[0]
    for i, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        result_dtype(dtype, name)
        try:
            common = np.result_type(*dtypes[: i + 1])
        except TypeError:
            raise TypeError(
                f"{name} must promote with {', '.join(names[:i])}'s {common}, got"
                f" {dtype}"
            ) from None
    return result_dtype(common, names[0])


def array(x: Any, name: str) -> Array:
    """A plain ndarray of any array-like; its dtype is another matter."""
    if type(x) is np.ndarray:
        return x
    if hasattr(x, "__dask_graph__"):
        raise TypeError(
            f"{name} must be array-like, got a Dask collection; map the function"
            " over its blocks with full_shape and start (droplayers.dask will)"
        )
    if str(type(x).__module__).startswith("autograd."):
        raise TypeError(
            f"{name} must be array-like, got a value that autograd traces; call the"
            " function of the same name in droplayers.autograd"
        )
    reject_masked(x, name)
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name} must be array-like: {error}") from error


def reject_masked(x: Any, name: str) -> None:
    """Masked arrays would lose their masks."""
    ma = sys.modules.get("numpy.ma")
    if ma is not None and isinstance(x, ma.MaskedArray):
        raise TypeError(f"{name} must be a plain array, got a MaskedArray")


def probability(p: Any, name: str) -> float:
    """A real in [0, 1]: anything with ``__float__`` but bools and text."""
    if isinstance(p, np.ndarray) and p.dtype == object and p.ndim == 0:
        p = p.item()
    if type(p) is not float:
        kind = getattr(getattr(p, "dtype", None), "kind", "f")
        if (
            isinstance(p, bool | str | bytes | complex)
            or not hasattr(p, "__float__")
            or kind not in "iufV"
            or getattr(p, "ndim", 0) > 0
        ):
            raise TypeError(f"{name} must be a real number in [0, 1], got {p!r}")
        value = float(p)
    else:
        value = p
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {p!r}")
    return value


def probabilities(p: Any, name: str, shape: tuple[int, ...] | None) -> float | Array:
    """One probability, or an array of some shape, if any; one of zeros is 0."""
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
    """One of some words."""
    if not isinstance(value, str) or value not in choices:
        expected = " or ".join(map(repr, choices))
        raise ValueError(f"{name} must be {expected}, got {value!r}")
    return value


def training(mode: Any) -> bool:
    """Whether a mode trains."""
    return choice(mode, "mode", ("train", "test", "eval")) == "train"


def flag(value: Any, name: str) -> bool:
    """A bool, NumPy's too, and nothing that is only truthy."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a bool, got {value!r}")
    return bool(value)


def integer(value: Any, name: str) -> int:
    """An integer, and no bool."""
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None


def integers(value: Any, name: str) -> int | tuple[int, ...]:
    """An integer, or a tuple of them."""
    try:
        items = tuple(value)
    except TypeError:
        return integer(value, name)
    return tuple(integer(item, name) for item in items)


def lengths(shape: Any, name: str) -> tuple[int, ...]:
    """A shape: integers that are not negative, or one of them."""
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
    """A boolean keep mask of the shape that it would be drawn for."""
    checked = array(mask, "mask")
    if checked.dtype != np.bool_:
        raise TypeError(f"mask must be boolean, got dtype {checked.dtype}")
    if checked.shape != shape:
        raise ValueError(f"mask must have shape {shape}, got {checked.shape}")
    return checked


def out(target: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array that can take a result, as a plain one on the same memory."""
    if not isinstance(target, np.ndarray):
        raise TypeError(f"out must be an array, got {type(target).__name__}")
    reject_masked(target, "out")
    if target.shape != shape:
        raise ValueError(f"out must have shape {shape}, got {target.shape}")
    result_dtype(target.dtype, "out")
    to_real = dtype.kind == "c" and target.dtype.kind != "c"
    if to_real or not np.can_cast(dtype, target.dtype, "same_kind"):
        raise TypeError(
            f"out must take {dtype} under same_kind casting, got {target.dtype}"
        )
    if not target.flags.writeable:
        raise ValueError("out must be writeable, got a read-only array")
    if overlaps_itself(target):
        raise ValueError("out must have one place for each element, got overlapping")
    return target if type(target) is np.ndarray else target.view(np.ndarray)


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
    # Axes that interlace: rare enough to look at every address.
    address = np.zeros(1, np.intp)
    for step, n in steps:
        address = np.add.outer(address, step * np.arange(n)).ravel()
    address.sort()
    return bool(np.any(np.diff(address) < x.itemsize))


def apart(x: Array, target: Array) -> Array:
    """An operand that can be read while target is written, element for element:
    x itself, or a copy where the two overlap otherwise than as one array."""
    if x is target or not np.may_share_memory(x, target):
        return x
    if (
        x.dtype == target.dtype
        and x.strides == target.strides
        and x.__array_interface__["data"] == target.__array_interface__["data"]
    ):
        return x
    try:
        shared = np.shares_memory(x, target, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        shared = True
    return x.copy() if shared else x


def size(shape: tuple[int, ...], name: str, most: int) -> None:
    """Check the number of elements of a shape; NumPy counts empty axes as 1."""
    if math.prod(n or 1 for n in shape) > most:
        raise ValueError(f"{name} must have at most {most} elements, got {shape!r}")
