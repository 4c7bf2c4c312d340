# SPDX-License-Identifier: BSD-3-Clause
"""The relatives of dropout as others have them, each checked against its definition."""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import Goal, Subject, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from subjects import Array

SEED = 7
HAS_TORCH = importlib.util.find_spec("torch") is not None


def near(y: Array, *choices: Any) -> bool:
    """Whether each element is, but for rounding, that of one of some arrays."""
    found = [np.isclose(y, choice, rtol=1e-5, atol=1e-6) for choice in choices]
    return bool(np.logical_or.reduce(found).all())


def normal_noise(x: Array, p: float, against: tuple[str, ...], *goals: Goal) -> Subject:
    """Gaussian dropout in one line of NumPy."""
    rng = np.random.default_rng(SEED)
    sigma = math.sqrt(p / (1 - p))

    def call() -> Array:
        return x * rng.normal(1, sigma, x.shape)

    def check() -> bool:
        state = rng.bit_generator.state
        y = call()
        rng.bit_generator.state = state
        return bool(np.array_equal(y, x * rng.normal(1, sigma, x.shape)))

    return timed(call, check, against, *goals)


def einsum(
    x: Array, weight: Array, p: float, against: tuple[str, ...], *goals: Goal
) -> Subject:
    """DropConnect with a mask for each sample in one line of NumPy."""
    rng = np.random.default_rng(SEED)
    shape = (len(x), *weight.shape)

    def call() -> Array:
        mask = rng.random(shape, dtype=np.float32) >= p
        return np.einsum("bi,bio->bo", x, weight * mask) / (1 - p)

    def check() -> bool:
        state = rng.bit_generator.state
        y = call()
        rng.bit_generator.state = state
        mask = rng.random(shape, dtype=np.float32) >= p
        rows = zip(x, mask, strict=True)
        expected = np.stack([row @ (weight * keep) for row, keep in rows]) / (1 - p)
        return bool(np.allclose(y, expected, rtol=1e-3, atol=1e-2))

    return timed(call, check, against, *goals)


def stacked_mean(paths: list[Array], against: tuple[str, ...]) -> Subject:
    """A join with NumPy's mean, which drops nothing."""
    return timed(
        lambda: np.mean(paths, axis=0),
        lambda: near(np.mean(paths, axis=0), sum(paths) / len(paths)),
        against,
    )


def torch_peer(
    x: Array,
    function: Callable[[Any], Any],
    choices: tuple[Any, ...],
    against: tuple[str, ...],
) -> Subject:
    """A function of a PyTorch tensor on one thread, whose elements are of `choices`."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    tensor = torch.from_numpy(x)
    return timed(
        lambda: function(tensor),
        lambda: near(function(tensor).numpy(), *choices),
        against,
    )


def torch_dropout2d(x: Array, p: float, against: tuple[str, ...]) -> Subject:
    """PyTorch's spatial dropout."""
    from torch.nn import functional

    return torch_peer(
        x, lambda t: functional.dropout2d(t, p), (0, x / (1 - p)), against
    )


def torch_alpha(x: Array, p: float, against: tuple[str, ...]) -> Subject:
    """PyTorch's alpha dropout."""
    from torch.nn import functional

    s = -1.7580993408473766
    a = 1 / math.sqrt((1 - p) * (1 + p * s * s))
    choices = a * x - a * s * p, a * s - a * s * p
    return torch_peer(
        x, lambda t: functional.alpha_dropout(t, p, training=True), choices, against
    )


def torch_blocks(x: Array, p: float, side: int, against: tuple[str, ...]) -> Subject:
    """DropBlock of PyTorch's operations, as its users write it: seeds are padded and a
    maximum is pooled over blocks, at the paper's rate."""
    import torch
    from torch.nn import functional

    *first, height, width = x.shape
    seeds = height - side + 1, width - side + 1
    gamma = p * height * width / side**2 / math.prod(seeds)

    def function(t: Any) -> Any:
        noise = torch.empty(*first, *seeds).bernoulli_(gamma)
        noise = functional.pad(noise, [side // 2] * 4)
        keep = 1 - functional.max_pool2d(noise, side, stride=1, padding=side // 2)
        return t * keep * (keep.numel() / keep.sum())

    def check() -> bool:
        torch.manual_seed(SEED)
        y = function(torch.from_numpy(x)).numpy()
        kept = y != 0
        return near(y[kept], x[kept] * np.float32(kept.size / kept.sum()))

    return torch_peer(x, function, (), against)._replace(check=check)
