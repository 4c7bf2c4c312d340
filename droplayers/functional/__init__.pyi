# What type checkers see of the functions. Overloads are told apart by the array and by
# whether a mask is returned: arrays of floats keep their scalar type and shape, arrays
# of integers and bools give float64, all else that is like an array an unknown dtype.
# tests/test_typing.py compares the parameters with those of the functions.

from collections.abc import Callable, Sequence
from typing import Any, Generic, SupportsIndex, TypeAlias, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._typing import Array, F, Flag, Integers, Mask, No, Rates, Real, S, T, Whole, Yes
from ..keys import RNG

# --- keywords -------------------------------------------------------------------------

class _Drawn(TypedDict, total=False):
    rng: RNG
    full_shape: Integers | None
    start: Integers | None

class _Noise(_Drawn, Generic[T], total=False):
    out: NDArray[T] | None

class _Masked(_Noise[T], Generic[T], total=False):
    mask: ArrayLike | None

class _Alpha(_Masked[T], Generic[T], total=False):
    shared_axes: Integers

class _Dropout(_Alpha[T], Generic[T], total=False):
    scaling: str

class _Spatial(_Masked[T], Generic[T], total=False):
    channel_axis: SupportsIndex

class _BlockMask(_Drawn, total=False):
    block_size: Integers
    channel_axis: SupportsIndex
    shared_channels: Flag

class _Blocks(_BlockMask, Generic[T], total=False):
    mask: ArrayLike | None
    out: NDArray[T] | None

class _Path(_Masked[T], Generic[T], total=False):
    per: str
    scaling: str
    scale_by_keep: Flag

class _Depth(TypedDict, Generic[T], total=False):
    per: str
    scaling: str
    sampling: str
    rng: RNG
    out: NDArray[T] | None

class _Connect(TypedDict, Generic[T], total=False):
    per_sample: Flag
    rng: RNG
    out: NDArray[T] | None

class _Sampling(TypedDict, total=False):
    sampling: str
    per: str
    column: SupportsIndex | None
    rng: RNG

class _Join(_Sampling, Generic[T], total=False):
    out: NDArray[T] | None

_Branch: TypeAlias = Callable[[NDArray[F]], NDArray[F]]
_Paths: TypeAlias = Sequence[ArrayLike | None] | ArrayLike

# --- functions ------------------------------------------------------------------------

# fmt: off
@overload
def dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, residual: NDArray[F] | None = None,
    **options: Unpack[_Dropout[F]],
) -> Array[S, F]: ...
@overload
def dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, residual: NDArray[F] | None = None,
    **options: Unpack[_Dropout[F]],
) -> tuple[Array[S, F], Mask]: ...
@overload
def dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, residual: NDArray[np.float64 | Whole] | None = None,
    **options: Unpack[_Dropout[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, residual: NDArray[np.float64 | Whole] | None = None,
    **options: Unpack[_Dropout[np.float64]],
) -> tuple[Array[S, np.float64], Mask]: ...
@overload
def dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, residual: ArrayLike | None = None,
    **options: Unpack[_Dropout[Any]],
) -> NDArray[Any]: ...
@overload
def dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, residual: ArrayLike | None = None,
    **options: Unpack[_Dropout[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Flag, residual: ArrayLike | None = None,
    **options: Unpack[_Dropout[Any]],
) -> Any: ...

@overload
def replace(
    x: Array[S, T], value: ArrayLike, p: Real | None = None, *,
    return_mask: No = False, **options: Unpack[_Alpha[T]],
) -> Array[S, T]: ...
@overload
def replace(
    x: Array[S, T], value: ArrayLike, p: Real | None = None, *,
    return_mask: Yes, **options: Unpack[_Alpha[T]],
) -> tuple[Array[S, T], Mask]: ...
@overload
def replace(
    x: ArrayLike, value: ArrayLike, p: Real | None = None, *,
    return_mask: No = False, **options: Unpack[_Alpha[Any]],
) -> NDArray[Any]: ...
@overload
def replace(
    x: ArrayLike, value: ArrayLike, p: Real | None = None, *,
    return_mask: Yes, **options: Unpack[_Alpha[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def replace(
    x: ArrayLike, value: ArrayLike, p: Real | None = None, *,
    return_mask: Flag, **options: Unpack[_Alpha[Any]],
) -> Any: ...

@overload
def spatial_dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Spatial[F]],
) -> Array[S, F]: ...
@overload
def spatial_dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Spatial[F]],
) -> tuple[Array[S, F], Mask]: ...
@overload
def spatial_dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Spatial[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def spatial_dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Spatial[np.float64]],
) -> tuple[Array[S, np.float64], Mask]: ...
@overload
def spatial_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Spatial[Any]],
) -> NDArray[Any]: ...
@overload
def spatial_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Spatial[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def spatial_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Flag, **options: Unpack[_Spatial[Any]],
) -> Any: ...

