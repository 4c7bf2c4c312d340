# What type checkers see of the layers: the types that attributes have and take, and
# passes as those of the functions. tests/test_typing.py compares it with the classes.

from collections.abc import Sequence
from typing import Any, Generic, Self, SupportsIndex, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._typing import Array, F, Flag, Integers, Real, S, Whole
from ..keys import RNG, Key

_Value = TypeVar("_Value", covariant=True)
_Taken = TypeVar("_Taken", contravariant=True)
_T = TypeVar("_T")
_Column: TypeAlias = SupportsIndex | None

class _Attribute(Generic[_Value, _Taken]):
    def __get__(self, layer: object, owner: type | None = None) -> _Value: ...
    def __set__(self, layer: object, value: _Taken) -> None: ...

class _Layer:
    training: _Attribute[bool, Flag]
    rng: _Attribute[np.random.Generator | Key | None, RNG]
    last_key: Key | None
    def train(self, mode: Flag = True) -> Self: ...
    def eval(self) -> Self: ...

class _Elementwise(_Layer):
    @overload
    def __call__(self, x: Array[S, F]) -> Array[S, F]: ...
    @overload
    def __call__(self, x: Array[S, Whole]) -> Array[S, np.float64]: ...
    @overload
    def __call__(self, x: ArrayLike) -> NDArray[Any]: ...
    @overload
    def forward(self, x: Array[S, F]) -> Array[S, F]: ...
    @overload
    def forward(self, x: Array[S, Whole]) -> Array[S, np.float64]: ...
    @overload
    def forward(self, x: ArrayLike) -> NDArray[Any]: ...
    @overload
    def backward(self, grad: Array[S, F]) -> Array[S, F]: ...
    @overload
    def backward(self, grad: Array[S, Whole]) -> Array[S, np.float64]: ...
    @overload
    def backward(self, grad: ArrayLike) -> NDArray[Any]: ...

class Dropout(_Elementwise):
    p: _Attribute[float, Real]
    scaling: str
    shared_axes: _Attribute[int | tuple[int, ...], Integers]
    def __init__(
        self,
        p: Real = 0.5,
        *,
        scaling: str = "inverted",
        shared_axes: Integers = (),
        rng: RNG = None,
    ) -> None: ...

class SpatialDropout(_Elementwise):
    p: _Attribute[float, Real]
    channel_axis: _Attribute[int, SupportsIndex]
    def __init__(
        self, p: Real = 0.5, *, channel_axis: SupportsIndex = 1, rng: RNG = None
    ) -> None: ...

class AlphaDropout(_Elementwise):
    p: _Attribute[float, Real]
    shared_axes: _Attribute[int | tuple[int, ...], Integers]
    def __init__(
        self, p: Real = 0.5, *, shared_axes: Integers = (), rng: RNG = None
    ) -> None: ...

class GaussianDropout(_Elementwise):
    p: _Attribute[float, Real]
    def __init__(self, p: Real = 0.5, *, rng: RNG = None) -> None: ...

class DropPath(_Elementwise):
    drop_prob: _Attribute[float | None, Real | None]
    per: str
    scaling: str
    scale_by_keep: _Attribute[bool, Flag]
    def __init__(
        self,
        drop_prob: Real | None = None,
        *,
        per: str = "sample",
        scaling: str = "inverted",
        scale_by_keep: Flag = True,
        rng: RNG = None,
    ) -> None: ...

class DropBlock(_Elementwise):
    p: _Attribute[float, Real]
    block_size: _Attribute[int | tuple[int, ...], Integers]
    channel_axis: _Attribute[int, SupportsIndex]
    shared_channels: _Attribute[bool, Flag]
    def __init__(
        self,
        p: Real = 0.1,
        *,
        block_size: Integers = 7,
        channel_axis: SupportsIndex = 1,
        shared_channels: Flag = False,
        rng: RNG = None,
    ) -> None: ...

class DropConnect(_Layer):
    p: _Attribute[float, Real]
    per_sample: _Attribute[bool, Flag]
    weight: _Attribute[NDArray[Any], ArrayLike]
    bias: _Attribute[NDArray[Any] | None, ArrayLike | None]
    grad_weight: NDArray[Any] | None
    grad_bias: NDArray[Any] | None
    def __init__(
        self,
        in_features: SupportsIndex,
        out_features: SupportsIndex,
        p: Real = 0.5,
        *,
        bias: Flag = True,
        per_sample: Flag = True,
        rng: RNG = None,
    ) -> None: ...
    @property
    def in_features(self) -> int: ...
    @property
    def out_features(self) -> int: ...
    def __call__(self, x: ArrayLike) -> NDArray[Any]: ...
    def forward(self, x: ArrayLike) -> NDArray[Any]: ...
    def backward(self, grad: ArrayLike) -> NDArray[Any]: ...

class FractalJoin(_Layer):
    prob: _Attribute[float | tuple[float, ...], Real | Sequence[Real]]
    sampling: str
    per: str
    def __init__(
        self,
        prob: Real | Sequence[Real] = 0.15,
        *,
        sampling: str = "local",
        per: str = "batch",
        rng: RNG = None,
    ) -> None: ...
    @overload
    def __call__(
        self, paths: Sequence[Array[S, F]], column: _Column = None
    ) -> Array[S, F]: ...
    @overload
    def __call__(
        self, paths: Sequence[Array[S, F] | None], column: _Column = None
    ) -> Array[S, F] | None: ...
    @overload
    def __call__(
        self, paths: Sequence[ArrayLike] | ArrayLike, column: _Column = None
    ) -> NDArray[Any]: ...
    @overload
    def __call__(
        self, paths: Sequence[ArrayLike | None], column: _Column = None
    ) -> NDArray[Any] | None: ...
    @overload
    def forward(
        self, paths: Sequence[Array[S, F]], column: _Column = None
    ) -> Array[S, F]: ...
    @overload
    def forward(
        self, paths: Sequence[Array[S, F] | None], column: _Column = None
    ) -> Array[S, F] | None: ...
    @overload
    def forward(
        self, paths: Sequence[ArrayLike] | ArrayLike, column: _Column = None
    ) -> NDArray[Any]: ...
    @overload
    def forward(
        self, paths: Sequence[ArrayLike | None], column: _Column = None
    ) -> NDArray[Any] | None: ...
    def backward(self, grad: ArrayLike | None) -> list[Any]: ...

class Identity(_Layer):
    def __init__(self) -> None: ...
    def __call__(self, x: _T) -> _T: ...
    def forward(self, x: _T) -> _T: ...
    def backward(self, grad: _T) -> _T: ...
