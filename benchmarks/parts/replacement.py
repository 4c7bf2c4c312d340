# SPDX-License-Identifier: BSD-3-Clause
"""Noise on data: replace on one thread, beside NumPy's idioms and dropout."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import Case, Goal, timed
from subjects import KEY, MIB, Array, Operation, dropout, drops, filled, same

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

IMAGE = 1080, 1920, 3
TOKENS = 512, 512
FAR = (64 * MIB,)  # float32
P = 0.1
SEED = 7
COLOUR = [124, 116, 104]


def cases() -> Iterator[Case]:
    """Data sets that people put noise on, and arrays beyond the caches."""
    n = math.prod(IMAGE)
    yield Case("uint8 image", n, functools.partial(image, IMAGE), memory=12 * n)
    yield Case("int64 tokens", math.prod(TOKENS), tokens)
    yield Case("float32 256 MiB", *FAR, far, memory=3 * 256 * MIB)


def replace(value: Any, **options: Any) -> Operation:
    """replace at rate P."""
    return lambda x, out: dl.replace(x, value, P, rng=KEY, out=out, **options)


def image(shape: tuple[int, ...]) -> dict[str, Subject]:
    """Into new arrays: pixels' values, by one value or by one for each channel, whole
    pixels, and an array of values."""
    x = (filled(shape) * 100).astype(np.uint8)
    other = x[::-1].copy()
    ours, where = f"replace(x, 0, {P})", "np.where(keep, x, 0)"
    new = functools.partial(drops, x=x, out=None, against=(where,))
    return {
        ours: drops(replace(0), x, None, Goal(0.15, 0.15), against=(where,)),
        "one value a channel": new(replace(COLOUR)),
        "shared_axes=-1": new(replace(COLOUR, shared_axes=-1)),
        "an array of values": new(replace(other)),
        where: selected(x),
        f"np.where(rng.random(x.shape, 'f4') < {P}, 0, x)": drawn(
            x, (ours,), Goal(20, 20, least=True)
        ),
    }


def tokens() -> dict[str, Subject]:
    """A batch of token numbers."""
    x = np.random.default_rng(SEED).integers(0, 30_000, TOKENS)
    ours, where = f"replace(x, 103, {P})", "np.where(keep, x, 0)"
    return {
        ours: drops(replace(103), x, None, against=(where,)),
        where: selected(x),
        f"np.where(rng.random(x.shape, 'f4') < {P}, 0, x)": drawn(x, (ours,)),
    }


def far() -> dict[str, Subject]:
    """Into out, beside dropout."""
    x = filled(FAR)
    out, base = x.copy(), f"dropout p={P}"
    return {
        f"replace(x, 0, {P})": drops(
            replace(0), x, out, Goal(1.05, 1.05), against=(base,)
        ),
        base: drops(dropout(P), x, out, against=()),
    }


def selected(x: Array) -> Subject:
    """NumPy's selection by a mask at hand."""
    keep = dl.keep_mask(x.shape, P, rng=KEY)
    call = functools.partial(np.where, keep, x, 0)
    return timed(call, lambda: same(call(), x * keep))


def drawn(x: Array, against: tuple[str, ...], *goals: Goal) -> Subject:
    """NumPy's selection by uniforms."""
    rng = np.random.default_rng(SEED)

    def call() -> Array:
        return np.where(rng.random(x.shape, "f4") < P, 0, x)

    def check() -> bool:
        state = rng.bit_generator.state
        y = call()
        rng.bit_generator.state = state
        return same(y, x * (rng.random(x.shape, "f4") >= P))

    return timed(call, check, against, *goals)
