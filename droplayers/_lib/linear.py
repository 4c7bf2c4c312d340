"""A dense layer whose connections are dropped: its arguments, checked, and how its
products are made in each mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _validation
from ..keys import Key, draw_key
from .elementwise import Affine
from .mask import Geometry, threshold
from .masked_matmul import Connections
from .pipeline import apply_mask, scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._validation import Array
    from ..keys import RNG


class Dense(NamedTuple):
    """A dense layer of which all is checked but rng."""

    p: float
    train: bool
    per_sample: bool
    dtype: np.dtype[Any]
    computes: np.dtype[Any]

    def key(self, rng: RNG) -> int:
        return draw_key(rng) if self.train and 0.0 < self.p < 1.0 else 0

    def connections(self, key: int, weight: Array) -> Connections:
        inputs, outputs = weight.shape
        return Connections(key, threshold(self.p), inputs, outputs, self.computes)

    def dropped(self, weight: Array, key: int) -> Array:
        """The weight with the one mask that all samples share, or without any."""
        weight = self.cast(weight)
        if not self.train:
            return weight
        kept: Array = apply_mask(
            weight,
            self.computes,
            self.p,
            Affine(a=scale(self.p)),
            Geometry(weight.shape),
            Key(key),
            None,
            False,
            None,
            train=True,
        )
        return kept

    def cast(self, x: Array) -> Array:
        return x.astype(self.computes, copy=False)

    def product(
        self, total: Array, add: Callable[[], None], plain: Callable[[], Array]
    ) -> None:
        """Fill zeros with a product whose mask is each sample's own, to be added
        before it is scaled, or with a plain one. At p = 1 zeros remain."""
        if self.train and self.p == 1.0:
            return
        if self.train and self.per_sample:
            add()
            reals = total.view(total.real.dtype)
            reals *= reals.dtype.type(scale(self.p))
        else:
            total += plain()


def prepare(
    p: Any, mode: Any, per_sample: Any, arrays: dict[str, Any]
) -> tuple[Dense, dict[str, Array]]:
    """How a layer drops and computes, and its arrays, matrices all but the bias."""
    found = {name: _validation.array(x, name) for name, x in arrays.items()}
    for name, x in found.items():
        if x.ndim != 2 and name != "bias":
            raise ValueError(f"{name} must have two axes, got shape {x.shape}")
    dtype = _validation.promoted(found)
    computes = np.dtype(np.float32) if _validation.is_half(dtype) else dtype
    rate = _validation.probability(p, "p")
    train, own = _validation.training(mode), _validation.flag(per_sample, "per_sample")
    return Dense(rate, train, own, dtype, computes), found


def accumulator(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    target: Array | None,
    operands: dict[str, Array],
) -> Array:
    """Where sums are made: in the target, if it can hold them, else in a new array."""
    if (
        target is None
        or target.dtype != dtype
        or not target.flags.c_contiguous
        or any(np.may_share_memory(target, x) for x in operands.values())
    ):
        return np.empty(shape, dtype)
    return target


def check_inner(x: Array, weight: Array) -> None:
    """Check that samples have as many features as the weight takes."""
    if x.shape[1] != len(weight):
        raise ValueError(
            f"x must have shape ({len(x)}, {len(weight)}) for a weight of shape"
            f" {weight.shape}, got {x.shape}"
        )


def check_shape(x: Array, name: str, shape: tuple[int, ...]) -> None:
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {x.shape}")