@overload
def alpha_dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Alpha[F]],
) -> Array[S, F]: ...
@overload
def alpha_dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Alpha[F]],
) -> tuple[Array[S, F], Mask]: ...
@overload
def alpha_dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Alpha[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def alpha_dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Alpha[np.float64]],
) -> tuple[Array[S, np.float64], Mask]: ...
@overload
def alpha_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Alpha[Any]],
) -> NDArray[Any]: ...
@overload
def alpha_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Alpha[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def alpha_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    return_mask: Flag, **options: Unpack[_Alpha[Any]],
) -> Any: ...

@overload
def alpha_dropout_backward(
    grad: Array[S, F], p: Real = 0.5, mode: str = "train", **options: Unpack[_Alpha[F]],
) -> Array[S, F]: ...
@overload
def alpha_dropout_backward(
    grad: Array[S, Whole], p: Real = 0.5, mode: str = "train",
    **options: Unpack[_Alpha[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def alpha_dropout_backward(
    grad: ArrayLike, p: Real = 0.5, mode: str = "train", **options: Unpack[_Alpha[Any]],
) -> NDArray[Any]: ...

@overload
def gaussian_dropout(
    x: Array[S, F], p: Real = 0.5, mode: str = "train", **options: Unpack[_Noise[F]],
) -> Array[S, F]: ...
@overload
def gaussian_dropout(
    x: Array[S, Whole], p: Real = 0.5, mode: str = "train",
    **options: Unpack[_Noise[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def gaussian_dropout(
    x: ArrayLike, p: Real = 0.5, mode: str = "train", **options: Unpack[_Noise[Any]],
) -> NDArray[Any]: ...

@overload
def drop_block(
    x: Array[S, F], p: Real = 0.1, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Blocks[F]],
) -> Array[S, F]: ...
@overload
def drop_block(
    x: Array[S, F], p: Real = 0.1, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Blocks[F]],
) -> tuple[Array[S, F], Mask]: ...
@overload
def drop_block(
    x: Array[S, Whole], p: Real = 0.1, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Blocks[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def drop_block(
    x: Array[S, Whole], p: Real = 0.1, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Blocks[np.float64]],
) -> tuple[Array[S, np.float64], Mask]: ...
@overload
def drop_block(
    x: ArrayLike, p: Real = 0.1, mode: str = "train", *,
    return_mask: No = False, **options: Unpack[_Blocks[Any]],
) -> NDArray[Any]: ...
@overload
def drop_block(
    x: ArrayLike, p: Real = 0.1, mode: str = "train", *,
    return_mask: Yes, **options: Unpack[_Blocks[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def drop_block(
    x: ArrayLike, p: Real = 0.1, mode: str = "train", *,
    return_mask: Flag, **options: Unpack[_Blocks[Any]],
) -> Any: ...

@overload
def drop_path(
    x: Array[S, F], prob: Rates = 0.0, training: Flag = False, *,
    return_mask: No = False, residual: NDArray[F] | None = None,
    **options: Unpack[_Path[F]],
) -> Array[S, F]: ...
@overload
def drop_path(
    x: Array[S, F], prob: Rates = 0.0, training: Flag = False, *,
    return_mask: Yes, residual: NDArray[F] | None = None, **options: Unpack[_Path[F]],
) -> tuple[Array[S, F], Mask]: ...
@overload
def drop_path(
    x: Array[S, Whole], prob: Rates = 0.0, training: Flag = False, *,
    return_mask: No = False, residual: NDArray[np.float64 | Whole] | None = None,
    **options: Unpack[_Path[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def drop_path(
    x: Array[S, Whole], prob: Rates = 0.0, training: Flag = False, *,
    return_mask: Yes, residual: NDArray[np.float64 | Whole] | None = None,
    **options: Unpack[_Path[np.float64]],
) -> tuple[Array[S, np.float64], Mask]: ...
@overload
def drop_path(
    x: ArrayLike, prob: Rates = 0.0, training: Flag = False, *,
    return_mask: No = False, residual: ArrayLike | None = None,
    **options: Unpack[_Path[Any]],
) -> NDArray[Any]: ...
@overload
def drop_path(
    x: ArrayLike, prob: Rates = 0.0, training: Flag = False, *,
    return_mask: Yes, residual: ArrayLike | None = None, **options: Unpack[_Path[Any]],
) -> tuple[NDArray[Any], Mask]: ...
@overload
def drop_path(
    x: ArrayLike, prob: Rates = 0.0, training: Flag = False, *,
    return_mask: Flag, residual: ArrayLike | None = None, **options: Unpack[_Path[Any]],
) -> Any: ...

@overload
def stochastic_depth(
    x: Array[S, F], branch: _Branch[F],
    prob: Real = 0.0, training: Flag = False, **options: Unpack[_Depth[F]],
) -> Array[S, F]: ...
@overload
def stochastic_depth(
    x: ArrayLike, branch: Callable[[Any], Any],
    prob: Real = 0.0, training: Flag = False, **options: Unpack[_Depth[Any]],
) -> NDArray[Any]: ...

@overload
def stochastic_depth_backward(
    grad: Array[S, F], branch_backward: _Branch[F],
    prob: Real = 0.0, training: Flag = False, **options: Unpack[_Depth[F]],
) -> Array[S, F]: ...
@overload
def stochastic_depth_backward(
    grad: ArrayLike, branch_backward: Callable[[Any], Any],
    prob: Real = 0.0, training: Flag = False, **options: Unpack[_Depth[Any]],
) -> NDArray[Any]: ...

@overload
def drop_connect(
    x: NDArray[F], weight: NDArray[F], p: Real = 0.5, mode: str = "train", *,
    bias: NDArray[F] | None = None, **options: Unpack[_Connect[F]],
) -> NDArray[F]: ...
@overload
def drop_connect(
    x: ArrayLike, weight: ArrayLike, p: Real = 0.5, mode: str = "train", *,
    bias: ArrayLike | None = None, **options: Unpack[_Connect[Any]],
) -> NDArray[Any]: ...

@overload
def drop_connect_backward(
    grad: NDArray[F], x: NDArray[F], weight: NDArray[F],
    p: Real = 0.5, mode: str = "train", *, per_sample: Flag = True, rng: RNG = None,
) -> tuple[NDArray[F], NDArray[F], NDArray[F]]: ...
@overload
def drop_connect_backward(
    grad: ArrayLike, x: ArrayLike, weight: ArrayLike,
    p: Real = 0.5, mode: str = "train", *, per_sample: Flag = True, rng: RNG = None,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...

@overload
def drop_connect_moments(
    x: NDArray[F], weight: NDArray[F], p: Real, *, bias: NDArray[F] | None = None,
) -> tuple[NDArray[F], NDArray[F]]: ...
@overload
def drop_connect_moments(
    x: ArrayLike, weight: ArrayLike, p: Real, *, bias: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]: ...

@overload
def fractal_join(
    paths: Sequence[Array[S, F]], prob: Rates = 0.15, training: Flag = False,
    **options: Unpack[_Join[F]],
) -> Array[S, F]: ...
@overload
def fractal_join(
    paths: Sequence[Array[S, F] | None], prob: Rates = 0.15, training: Flag = False,
    **options: Unpack[_Join[F]],
) -> Array[S, F] | None: ...
@overload
def fractal_join(
    paths: Sequence[Array[S, Whole]], prob: Rates = 0.15, training: Flag = False,
    **options: Unpack[_Join[np.float64]],
) -> Array[S, np.float64]: ...
@overload
def fractal_join(
    paths: Sequence[ArrayLike] | ArrayLike, prob: Rates = 0.15, training: Flag = False,
    **options: Unpack[_Join[Any]],
) -> NDArray[Any]: ...
@overload
def fractal_join(
    paths: Sequence[ArrayLike | None], prob: Rates = 0.15, training: Flag = False,
    **options: Unpack[_Join[Any]],
) -> NDArray[Any] | None: ...

@overload
def fractal_join_backward(
    grad: Array[S, F], paths: Sequence[Array[S, F]],
    prob: Rates = 0.15, training: Flag = False, **options: Unpack[_Sampling],
) -> list[Array[S, F]]: ...
@overload
def fractal_join_backward(
    grad: Array[S, F] | None, paths: Sequence[Array[S, F] | None],
    prob: Rates = 0.15, training: Flag = False, **options: Unpack[_Sampling],
) -> list[Array[S, F] | None]: ...
@overload
def fractal_join_backward(
    grad: ArrayLike | None, paths: _Paths,
    prob: Rates = 0.15, training: Flag = False, **options: Unpack[_Sampling],
) -> list[Any]: ...

@overload
def keep_mask(
    shape: Integers, p: Real, *, packed: No = False, **options: Unpack[_Drawn],
) -> NDArray[np.bool_]: ...
@overload
def keep_mask(
    shape: Integers, p: Real, *, packed: Yes, **options: Unpack[_Drawn],
) -> NDArray[np.uint8]: ...
@overload
def keep_mask(
    shape: Integers, p: Real, *, packed: Flag, **options: Unpack[_Drawn],
) -> NDArray[np.bool_] | NDArray[np.uint8]: ...

def block_mask(
    shape: Integers, p: Real = 0.1, **options: Unpack[_BlockMask]
) -> NDArray[np.bool_]: ...
def kept_rows(
    n: SupportsIndex, prob: Real, *, sampling: str = "bernoulli", rng: RNG = None
) -> tuple[NDArray[np.intp], float]: ...
