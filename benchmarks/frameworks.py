# SPDX-License-Identifier: BSD-3-Clause
"""Dropout of other libraries where they are installed, on their own arrays, each
checked against its own definition with the same seed."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import Goal, Subject, timed
from subjects import Array, same

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 7
GAMMA = np.uint64(0x9E3779B97F4A7C15)


def torch(
    x: Array, p: float, threads: int, against: tuple[str, ...], *goals: Goal
) -> Subject:
    """PyTorch's F.dropout."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    tensor = torch.from_numpy(x)

    def call() -> torch.Tensor:
        return functional.dropout(tensor, p, training=True)

    def check() -> bool:
        torch.manual_seed(SEED)
        y = call()
        torch.manual_seed(SEED)
        noise = torch.empty_like(tensor).bernoulli_(1 - p).div_(1 - p)
        return same(y.numpy(), (tensor * noise).numpy())

    return timed(call, check, against, *goals)


def numba(
    x: Array, p: float, threads: int, against: tuple[str, ...], *goals: Goal
) -> Subject:
    """A loop that draws, compares and selects, compiled, into a warm array."""
    import numba

    loop = numba_loop(threads > 1)
    out = np.empty_like(x)
    numbers = np.uint64(SEED), np.uint64(round(p * 2**64)), np.float32(1 / (1 - p))

    def call() -> None:
        numba.set_num_threads(threads)
        loop(out, x, *numbers)

    def check() -> bool:
        call()
        key, threshold, scale = numbers
        with np.errstate(over="ignore"):
            words = mix(key + np.arange(1, x.size + 1, dtype=np.uint64) * GAMMA)
        return same(out, np.where(words >= threshold, x * scale, np.float32(0)))

    return timed(call, check, against, *goals)


@functools.cache
def numba_loop(parallel: bool) -> Callable[..., None]:
    """The loop, on one thread or more."""
    from numba import njit, prange

    word = njit(mix, inline="always")

    @njit(parallel=parallel)
    def loop(out: Any, x: Any, key: Any, threshold: Any, scale: Any) -> None:
        for i in prange(x.size):
            keep = word(key + np.uint64(i + 1) * GAMMA) >= threshold
            out[i] = x[i] * scale if keep else np.float32(0)

    compiled: Callable[..., None] = loop
    return compiled


def mix(z: Any) -> Any:
    """SplitMix64's output function (Steele, Lea, Flood, OOPSLA 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def jax(
    x: Array, p: float, threads: int, against: tuple[str, ...], *goals: Goal
) -> Subject:
    """jit of what Flax computes, on as many threads as JAX takes."""
    import jax
    import jax.numpy as jnp

    key = jax.random.key(SEED)
    array = jnp.asarray(x)
    scale = np.float32(1 / (1 - p))

    @jax.jit
    def drop(key: Any, x: Any) -> Any:
        keep = jax.random.bernoulli(key, 1 - p, x.shape)
        return jnp.where(keep, x * scale, jnp.float32(0))

    def call() -> Any:
        return drop(key, array).block_until_ready()

    def check() -> bool:
        keep = np.asarray(jax.random.bernoulli(key, 1 - p, x.shape))
        return same(np.asarray(call()), np.where(keep, x * scale, np.float32(0)))

    return timed(call, check, against, *goals)


def keras(
    x: Array, p: float, threads: int, against: tuple[str, ...], *goals: Goal
) -> Subject:
    """Keras on its NumPy backend, which has one thread."""
    os.environ.setdefault("KERAS_BACKEND", "numpy")
    import keras

    def call() -> Array:
        y: Array = keras.random.dropout(x, p, seed=SEED)
        return y

    def check() -> bool:
        rng = np.random.default_rng([SEED, 0])
        keep = rng.random(x.shape) < 1 - p
        return same(call(), np.where(keep, x / (1 - p), np.float32(0)))

    return timed(call, check, against, *goals)


FRAMEWORKS: dict[str, Callable[..., Subject]] = {
    name: function
    for name, function in {
        "torch": torch,
        "numba": numba,
        "jax": jax,
        "keras": keras,
    }.items()
    if importlib.util.find_spec(name) is not None
}
LABELS = {
    "torch": "torch F.dropout",
    "numba": "Numba loop",
    "jax": "JAX jit, its own threads",
    "keras": "Keras on NumPy",
}
