# SPDX-License-Identifier: BSD-3-Clause
"""The other members of the family, float32 on one thread, beside who else has them.

The first subject of a case is the library's, and docs/speed.md has it beside the
fastest of those whose denominator it is, if there are any."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from measure import Case, Goal, timed
from relatives import (
    HAS_TORCH,
    einsum,
    normal_noise,
    stacked_mean,
    torch_alpha,
    torch_blocks,
    torch_dropout2d,
)
from subjects import KEY, Array, Operation, dropout, drops, filled, within
from threadpoolctl import threadpool_limits

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from measure import Subject

MAPS = 64, 64, 56, 56
FLAT = (1 << 20,)
LAYER = 64, 784, 1024  # samples, inputs, outputs
DEEP = 512, 512  # samples, features
P = 0.1


def cases() -> Iterator[Case]:
    """Each with what it is compared to."""
    for name, shape, setup in (
        ("gaussian_dropout", FLAT, gaussian),
        ("alpha_dropout", FLAT, alpha),
        ("spatial_dropout", MAPS, spatial),
        ("drop_block", MAPS, blocks),
        ("fractal_join", FLAT, join),
    ):
        n = int(np.prod(shape))
        yield Case(name, n, functools.partial(setup, filled(shape)), memory=40 * n)
    for name, setup in (("drop_connect", connect), ("x @ weight", product)):
        yield Case(name, int(np.prod(LAYER)), setup, memory=2**30, unit="ms")
    yield Case("stochastic_depth", int(np.prod(DEEP)), depth, unit="ms")


def least(bound: float) -> Goal:
    """How many times ours a peer's time has to be."""
    return Goal(bound, bound, least=True)


def gaussian(x: Array) -> dict[str, Subject]:
    """Noise instead of a mask."""
    ours = f"gaussian_dropout p={P}"
    idiom = normal_noise(x, P, (ours,), least(3))
    return {
        ours: called(lambda x, out: dl.gaussian_dropout(x, P, rng=KEY, out=out), x),
        "x * rng.normal(1, sigma, x.shape)": idiom,
    }


def alpha(x: Array) -> dict[str, Subject]:
    """An affine map of each element."""
    ours = f"alpha_dropout p={P}"
    found = {ours: called(lambda x, out: dl.alpha_dropout(x, P, rng=KEY, out=out), x)}
    if HAS_TORCH:
        found["torch F.alpha_dropout"] = torch_alpha(x, P, (ours,))
    return found


def spatial(x: Array) -> dict[str, Subject]:
    """Runs of 3,136 cells."""
    ours = f"spatial_dropout p={P}"
    found = {ours: called(lambda x, out: dl.spatial_dropout(x, P, rng=KEY, out=out), x)}
    if HAS_TORCH:
        found["torch F.dropout2d"] = torch_dropout2d(x, P, (ours,))
    return found


def blocks(x: Array) -> dict[str, Subject]:
    """Of 7 x 7 cells and of others, beside dropout."""
    ours, base = f"drop_block p={P}, block_size=7", f"dropout p={P}"

    def of(side: int) -> Operation:
        return lambda x, out: dl.drop_block(x, P, block_size=side, rng=KEY, out=out)

    found = {ours: called(of(7), x, Goal(4, 4), against=(base,))}
    found[base] = called(dropout(P), x)
    for side in (3, 15, 31):
        found[f"drop_block, block_size={side}"] = called(of(side), x, against=(base,))
    if HAS_TORCH:
        found["torch max_pool2d"] = torch_blocks(x, P, 7, (ours,))
    return found


def join(x: Array) -> dict[str, Subject]:
    """Three paths, of which none is dropped under this Key."""
    ours = "fractal_join of 3"
    paths = [x, x[::-1].copy(), x + 1]
    key = next(key for key in KEY.split(100) if dl.keep_mask(3, 0.15, rng=key).all())
    out = np.empty_like(x)

    def call(x: Array, out: Array | None) -> Array:
        y: Array = dl.fractal_join(paths, 0.15, True, rng=key, out=out)
        return y

    return {
        ours: drops(call, x, out, against=()),
        "np.mean(paths, axis=0)": stacked_mean(paths, (ours,)),
    }


def connect() -> dict[str, Subject]:
    """A mask for each sample."""
    x, weight = layer()
    ours = "drop_connect p=0.5, (64, 784, 1024)"
    return {
        ours: connected(x, weight, 0.5),
        "np.einsum of masked weights": einsum(x, weight, 0.5, (ours,), least(50)),
    }


def product() -> dict[str, Subject]:
    """The same beside the product without masks."""
    x, weight = layer()
    base = "x @ weight"
    return {
        "drop_connect p=0.5": connected(x, weight, 0.5, Goal(2.2, 4), against=(base,)),
        "drop_connect p=0.1": connected(x, weight, 0.1, Goal(4.5, 7), against=(base,)),
        base: alone(timed(lambda: x @ weight, lambda: True)),
    }


def layer() -> tuple[Array, Array]:
    """A batch and weights."""
    samples, inputs, outputs = LAYER
    return filled((samples, inputs)), filled((inputs, outputs))


def connected(
    x: Array, weight: Array, p: float, *goals: Goal, against: tuple[str, ...] = ()
) -> Subject:
    """drop_connect into a warm array."""

    def call(x: Array, out: Array | None) -> Array:
        y: Array = dl.drop_connect(x, weight, p, rng=KEY, out=out)
        return y

    out = np.empty((len(x), weight.shape[1]), np.float32)
    return drops(call, x, out, *goals, against=against)


def depth() -> dict[str, Subject]:
    """A branch of two products, on the kept rows alone and on all."""
    x = filled(DEEP)
    weight = filled((DEEP[1], DEEP[1]))

    def branch(x: Array) -> Array:
        y: Array = np.maximum(x @ weight, 0) @ weight
        return y

    def timed_branch(
        call: Callable[[], Array], expected: Callable[[], Array], *against: str
    ) -> Subject:
        return alone(timed(call, lambda: np.allclose(call(), expected()), against))

    def stochastic(prob: float) -> Callable[[], Array]:
        return lambda: dl.stochastic_depth(x, branch, prob, True, rng=KEY)

    def whole(prob: float) -> Callable[[], Array]:
        return lambda: dl.drop_path(branch(x), prob, True, residual=x, rng=KEY)

    ours = "stochastic_depth prob=0.5"
    return {
        ours: timed_branch(stochastic(0.5), whole(0.5)),
        "stochastic_depth prob=0.1": timed_branch(stochastic(0.1), whole(0.1)),
        "drop_path of the whole branch": timed_branch(
            whole(0.5), stochastic(0.5), ours
        ),
    }


def alone(subject: Subject) -> Subject:
    """With one thread for matrix products."""
    return within(functools.partial(threadpool_limits, 1), subject)


def called(
    operation: Operation, x: Array, *goals: Goal, against: tuple[str, ...] = ()
) -> Subject:
    """The library's call into a warm array of its own."""
    return drops(operation, x, x.copy(), *goals, against=against)
