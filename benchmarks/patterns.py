# SPDX-License-Identifier: BSD-3-Clause
"""Call patterns: an array, what is done to it, and what NumPy does to it, each into a
new array; of layouts, shapes, dtypes and options."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import ml_dtypes
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from subjects import KEY, filled

import droplayers as dl

if TYPE_CHECKING:
    from subjects import Array


@functools.cache
def _factor(dtype: np.dtype[np.generic]) -> Array:
    return np.full((), 1.25, np.float64 if dtype.kind in "biu" else dtype)


@functools.cache
def _keep(shape: tuple[int, ...], order: str) -> Array:
    return np.asarray(dl.keep_mask(shape, 0.1, rng=KEY), order=order)


MULTIPLY, ADD, SUM = "np.multiply(x, s)", "np.add(x, x)", "(a + b + c) * s"
LESS, WHERE, NORMAL = "np.less(x, s)", "np.where(keep, x, 0)", "x * rng.normal(1, s)"
NUMPY: dict[str, Callable[[Array], Array]] = {
    MULTIPLY: lambda x: np.multiply(x, _factor(x.dtype)),
    ADD: lambda x: np.add(x, x),
    SUM: lambda x: (x[0] + x[1] + x[2]) * np.float32(1.25),
    LESS: lambda x: np.less(x, _factor(x.dtype)),
    WHERE: lambda x: np.where(_keep(x.shape, "C"), x, 0),
    NORMAL: lambda x: x * np.random.default_rng(7).normal(1, 1 / 3, x.shape),
}

# --- arrays of about n elements -------------------------------------------------------


def _c(columns: int, dtype: Any = "f4") -> Callable[[int], Array]:
    return lambda n: filled((n // columns, columns), np.dtype(dtype))


def _f(columns: int, dtype: Any = "f4") -> Callable[[int], Array]:
    return lambda n: np.asfortranarray(_c(columns, dtype)(n))


def _f_wide(rows: int) -> Callable[[int], Array]:
    return lambda n: np.asfortranarray(filled((rows, n // rows)))


def _three(n: int) -> Array:
    return filled((3, n // 8, 8))


def _square(n: int) -> Array:
    return filled((int(n**0.5),) * 2)


def _cube(n: int) -> Array:
    return filled((round(n ** (1 / 3)),) * 3)


def _transposed(axes: tuple[int, ...]) -> Callable[[int], Array]:
    return lambda n: _cube(n).transpose(axes)


def _nhwc(n: int) -> Array:
    side = int((n / 96) ** 0.5)
    return filled((32, side, side, 3))


def _unaligned(n: int) -> Array:
    x = np.zeros(4 * n + 1, np.uint8)[1:].view(np.float32)
    x[...] = filled(n)
    return x


def _ordered(shape: tuple[int, ...], axes: tuple[int, ...]) -> Callable[[int], Array]:
    """Arrays of a shape, 0 for what is left of n, whose memory goes through some axes
    from the outermost to the innermost."""

    def make(n: int) -> Array:
        left = n // math.prod(length or 1 for length in shape)
        lengths = [shape[i] or left for i in axes]
        return filled(tuple(lengths)).transpose(np.argsort(axes))

    return make


# --- calls ----------------------------------------------------------------------------


def _dropout(**options: object) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(x, 0.1, rng=KEY, **options)  # type: ignore[arg-type]


def _block(columns: int, start: int = 7) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(
        x, 0.1, rng=KEY, full_shape=(len(x), columns), start=(0, start)
    )


def _residual(x: Array) -> Array:
    return dl.dropout(x, 0.1, rng=KEY, residual=x)


def _replace(**options: Any) -> Callable[[Array], Array]:
    return lambda x: dl.replace(x, 0, 0.1, rng=KEY, **options)


def _alpha(x: Array) -> Array:
    return dl.alpha_dropout(x, 0.1, rng=KEY)


def _gaussian(x: Array) -> Array:
    return dl.gaussian_dropout(x, 0.1, rng=KEY)


def _path(x: Array) -> Array:
    return dl.drop_path(x, 0.1, True, rng=KEY)


def _path_rates(x: Array) -> Array:
    return dl.drop_path(x, _rates(len(x)), True, rng=KEY)


@functools.cache
def _rates(n: int) -> Array:
    return np.linspace(0.05, 0.15, n)


def _given(order: str) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(x, 0.1, mask=_keep(x.shape, order))


def _returned(x: Array) -> Array:
    return dl.dropout(x, 0.1, rng=KEY, return_mask=True)[0]


def _mask(x: Array) -> Array:
    return dl.keep_mask(x.shape, 0.1, rng=KEY)


def _blocks(x: Array) -> Array:
    return dl.drop_block(x, 0.1, block_size=7, channel_axis=-1, rng=KEY)


def _spatial(x: Array) -> Array:
    return dl.spatial_dropout(x, 0.1, channel_axis=-1, rng=KEY)


def _join(per: Literal["batch", "sample"]) -> Callable[[Array], Array]:
    return lambda x: dl.fractal_join([*x], 0.1, True, per=per, rng=KEY)


def _depth(x: Array) -> Array:
    return dl.stochastic_depth(x, lambda rows: rows, 0.1, True, rng=KEY)


# --- patterns -------------------------------------------------------------------------


class Pattern(NamedTuple):
    """An array, and what is done to it."""

    make: Callable[[int], Array]
    goal: float  #: at 16 MiB
    call: Callable[[Array], Array] = _dropout()
    beside: str = MULTIPLY  #: of NUMPY


#: shapes of many axes, 0 for the long one, and orders of them in memory
SHORT_AXES = (
    ((0, 2, 2, 2, 2, 2), (5, 4, 3, 2, 1, 0)),
    ((0, 2, 2, 2, 2, 2), (0, 5, 2, 4, 1, 3)),
    ((2, 2, 0, 2, 2), (2, 3, 1, 0, 4)),
    ((2, 2, 0, 2, 2), (4, 3, 2, 1, 0)),
    ((0, 8, 4, 8), (2, 0, 3, 1)),
    ((0, 3, 5, 7), (2, 0, 1, 3)),
    ((0, 3, 5, 7, 11), (3, 1, 4, 2, 0)),
    ((2, 3, 4, 0), (3, 2, 1, 0)),
    ((8, 16, 8, 0), (1, 3, 2, 0)),
)

PATTERNS = {
    **{f"F-ordered (N, {c})": Pattern(_f(c), 5) for c in (2, 3, 4, 8, 16)},
    **{f"F-ordered ({c}, N)": Pattern(_f_wide(c), 3) for c in (2, 3)},
    **{
        f"drop_path (N, {c})": Pattern(_c(c), goal, _path)
        for c, goal in ((2, 4), (3, 4), (8, 3), (64, 3), (1024, 2))
    },
    **{
        f"drop_path (N, {c}), rates": Pattern(_c(c), goal, _path_rates)
        for c, goal in ((2, 8), (8, 8), (64, 8), (1024, 2.5))
    },
    **{
        f"(N, {c}), shared_axes={axis}": Pattern(_c(c), 3, _dropout(shared_axes=axis))
        for c in (2, 8, 1000)
        for axis in (0, 1)
    },
    **{
        f"(N, {c}) of (N, 5000)": Pattern(_c(c), goal, _block(5000))
        for c, goal in ((1, 150), (2, 80), (100, 5), (1000, 3))
    },
    "(N, 8) of (N, 24)": Pattern(_c(8), 8, _block(24, 8)),
    "spatial (32, H, W, 3)": Pattern(_nhwc, 4, _spatial),
    **{
        f"cube.transpose{axes}": Pattern(_transposed(axes), 3)
        for axes in itertools.permutations(range(3))
        if axes != (0, 1, 2)
    },
    **{
        f"{str(shape).replace('0', 'N')} in the order {axes}": Pattern(
            _ordered(shape, axes), 8
        )
        for shape, axes in SHORT_AXES
    },
    "square.T": Pattern(lambda n: _square(n).T, 2.5),
    "(N, 3)[:, :2]": Pattern(lambda n: _c(3)(n)[:, :2], 4),
    "(N, 1024)[:, :1000]": Pattern(lambda n: _c(1024)(n)[:, :1000], 2.5),
    "square[:, ::2]": Pattern(lambda n: _square(n)[:, ::2], 2.5),
    "square[::-1, ::-1]": Pattern(lambda n: _square(n)[::-1, ::-1], 2.5),
    "broadcast row": Pattern(
        lambda n: np.broadcast_to(filled(1024), (n // 1024, 1024)), 2.5
    ),
    "broadcast column": Pattern(
        lambda n: np.broadcast_to(filled((n // 1024, 1)), (n // 1024, 1024)), 2.5
    ),
    "broadcast number": Pattern(lambda n: np.broadcast_to(filled(1), (n,)), 2.5),
    "(N, 8)[:, ::-1]": Pattern(lambda n: _c(8)(n)[:, ::-1], 4),
    "vector[::-3]": Pattern(lambda n: filled(3 * n)[::-3], 2.5),
    "windows (N, 64) of a vector": Pattern(
        lambda n: sliding_window_view(filled(n // 64 + 63), 64), 2.5
    ),
    "contiguous": Pattern(lambda n: filled(n), 2),
    "unaligned": Pattern(_unaligned, 3),
    "the other byte order": Pattern(
        lambda n: filled(n).astype(np.dtype("f4").newbyteorder()), 6
    ),
    **{
        name: Pattern(_c(1024, dtype), goal)
        for name, dtype, goal in (
            ("float16", "f2", 2),
            ("bfloat16", ml_dtypes.bfloat16, 2),
            ("float64", "f8", 2),
            ("complex64", "c8", 3),
            ("complex128", "c16", 3),
            ("uint8", "u1", 3),
            ("int32", "i4", 3),
        )
    },
    "complex64, F-ordered (N, 128)": Pattern(lambda n: _f(128, "c8")(n // 2), 6),
    "float16, F-ordered (N, 3)": Pattern(_f(3, "f2"), 5),
    "float64, square.T": Pattern(lambda n: _square(n).astype("f8").T, 2.5),
    "classic scaling": Pattern(lambda n: filled(n), 2, _dropout(scaling="classic")),
    "residual, square.T": Pattern(lambda n: _square(n).T, 4, _residual, ADD),
    "alpha_dropout": Pattern(lambda n: filled(n), 3, _alpha),
    "alpha_dropout, F-ordered (N, 8)": Pattern(_f(8), 5, _alpha),
    "gaussian_dropout, F-ordered (N, 8)": Pattern(_f(8), 1, _gaussian, NORMAL),
    "replace, uint8, square.T": Pattern(
        lambda n: _square(n).astype("u1").T, 1, _replace(), WHERE
    ),
    "replace, uint8 pixels (N, 3)": Pattern(
        _c(3, "u1"), 1, _replace(shared_axes=-1), WHERE
    ),
    "drop_block (32, H, W, 3)": Pattern(_nhwc, 8, _blocks),
    "keep_mask": Pattern(lambda n: filled(n), 2, _mask, LESS),
    "residual, float64": Pattern(
        lambda n: filled((n // 2048, 1024), np.float64),
        4,
        lambda x: dl.drop_path(x, 0.1, True, rng=KEY, residual=x),
    ),
    **{
        f"mask in {m} order, x in {o}": Pattern(
            functools.partial(lambda o, n: np.asarray(_square(n), order=o), o),
            8 if m == "F" else 4,
            _given(m),
        )
        for m in "CF"
        for o in "CF"
    },
    "fractal_join of 3": Pattern(_three, 1.1, _join("batch"), SUM),
    "fractal_join of 3 (N, 8), per sample": Pattern(_three, 2.5, _join("sample"), SUM),
    "stochastic_depth (N, 8), identity": Pattern(_c(8), 8, _depth, ADD),
    "return_mask": Pattern(_square, 3.5, _returned),
    "return_mask, F order": Pattern(
        lambda n: np.asfortranarray(_square(n)), 4, _returned
    ),
}
