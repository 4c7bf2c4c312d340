"""A dense layer whose connections are dropped: its checked arguments, and how its
products are made in each mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _validation
from ..keys import Key
from .elementwise import Affine
from .mask import Geometry, key_at
from .pipeline import apply_mask, at_rate, scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._validation import Array
    from ..keys import RNG

PRODUCTS = 1 << 29  #: of float32 in a panel: some 50 ms of BLAS
COSTS = {"f": 1, "d": 2, "F": 4, "D": 8}  #: of a product; of other dtypes 128, in NumPy
ROWS = 256  #: of a panel where columns can be left out: BLAS wants both


class Dense(NamedTuple):
    """How a dense layer drops, and in which dtypes; checked."""

    p: float
    train: bool
    per_sample: bool
    dtype: np.dtype[Any]  #: of results
    computes: np.dtype[Any]  #: of sums

    def key(self, rng: RNG) -> int:
        """The key of a call; 0 where nothing is drawn."""
        return key_at(self.p, rng) if self.train else 0

    def reserve(self, left: Array, right: Array, total: Array, drops: Array) -> Shared:
        """The memory of a product of two matrices with one mask for all samples, which
        drops elements of an array like `drops`; nothing where each has its own."""
        if self.train and (self.per_sample or self.p == 1.0):
            return Shared(left, right, None, total)
        room = np.empty_like(drops, self.computes) if self.train and self.p else None
        with np.errstate(all="ignore"):
            left, right = self.cast(left), self.cast(right)
        return Shared(left, right, room, np.empty_like(total))

    def dropped(self, x: Array, key: int, out: Array | None) -> Array:
        """x as all samples share it: with one mask, or in test mode whole."""
        if not self.train:
            return x
        where = Geometry(x.shape)
        kept: Array = apply_mask(
            x,
            self.computes,
            where,
            at_rate(self.p, Affine(a=scale(self.p)), where, Key(key)),
            identity=self.p == 0.0,
            train=True,
            out=out,
        )
        return kept

    def cast(self, x: Array) -> Array:
        """x in the dtype of sums."""
        return x.astype(self.computes, copy=False)

    def product(
        self, total: Array, add_masked: Callable[[], None], matmul: Callable[[], Array]
    ) -> None:
        """Add a product to total, which is zeros. With a mask for each sample
        add_masked adds it, and total is then scaled; otherwise matmul gives it. At
        p = 1 the zeros stay."""
        if self.train and self.p == 1.0:
            return
        if self.train and self.per_sample:
            add_masked()
            reals = total.view(total.real.dtype)
            reals *= reals.dtype.type(scale(self.p))
        else:
            total += matmul()


class Shared(NamedTuple):
    """What a product with one mask for all samples takes, had before a key is drawn."""

    left: Array
    right: Array
    dropped: Array | None  #: room for the array whose elements are dropped
    product: Array


def prepare(
    p: Any, mode: Any, per_sample: Any, arrays: dict[str, Any]
) -> tuple[Dense, dict[str, Array]]:
    """Check a layer's arguments; all arrays but the bias are matrices."""
    found = {name: _validation.array(x, name) for name, x in arrays.items()}
    for name, x in found.items():
        if x.ndim != 2 and name != "bias":
            raise ValueError(f"{name} must have two axes, got shape {x.shape}")
    dtype = _validation.promoted({name: x.dtype for name, x in found.items()})
    computes = _validation.computing_dtype(dtype)
    rate = _validation.probability(p, "p")
    train, own = _validation.training(mode), _validation.flag(per_sample, "per_sample")
    return Dense(rate, train, own, dtype, computes), found


def matmul(left: Array, right: Array, out: Array | None = None) -> Array:
    """``left @ right`` in out, or in a new array of left's dtype. A large product is
    made panel by panel, so that Ctrl-C comes through."""
    if out is None:
        out = np.empty((len(left), right.shape[1]), left.dtype)
    height, width = out.shape
    most = PRODUCTS // COSTS.get(left.dtype.char, 128) // max(1, left.shape[1])
    columns = max(1, most // max(1, min(height, ROWS)))
    rows = max(ROWS, most // max(1, min(width, columns)))
    for i in range(0, height, rows):
        for j in range(0, width, columns):
            panel = slice(i, i + rows), slice(j, j + columns)
            np.matmul(left[panel[0]], right[:, panel[1]], out=out[panel])
    return out


def accumulator(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    target: Array | None,
    operands: dict[str, Array],
) -> Array:
    """The array to sum in: target where it has this dtype, is contiguous and shares no
    memory with an operand; a new one otherwise."""
    if (
        target is None
        or target.dtype != dtype
        or not target.flags.c_contiguous
        or any(np.may_share_memory(target, x) for x in operands.values())
    ):
        return np.empty(shape, dtype)
    return target


def check_inner(x: Array, weight: Array) -> None:
    """Check the axis that x and the weight are summed over."""
    if x.shape[1] != len(weight):
        raise ValueError(
            f"x must have shape ({len(x)}, {len(weight)}) for a weight of shape"
            f" {weight.shape}, got {x.shape}"
        )


def check_shape(x: Array, name: str, shape: tuple[int, ...]) -> None:
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {x.shape}")
