# SPDX-License-Identifier: BSD-3-Clause
"""Call patterns beside NumPy's own into a new array: the worst twenty.

Speed must not depend on the luck of a layout, a shape or an option."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from measure import Case, Goal, timed
from subjects import KEY, MIB, filled, same

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure import Result, Subject
    from subjects import Array

MULTIPLY, ADD, SUM = "np.multiply(x, s)", "np.add(x, x)", "(a + b + c) * s"
SIZES = (("16 MiB", 4 * MIB, 1.0), ("64 KiB", 2**14, 1.5))  # names, float32, leeway
WORST = 20  #: cases that the summary shows


@functools.cache
def _factor(dtype: np.dtype[np.generic]) -> Array:
    return np.full((), 1.25, np.result_type(dtype, np.float16))


def _multiply(x: Array) -> Array:
    return np.multiply(x, _factor(x.dtype))


def _add(x: Array) -> Array:
    return np.add(x, x)


def _sum(x: Array) -> Array:
    return (x[0] + x[1] + x[2]) * np.float32(1.25)


class Pattern(NamedTuple):
    """An array of about n elements, and what is done to it."""

    make: Callable[[int], Array]
    call: Callable[[Array], Array]
    goal: float  #: at 16 MiB
    denominator: str = MULTIPLY  #: what NumPy does to it
    beside: Callable[[Array], Array] = _multiply


def _c(columns: int, dtype: str = "f4") -> Callable[[int], Array]:
    return lambda n: filled((n // columns, columns), np.dtype(dtype))


def _f(columns: int) -> Callable[[int], Array]:
    return lambda n: np.asfortranarray(_c(columns)(n))


def _f_wide(rows: int) -> Callable[[int], Array]:
    return lambda n: np.asfortranarray(filled((rows, n // rows)))


def _three(n: int) -> Array:
    return filled((3, n // 8, 8))


def _square(n: int) -> Array:
    return filled((int(n**0.5),) * 2)


def _cube(n: int) -> Array:
    return filled((round(n ** (1 / 3)),) * 3)


def _nhwc(n: int) -> Array:
    side = int((n / 96) ** 0.5)
    return filled((32, side, side, 3))


def _ordered(shape: tuple[int, ...], axes: tuple[int, ...]) -> Callable[[int], Array]:
    """Arrays of a shape, 0 for what is left of n, whose memory goes through some axes
    from the outermost to the innermost."""

    def make(n: int) -> Array:
        left = n // math.prod(length or 1 for length in shape)
        lengths = [shape[i] or left for i in axes]
        return filled(tuple(lengths)).transpose(np.argsort(axes))

    return make


def _dropout(**options: object) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(x, 0.1, rng=KEY, **options)  # type: ignore[arg-type]


def _block(columns: int, start: int = 7) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(
        x, 0.1, rng=KEY, full_shape=(len(x), columns), start=(0, start)
    )


def _path(x: Array) -> Array:
    return dl.drop_path(x, 0.1, True, rng=KEY)


def _path_rates(x: Array) -> Array:
    return dl.drop_path(x, _rates(len(x)), True, rng=KEY)


@functools.cache
def _rates(n: int) -> Array:
    return np.linspace(0.05, 0.15, n)


@functools.cache
def _keep(shape: tuple[int, ...], order: str) -> Array:
    return np.asarray(dl.keep_mask(shape, 0.1, rng=KEY), order=order)


def _given(order: str) -> Callable[[Array], Array]:
    return lambda x: dl.dropout(x, 0.1, mask=_keep(x.shape, order))


def _returned(x: Array) -> Array:
    return dl.dropout(x, 0.1, rng=KEY, return_mask=True)[0]


def _spatial(x: Array) -> Array:
    return dl.spatial_dropout(x, 0.1, channel_axis=-1, rng=KEY)


def _join(per: Literal["batch", "sample"]) -> Callable[[Array], Array]:
    return lambda x: dl.fractal_join([*x], 0.1, True, per=per, rng=KEY)


def _depth(x: Array) -> Array:
    return dl.stochastic_depth(x, lambda rows: rows, 0.1, True, rng=KEY)


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
    **{f"F-ordered (N, {c})": Pattern(_f(c), _dropout(), 5) for c in (2, 3, 4, 8, 16)},
    **{f"F-ordered ({c}, N)": Pattern(_f_wide(c), _dropout(), 3) for c in (2, 3)},
    **{
        f"drop_path (N, {c})": Pattern(_c(c), _path, goal)
        for c, goal in ((2, 4), (3, 4), (8, 3), (64, 3), (1024, 2))
    },
    **{
        f"drop_path (N, {c}), rates": Pattern(_c(c), _path_rates, goal)
        for c, goal in ((2, 8), (8, 8), (64, 8), (1024, 2.5))
    },
    **{
        f"(N, {c}), shared_axes={axis}": Pattern(_c(c), _dropout(shared_axes=axis), 3)
        for c in (2, 8, 1000)
        for axis in (0, 1)
    },
    **{
        f"(N, {c}) of (N, 5000)": Pattern(_c(c), _block(5000), goal)
        for c, goal in ((1, 150), (2, 80), (100, 5), (1000, 3))
    },
    "(N, 8) of (N, 24)": Pattern(_c(8), _block(24, 8), 8),
    "spatial (32, H, W, 3)": Pattern(_nhwc, _spatial, 4),
    "cube.transpose(1, 0, 2)": Pattern(
        lambda n: _cube(n).transpose(1, 0, 2), _dropout(), 3
    ),
    "cube.transpose(2, 0, 1)": Pattern(
        lambda n: _cube(n).transpose(2, 0, 1), _dropout(), 3
    ),
    "cube.T": Pattern(lambda n: _cube(n).T, _dropout(), 3),
    "cube.transpose(0, 2, 1)": Pattern(
        lambda n: _cube(n).transpose(0, 2, 1), _dropout(), 3
    ),
    "cube.transpose(1, 2, 0)": Pattern(
        lambda n: _cube(n).transpose(1, 2, 0), _dropout(), 3
    ),
    **{
        f"{str(shape).replace('0', 'N')} in the order {axes}": Pattern(
            _ordered(shape, axes), _dropout(), 8
        )
        for shape, axes in SHORT_AXES
    },
    "square.T": Pattern(lambda n: _square(n).T, _dropout(), 2.5),
    "(N, 3)[:, :2]": Pattern(lambda n: _c(3)(n)[:, :2], _dropout(), 4),
    "(N, 1024)[:, :1000]": Pattern(lambda n: _c(1024)(n)[:, :1000], _dropout(), 2.5),
    "square[:, ::2]": Pattern(lambda n: _square(n)[:, ::2], _dropout(), 2.5),
    "square[::-1, ::-1]": Pattern(lambda n: _square(n)[::-1, ::-1], _dropout(), 2.5),
    "broadcast row": Pattern(
        lambda n: np.broadcast_to(filled(1024), (n // 1024, 1024)), _dropout(), 2.5
    ),
    "broadcast column": Pattern(
        lambda n: np.broadcast_to(filled((n // 1024, 1)), (n // 1024, 1024)),
        _dropout(),
        2.5,
    ),
    "contiguous": Pattern(lambda n: filled(n), _dropout(), 2),
    "complex64": Pattern(_c(1, "c8"), _dropout(), 3),
    "complex64, F-ordered (N, 128)": Pattern(
        lambda n: np.asfortranarray(_c(128, "c8")(n // 2)), _dropout(), 6
    ),
    "int32": Pattern(lambda n: filled(n, np.float64).astype("i4"), _dropout(), 3),
    "float16": Pattern(lambda n: filled(n, np.float16), _dropout(), 2),
    "residual, float64": Pattern(
        lambda n: filled((n // 2048, 1024), np.float64),
        lambda x: dl.drop_path(x, 0.1, True, rng=KEY, residual=x),
        4,
    ),
    **{
        f"mask in {m} order, x in {o}": Pattern(
            functools.partial(lambda o, n: np.asarray(_square(n), order=o), o),
            _given(m),
            8 if m == "F" else 4,
        )
        for m in "CF"
        for o in "CF"
    },
    "fractal_join of 3": Pattern(_three, _join("batch"), 1.1, SUM, _sum),
    "fractal_join of 3 (N, 8), per sample": Pattern(
        _three, _join("sample"), 2.5, SUM, _sum
    ),
    "stochastic_depth (N, 8), identity": Pattern(_c(8), _depth, 8, ADD, _add),
    "return_mask": Pattern(_square, _returned, 3.5),
    "return_mask, F order": Pattern(
        lambda n: np.asfortranarray(_square(n)), _returned, 4
    ),
}


def cases() -> Iterator[Case]:
    """Each pattern, beyond the cache and within, on one thread and on two."""
    for size, elements, leeway in SIZES:
        for threads in (1, 2):
            for name, pattern in PATTERNS.items():
                setup = functools.partial(subjects, pattern, elements, leeway)
                label = f"{name}, {size}, {threads} thread{'s' * (threads > 1)}"
                yield Case(label, elements, setup, threads=threads, seconds=0.3)


def subjects(pattern: Pattern, n: int, leeway: float) -> dict[str, Subject]:
    """A pattern beside what NumPy does to the same array; its output is that of the
    same call on an array in C order."""
    x = pattern.make(n)

    def check() -> bool:
        plain = np.array(x, order="C")
        return same(np.ascontiguousarray(pattern.call(x)), pattern.call(plain))

    return {
        pattern.denominator: timed(lambda: pattern.beside(x), lambda: True),
        "droplayers": timed(
            lambda: pattern.call(x),
            check,
            (pattern.denominator,),
            Goal(pattern.goal * leeway, pattern.goal * leeway),
        ),
    }


def summary(results: list[Result]) -> str:
    """The cases that are worst beside their goals."""
    found = [(r.ratio / r.goals[0][0], r) for r in results if r.goals]
    found.sort(key=lambda pair: -pair[0])
    lines = [
        f"{r.ratio:8.2f}  goal {r.goals[0][0]:6.2f}  {r.case}" for _, r in found[:WORST]
    ]
    return "\n".join([f"worst {len(lines)} of {len(found)}", *lines])
