"""What becomes of the elements that are kept, and of those that are dropped."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation, functional
from ..keys import Key
from . import _axes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def _gaussian(x: Array, p: float, *, rng: RNG, return_mask: bool) -> Any:
    """`gaussian_dropout`, and a mask that keeps all."""
    return functional.gaussian_dropout(x, p, rng=rng), np.ones(x.shape, np.bool_)


#: Functions that return their masks.
MEMBERS: dict[str, Callable[..., Any]] = {
    "dropout": functional.dropout,
    "dropout, classic": functools.partial(functional.dropout, scaling="classic"),
    "alpha_dropout": functional.alpha_dropout,
    "gaussian_dropout": _gaussian,
}


def scales(
    p: float = 0.5,
    x: ArrayLike | None = None,
    members: str | Iterable[str] | None = None,
    *,
    rng: RNG = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what members of the family make of values in training, over the values.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop an element, in [0, 1], below 1 for gaussian_dropout.
    x : array_like, optional
        The values, real; by default 81 from -2 to 2.
    members : str or iterable of str, optional
        Some of "dropout", "dropout, classic", "alpha_dropout" and "gaussian_dropout";
        by default all.
    rng : optional
        As in `droplayers.dropout`; each member has a Key of its own.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    ax : Axes
        Kept elements are filled and dropped ones hollow markers. gaussian_dropout
        drops nothing.

    Raises
    ------
    TypeError, ValueError
        If p, x, `members` or `rng` are no such values, or `ax` is no Axes.

    Notes
    -----
    Kept elements of dropout are on a line of slope 1 / (1 - p), with classic scaling
    of slope 1. Dropped ones are 0. alpha_dropout moves both, so that mean and variance
    of SELU activations stay. spatial_dropout, drop_path and drop_block scale as
    dropout, the last by the share that was kept.

    Examples
    --------
    >>> from droplayers import plot
    >>> from matplotlib.figure import Figure
    >>> ax = plot.scales(0.5, [1, 2, 3], "dropout", rng=1, ax=Figure().subplots())
    >>> for points in ax.collections:
    ...     print(points.get_label(), points.get_offsets().tolist())
    dropout [[2.0, 4.0]]
    dropout: dropped [[1.0, 0.0], [3.0, 0.0]]
    """
    ax = _axes.given(ax)
    p = _validation.probability(p, "p")
    values = np.linspace(-2, 2, 81) if x is None else _validation.array(x, "x").ravel()
    if _validation.result_dtype(values.dtype, "x").kind == "c":
        raise TypeError(f"x must be real, got dtype {values.dtype}")
    key = Key.fresh(rng)
    results = {}
    for name, function in _axes.chosen(members, MEMBERS).items():
        own = key.child(list(MEMBERS).index(name))
        results[name] = function(values, p, rng=own, return_mask=True)
    ax = ax or _axes.new(1)[0]
    for i, (name, (y, keep)) in enumerate(results.items()):
        colour, marker = _axes.COLOURS[i], _axes.MARKERS[i]
        parts = (name, keep, colour), (f"{name}: dropped", ~keep, "none")
        for label, mask, face in parts:
            if mask.any():
                ax.scatter(
                    values[mask],
                    y[mask],
                    16,
                    label=label,
                    marker=marker,
                    facecolors=face,
                    edgecolors=colour,
                )
    ax.set(xlabel="x", ylabel=f"y at p = {p:g}")
    ax.legend(frameon=False)
    return ax
