"""Which living paths of a join survive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, _validation
from ..keys import Key, draw_key
from . import mask as masks

if TYPE_CHECKING:
    from .._validation import Array
    from ..keys import RNG


class Join(NamedTuple):
    """The checked arguments that both passes of a join have."""

    size: int  #: paths, dead ones too
    living: dict[int, Array]  #: by their places in the list
    dtype: np.dtype[Any]  #: of a result
    rates: tuple[float, ...]  #: of the living
    train: bool
    local: bool
    batch: bool
    column: int | None

    @property
    def first(self) -> Array:
        """The living path whose shape and layout a result has."""
        return next(iter(self.living.values()))

    @property
    def draws(self) -> bool:
        """Whether the survivors are drawn."""
        if not self.train:
            return False
        if not self.local:
            return self.column is None
        certain = all(rate in (0.0, 1.0) for rate in self.rates)
        return len(self.rates) > 1 and not (certain and 0.0 in self.rates)

    def survivors(self, rng: RNG) -> Array:
        """True where a path survives: a row for each living path, with an entry for
        each sample or one for all."""
        draws, places = self.draws, tuple(self.living)
        samples = len(self.first) if draws and not self.batch else 1
        keep = np.ones((len(places), samples), np.bool_)
        if self.train and not self.local:
            column: Any = self.column
            if draws:
                column = _core.choices(draw_key(rng), 0, samples, self.size, 1)
            np.equal(np.array(places)[:, None], column, out=keep)
        elif draws:
            # The mask is drawn for all paths, dead ones too. Where it keeps no living
            # path, one of them is chosen.
            thresholds = tuple(map(masks.threshold, self.rates))
            _core.survivors(keep, draw_key(rng), self.size, places, thresholds)
        elif self.train and 0.0 in self.rates:
            keep[:, 0] = [rate == 0.0 for rate in self.rates]
        return keep


def prepare(
    paths: Any,
    prob: Any,
    training: Any,
    sampling: Any,
    per: Any,
    column: Any,
    rng: Any,
) -> Join:
    """Check a join's arguments."""
    size, living = _living(paths)
    rates = _validation.probabilities(prob, "prob", (size,))
    train = _validation.flag(training, "training")
    local = _validation.choice(sampling, "sampling", ("local", "global")) == "local"
    batch = _validation.choice(per, "per", ("batch", "sample")) == "batch"
    for j, x in living.items():
        if x.ndim == 0 and not batch:
            raise ValueError(
                f"paths[{j}] must have an axis of samples with per='sample', got a 0-d"
                " array"
            )
    if column is not None:
        column = _column(column, size, local)
    elif train and not local:
        repeatable(rng)
    dtype = np.dtype(np.float64)
    if living:
        named = {f"paths[{j}]": x.dtype for j, x in living.items()}
        dtype = _validation.promoted(named, "paths")
    if isinstance(rates, float):
        own = (rates,) * len(living)
    else:
        own = tuple(rates[list(living)].tolist())
    return Join(size, living, dtype, own, train, local, batch, column)


def as_arrays(paths: Any) -> list[Array | None]:
    """The paths, each converted once; None where one is dead."""
    if not isinstance(paths, list | tuple):
        paths = _validation.array(paths, "paths", "a sequence of arrays")
        if paths.ndim == 0:
            raise TypeError(f"paths must be a sequence of arrays, got {paths[()]!r}")
    return [
        x if x is None or type(x) is np.ndarray else _validation.array(x, f"paths[{j}]")
        for j, x in enumerate(paths)
    ]


def _living(paths: Any) -> tuple[int, dict[int, Array]]:
    """The number of paths, and the living ones, which have one shape."""
    arrays = as_arrays(paths)
    if not arrays:
        raise ValueError("paths must hold at least one path, or None for it, got none")
    living = {j: x for j, x in enumerate(arrays) if x is not None}
    for j, x in living.items():
        i, first = next(iter(living.items()))
        if x.shape != first.shape:
            raise ValueError(
                f"paths[{j}] must have paths[{i}]'s shape {first.shape}, got {x.shape}"
            )
    return len(arrays), living


def _column(value: Any, size: int, local: bool) -> int:
    """A path's place in the list."""
    if local:
        raise ValueError(f"column must be None with sampling='local', got {value!r}")
    column = _validation.integer(value, "column")
    if not 0 <= column < size:
        raise ValueError(f"column must be in [0, {size}), got {value!r}")
    return column


def repeatable(rng: Any) -> None:
    """Check that an rng gives the same key at each join, and so the same column."""
    try:
        if not isinstance(rng, Key):
            _validation.integer(rng, "rng")
    except TypeError:
        raise TypeError(
            "rng must be a Key or an int with sampling='global', or every join would"
            f" draw another column, got {rng!r}"
        ) from None
