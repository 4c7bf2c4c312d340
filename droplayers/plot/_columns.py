"""The columns of a FractalNet, and the paths through them that drop-path keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _validation
from ..functional import fractal_join
from ..keys import Key
from . import _axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..keys import RNG

MOST_COLUMNS = 10  #: the last of which has 512 layers


class Layer(NamedTuple):
    """A layer of a block: its column, and the joins that it leads from and to."""

    column: int
    start: int
    end: int


def columns(
    n: int = 3,
    prob: float = 0.15,
    training: bool = True,
    *,
    sampling: str = "local",
    rng: RNG = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a block of a FractalNet, and which of its layers lead to its output.

    Parameters
    ----------
    n : int, default 3
        How many columns the block has, in [1, 10]; column c of them, from 0, has
        ``2**c`` layers.
    prob : float, default 0.15
        Probability to drop a path of a join in local sampling, in [0, 1].
    training : bool, default True
        Whether to drop.
    sampling : {"local", "global"}, default "local"
        As in `droplayers.fractal_join`. Local joins have a Key each, the children of
        one from join 0, the first, on; global joins have that one Key itself.
    rng : optional
        As in `droplayers.dropout`: one Key is drawn.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    ax : Axes
        From the input at the top to the output. Layers on a path to the output are
        filled; the others, which are dropped or lead only to what is, are hollow.

    Raises
    ------
    TypeError, ValueError
        If an argument is no such value, or `ax` is no Axes.

    See Also
    --------
    droplayers.fractal_join : the joins.

    Notes
    -----
    Unrolled: joins that follow each other are one [1]_.

    References
    ----------
    .. [1] G. Larsson, M. Maire, G. Shakhnarovich, "FractalNet: Ultra-Deep Neural
       Networks without Residuals", ICLR 2017, figure 1.

    Examples
    --------
    >>> import droplayers as dl
    >>> from droplayers import plot
    >>> from matplotlib.figure import Figure
    >>> ax = plot.columns(3, sampling="global", rng=dl.Key(1), ax=Figure().subplots())
    >>> filled = [box.get_fill() for boxes in ax.containers for box in boxes]
    >>> len(filled), sum(filled)
    (7, 1)
    """
    ax = _axes.given(ax)
    n = _validation.integer(n, "n")
    if not 1 <= n <= MOST_COLUMNS:
        raise ValueError(f"n must be in [1, {MOST_COLUMNS}], got {n}")
    _validation.choice(sampling, "sampling", ("local", "global"))
    _validation.flag(training, "training")
    _validation.probability(prob, "prob")
    key = Key.fresh(rng)
    steps = 2 ** (n - 1)
    keys = key.split(steps) if sampling == "local" else (key,) * steps
    options = {"prob": prob, "training": training, "sampling": sampling}
    kept = [
        _survivors(_arriving(n, end), rng=own, **options)
        for end, own in enumerate(keys, 1)
    ]
    living = _on_a_path(kept)
    ax = ax or _axes.new(1)[0]
    for end in range(1, steps + 1):
        arriving = [layer for layer in _arriving(n, end) if layer is not None]
        for layer in arriving:
            _draw(layer, layer in living, ax)
        join = [arriving[0].column - 0.4, n - 0.6]
        ax.plot(join, [end, end], color=_axes.ink(), linewidth=2)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(steps + 0.1, -0.1), frame_on=False)
    ax.set(xticks=range(n), yticks=[0, steps], yticklabels=["input", "output"])
    ax.set_xlabel("column")
    return ax


def _arriving(n: int, end: int) -> list[Layer | None]:
    """For each of n columns the layer that ends at a join, if one does."""
    spans = [2 ** (n - 1) >> column for column in range(n)]
    return [
        Layer(column, end - span, end) if end % span == 0 else None
        for column, span in enumerate(spans)
    ]


def _survivors(layers: list[Layer | None], **options: Any) -> list[Layer]:
    """Those that a join keeps: of path c the c-th element alone is not 0."""
    ones = np.eye(len(layers))
    paths = [None if a is None else ones[c] for c, a in enumerate(layers)]
    y = fractal_join(paths, **options)
    kept = np.zeros(len(layers)) if y is None else y
    return [a for a, k in zip(layers, kept, strict=True) if a is not None and k]


def _on_a_path(kept: list[list[Layer]]) -> set[Layer]:
    """Of the layers that joins keep, those on a path from the input to the output."""
    reached = {0}
    for layers in kept:
        reached |= {a.end for a in layers if a.start in reached}
    needed, living = {len(kept)}, set()
    for layers in reversed(kept):
        found = {a for a in layers if a.start in reached and a.end in needed}
        needed |= {a.start for a in found}
        living |= found
    return living


def _draw(layer: Layer, lives: bool, ax: Axes) -> None:
    """Draw a layer between the joins that it leads from and to."""
    column, start, end = layer
    height = 0.6 * (end - start) ** 0.5
    y = (start + end - height) / 2
    colour = _axes.COLOURS[0] if lives else _axes.KEPT
    line = "-" if lives else ":"
    box = ax.bar(column, height, 0.6, y, color=colour, fill=lives, linestyle=line)[0]
    box.set_edgecolor(colour)
    ends = [start, y, np.nan, y + height, end]
    ax.plot([column] * len(ends), ends, color=colour, linestyle=line, zorder=0)
