"""The share that is dropped, measured against the rate asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation, functional
from ..keys import Key
from . import _axes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..keys import RNG

    Shape = tuple[int, ...]
    Measure = Callable[[float, Shape, Key], float]

PATHS = 3  #: of a fractal join


def share(
    p: float | ArrayLike,
    members: str | Iterable[str] | None = None,
    *,
    shape: Sequence[int] = (64, 16, 16, 16),
    rng: RNG = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share that each member of the family drops, over the rate asked for.

    Parameters
    ----------
    p : float or array_like of float
        The rates to ask for, in [0, 1].
    members : str or iterable of str, optional
        Some of "dropout", "replace", "spatial_dropout", "alpha_dropout", "drop_block",
        "drop_connect", "drop_path", "stochastic_depth" and "fractal_join"; by default
        all.
    shape : sequence of int, default (64, 16, 16, 16)
        Of the array that elements, channels, blocks and samples are dropped of: from
        (N, C, L) to (N, C, D, H, W), with none of them 0.
    rng : optional
        As in `droplayers.dropout`; each member has a Key of its own, for all rates.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    ax : Axes
        The dashed line is what was asked for.

    Raises
    ------
    TypeError, ValueError
        If p, `members`, `shape` or `rng` are no such values, or `ax` is no Axes.

    Notes
    -----
    The fewer draws there are the farther a share may be from p: an array has few
    samples and many elements. drop_connect drops of ``(N, C, the rest)`` connections,
    fractal_join of 3 paths for each sample. That drops fewer than it is asked to,
    ``p - p**3 / 3``, since one path always survives. gaussian_dropout drops nothing.

    Examples
    --------
    >>> import droplayers as dl
    >>> from droplayers import plot
    >>> from matplotlib.figure import Figure
    >>> p, key = [0.0, 0.5, 1.0], dl.Key(3)
    >>> ax = plot.share(p, "dropout", rng=key, ax=Figure().subplots())
    >>> print(ax.lines[1].get_label(), ax.lines[1].get_ydata().round(2))
    dropout [0.  0.5 1. ]
    """
    ax = _axes.given(ax)
    rates = np.atleast_1d(_validation.array(p, "p"))
    checked = _validation.probabilities(rates, "p", (rates.size,))
    rates = np.broadcast_to(checked, rates.shape)
    measured = _axes.chosen(members, MEMBERS)
    lengths = _validation.lengths(shape, "shape")
    if not 3 <= len(lengths) <= 5 or 0 in lengths:
        raise ValueError(f"shape must be 3 to 5 positive lengths, got {shape!r}")
    key = Key.fresh(rng)
    ax = ax or _axes.new(1)[0]
    ax.plot([0, 1], [0, 1], color=_axes.ink(), linestyle="--", label="asked for")
    for i, (name, measure) in enumerate(measured.items()):
        own = key.child(list(MEMBERS).index(name))
        shares = np.array([measure(rate, lengths, own) for rate in rates.tolist()])
        ax.plot(rates, shares, label=name, **_axes.line_style(i))
    ax.set(xlabel="p asked for", ylabel="share dropped")
    ax.legend(frameon=False)
    return ax


def _of_mask(function: Callable[..., Any], *options: Any) -> Measure:
    """The measure of a function that returns its mask."""

    def measure(p: float, shape: Shape, key: Key) -> float:
        x = np.broadcast_to(np.float32(1), shape)
        _, keep = function(x, p, *options, rng=key, return_mask=True)
        return 1 - float(np.mean(keep))

    return measure


def _connections(p: float, shape: Shape, key: Key) -> float:
    """Each result is the number of its connections that are kept, over 1 - p."""
    samples, inputs = shape[:2]
    x = np.ones((samples, inputs))
    y = functional.drop_connect(x, np.ones((inputs, math.prod(shape[2:]))), p, rng=key)
    return 1 - float(np.mean(y)) * (1 - p) / inputs


def _rows(p: float, shape: Shape, key: Key) -> float:
    """The samples that a branch is not given."""
    given = []

    def branch(x: Any) -> Any:
        given.append(len(x))
        return x

    functional.stochastic_depth(np.zeros((shape[0], 1)), branch, p, True, rng=key)
    return 1 - sum(given) / shape[0]


def _paths(p: float, shape: Shape, key: Key) -> float:
    """Of path j the j-th feature alone is not 0, and those of survivors remain."""
    paths = np.eye(PATHS)[:, None].repeat(shape[0], axis=1)
    y = functional.fractal_join(paths, p, True, per="sample", rng=key)
    return float(np.mean(y == 0))


#: How the share of each member is measured.
MEMBERS: dict[str, Measure] = {
    "dropout": _of_mask(functional.dropout),
    "replace": lambda p, shape, key: float(
        np.mean(functional.replace(np.zeros(shape, np.bool_), True, p, rng=key))
    ),
    "spatial_dropout": _of_mask(functional.spatial_dropout),
    "alpha_dropout": _of_mask(functional.alpha_dropout),
    "drop_block": _of_mask(functional.drop_block),
    "drop_connect": _connections,
    "drop_path": _of_mask(functional.drop_path, True),
    "stochastic_depth": _rows,
    "fractal_join": _paths,
}
