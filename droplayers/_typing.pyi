# The types of arguments and results, for type checkers alone.

from collections.abc import Iterable
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

S = TypeVar("S", bound=tuple[int, ...])
T = TypeVar("T", bound=np.generic)
F = TypeVar("F", bound=np.inexact[Any])  # these stay what they are

Array: TypeAlias = np.ndarray[S, np.dtype[T]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Whole: TypeAlias = np.integer[Any] | np.bool_  # these become float64

Real: TypeAlias = SupportsFloat
Rates: TypeAlias = Real | ArrayLike
Integers: TypeAlias = SupportsIndex | Iterable[SupportsIndex]
Flag: TypeAlias = bool | np.bool_
No: TypeAlias = Literal[False]
Yes: TypeAlias = Literal[True]
