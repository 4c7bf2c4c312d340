"""Arguments turned into arrays and numbers, by methods of their own where they have
such. Each function returns its argument, converted, or raises an error that names the
argument, what was expected and what came."""

from __future__ import annotations

import datetime
import math
import numbers
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

BOOLS = bool, np.bool_
NUMBERS = int, float, complex, np.generic
SCALARS = numbers.Number, datetime.date, datetime.timedelta


def array(x: Any, name: str, expected: str = "a numeric array") -> Array:
    """An array-like as an ndarray. The dtype is not checked, but what NumPy takes for
    one object, and is no scalar, is refused."""
    if type(x) is np.ndarray:
        return x
    if isinstance(x, NUMBERS):
        return np.asarray(x)
    try:
        refused = _refusal(x, name) or _refusal_within(x, name)
        found = np.asarray(None if refused else x)
    except Exception as error:
        if type(error) is ValueError:
            raise ValueError(f"{name} must be array-like: {error}") from error
        note(error, x, name, "array-like")
        raise
    if refused:
        raise TypeError(refused)
    if found.dtype == object and found.ndim == 0 and not _is_scalar(found[()]):
        came = "None" if x is None else f"a {type(x).__name__}"
        raise TypeError(f"{name} must be {expected}, got {came}")
    return found


def note(error: Exception, value: Any, name: str, expected: str) -> None:
    """Let an error that came out of a method of an argument name the argument."""
    error.add_note(
        f"{name} must be {expected}; the error came from the {type(value).__name__}"
        " that was given"
    )


def _refusal(x: Any, name: str) -> str | None:
    """Why an argument is refused that NumPy would convert, if it is."""
    graph = getattr(x, "__dask_graph__", None)
    if graph is not None and graph() is not None:
        return (
            f"{name} must be array-like, got a Dask collection; droplayers.dask has the"
            " functions that take one"
        )
    if isinstance(x, _class_of("autograd.tracer", "Box")):
        return (
            f"{name} must be array-like, got a value that autograd traces; the function"
            " of droplayers.autograd takes it, as an array or in a list"
        )
    if isinstance(x, _class_of("numpy.ma", "MaskedArray")):
        return f"{name} must be a plain array, got a MaskedArray"
    return None


def _refusal_within(x: Any, name: str) -> str | None:
    """The same for the items of lists and tuples, however deep. They are looked at by
    their types: a long list of numbers has one."""
    refused = (
        _class_of("autograd.tracer", "Box"),
        _class_of("numpy.ma", "MaskedArray"),
    )
    nested, seen = [x] if isinstance(x, list | tuple) else [], {id(x)}
    while nested:
        items = nested.pop()
        for kind in set(map(type, items)):
            if issubclass(kind, list | tuple):
                inner = {id(i): i for i in items if type(i) is kind}
                nested += [i for key, i in inner.items() if key not in seen]
                seen |= inner.keys()
            elif issubclass(kind, refused) or hasattr(kind, "__dask_graph__"):
                found = (_refusal(i, name) for i in items if type(i) is kind)
                if (message := next(filter(None, found), None)) is not None:
                    return message
    return None


def _class_of(module: str, name: str) -> Any:
    """A class of a module that may not be imported; no class then."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else ()


def _is_scalar(item: Any) -> bool:
    """Whether an object is a number or a date: not None, nor what holds items."""
    return hasattr(item, "__float__") or isinstance(item, SCALARS)


def reject_masked(x: Any, name: str) -> None:
    """Refuse an array that is masked, and would lose its mask."""
    if refused := _refusal(x, name):
        raise TypeError(refused)


def real(value: Any, name: str, expected: str = "a real number") -> float:
    """A real number: anything with ``__float__`` but text, bools and complex numbers,
    of whatever library. What is too large for a float is infinite."""
    if type(value) is float:
        return value
    try:
        if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
            value = value.item()
        if type(value) is int or (not _refusal(value, name) and _is_real(value)):
            return float(value)
    except Exception as error:
        if isinstance(error, OverflowError) and isinstance(value, numbers.Rational):
            return math.inf if int(value.numerator) > 0 else -math.inf
        note(error, value, name, expected)
        raise
    raise TypeError(f"{name} must be {expected}, got {value!r}")


def _is_real(value: Any) -> bool:
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        return False
    if isinstance(value, numbers.Complex) and not isinstance(value, numbers.Real):
        return False
    if getattr(value, "ndim", 0) > 0:
        return False
    dtype = getattr(value, "dtype", None)
    kind = getattr(dtype, "kind", None)
    if isinstance(kind, str):
        return kind in "iufV"
    # A dtype that is not NumPy's has its name alone.
    return not any(word in str(dtype).lower() for word in ("bool", "complex"))


def integer(value: Any, name: str) -> int:
    """An integer; bools are refused."""
    if isinstance(value, BOOLS):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    try:
        return operator.index(value)
    except TypeError as error:
        raise TypeError(f"{name} must be an integer, got {value!r}") from error
    except Exception as error:
        note(error, value, name, "an integer")
        raise


def integers(value: Any, name: str) -> int | tuple[int, ...]:
    """An integer, or a tuple of them."""
    try:
        items = tuple(value)
    except TypeError:
        return integer(value, name)
    except Exception as error:
        note(error, value, name, "an integer, or several")
        raise
    return tuple(integer(item, name) for item in items)
