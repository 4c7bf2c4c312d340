"""Rates that grow with depth and with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _validation
from ..schedules import drop_path_rates, ramp
from . import _axes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from .._typing import Integers, Real


def rates(
    rate: Real,
    depths: Integers,
    total: Real = 1.0,
    *,
    start: Real = 0.0,
    steps: Iterable[Real] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the drop-path rates of a net's blocks, a line for each of some steps.

    Parameters
    ----------
    rate : float
        Of the last block from the step `total` on, in [0, 1].
    depths : int or sequence of int
        How many blocks there are, or how many in each stage; stages are separated by
        dotted lines.
    total : float, default 1.0
        From when on rates are constant; positive and finite.
    start : float, default 0.0
        The rate of the last block at the step 0, in [0, 1].
    steps : iterable of float, optional
        When to look; by default at quarters of `total`, 0 among them.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    ax : Axes

    Raises
    ------
    TypeError, ValueError
        As `drop_path_rates` and `ramp`, or if `ax` is no Axes.

    See Also
    --------
    droplayers.drop_path_rates, droplayers.ramp : the rates.

    Examples
    --------
    >>> from droplayers import plot
    >>> from matplotlib.figure import Figure
    >>> ax = plot.rates(0.3, [2, 2], 100, steps=[0, 100], ax=Figure().subplots())
    >>> print(ax.lines[1].get_label(), ax.lines[1].get_ydata().round(2))
    step 100 [0.  0.1 0.2 0.3]
    """
    ax = _axes.given(ax)
    if steps is None:
        steps = np.linspace(0.0, _validation.real(total, "total"), 5).tolist()
    lines = {
        f"step {step:g}": drop_path_rates(ramp(step, total, rate, start), depths)
        for step in (_validation.real(step, "steps") for step in steps)
    }
    checked = _validation.integers(depths, "depths")
    stages = checked if isinstance(checked, tuple) else (checked,)
    ax = ax or _axes.new(1)[0]
    for i, (label, values) in enumerate(lines.items()):
        ax.plot(
            np.arange(len(values)), np.array(values), label=label, **_axes.line_style(i)
        )
    for first in np.cumsum(stages)[:-1]:
        ax.axvline(first - 0.5, color=_axes.ink(), linestyle=":", linewidth=1)
    ax.set(xlabel="block", ylabel="rate")
    if lines:
        ax.legend(frameon=False)
    return ax
