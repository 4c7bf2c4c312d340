"""Schedules: rates that grow with depth, or with the step of training."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from . import _validation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from ._typing import Flag, Integers, Real

MOST_BLOCKS = np.iinfo(np.intp).max // 8  #: float64s of which NumPy can make an array


@overload
def drop_path_rates(
    rate: Real, depths: Integers, stagewise: Literal[False] = False
) -> list[float]: ...
@overload
def drop_path_rates(
    rate: Real, depths: Iterable[SupportsIndex], stagewise: Literal[True]
) -> list[list[float]]: ...
@overload
def drop_path_rates(
    rate: Real, depths: Integers, stagewise: Flag
) -> list[float] | list[list[float]]: ...
def drop_path_rates(
    rate: Real, depths: Integers, stagewise: Flag = False
) -> list[float] | list[list[float]]:
    """Give the drop-path rate of each block of a net, growing evenly with its depth.

    Parameters
    ----------
    rate : float
        Of the last block, in [0, 1]. The first has 0.
    depths : int or sequence of int
        How many blocks there are, or how many in each stage.
    stagewise : bool, default False
        Whether to give a list for each stage.

    Returns
    -------
    rates : list of float, or list of lists of float
        One rate for each block, or a list of them for each stage.

    Raises
    ------
    TypeError
        If `rate` is no real number, a depth no integer, or `stagewise` no bool.
    ValueError
        If `rate` is NaN or outside [0, 1], a depth is negative, or `stagewise` asks
        for the stages of one number of blocks.

    See Also
    --------
    ramp : a rate that grows with the step.

    Notes
    -----
    Block l of L, from 0, has the rate ``rate * l / (L - 1)``: the linear decay of
    survival [1]_, but from no drop at the first block on, as in timm's function
    `calculate_drop_path_rates`. A net of one block has 0.

    References
    ----------
    .. [1] G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep Networks with
       Stochastic Depth", ECCV 2016, equation 4.

    Examples
    --------
    >>> import droplayers as dl
    >>> dl.drop_path_rates(0.5, 5)
    [0.0, 0.125, 0.25, 0.375, 0.5]
    >>> dl.drop_path_rates(0.5, [2, 3], stagewise=True)
    [[0.0, 0.125], [0.25, 0.375, 0.5]]
    """
    rate = _validation.probability(rate, "rate")
    checked = _validation.integers(depths, "depths")
    if _validation.flag(stagewise, "stagewise") and isinstance(checked, int):
        raise ValueError(
            f"depths must be those of stages with stagewise=True, got {depths!r}"
        )
    stages = _validation.lengths(checked, "depths")
    _validation.size((sum(stages),), "depths", MOST_BLOCKS)
    rates: list[float] = np.linspace(0.0, rate, sum(stages)).tolist()
    if not stagewise:
        return rates
    rest = iter(rates)
    return [list(itertools.islice(rest, depth)) for depth in stages]


def ramp(
    step: Real,
    total: Real,
    stop: Real,
    start: Real = 0.0,
) -> float:
    """Give a rate that goes evenly from one value to another, and stays there.

    Parameters
    ----------
    step : float
        Where training is; the rate is `start` up to 0.
    total : float
        From when on the rate is `stop`; positive and finite, in what `step` counts.
    stop : float
        The last rate, in [0, 1].
    start : float, default 0.0
        The first rate, in [0, 1]; it may be the larger one.

    Returns
    -------
    rate : float
        Between `start` and `stop`, and exactly these at the ends.

    Raises
    ------
    TypeError
        If an argument is no real number.
    ValueError
        If `step` is NaN, `total` not positive and finite, or a rate outside [0, 1].

    See Also
    --------
    drop_path_rates : rates that grow with depth.

    Notes
    -----
    ``start + (stop - start) * clip(step / total, 0, 1)``: the linear schedule of
    ScheduledDropPath [1]_.

    References
    ----------
    .. [1] B. Zoph, V. Vasudevan, J. Shlens, Q. V. Le, "Learning Transferable
       Architectures for Scalable Image Recognition", CVPR 2018, section 4.

    Examples
    --------
    >>> import droplayers as dl
    >>> [dl.ramp(step, 4, 0.2) for step in range(6)]
    [0.0, 0.05, 0.1, 0.15000000000000002, 0.2, 0.2]
    >>> dl.ramp(150, 300, 0.1, start=0.3)
    0.2
    """
    step = _validation.real(step, "step")
    total = _validation.real(total, "total")
    if math.isnan(step):
        raise ValueError(f"step must be a number, got {step}")
    if not 0.0 < total < math.inf:
        raise ValueError(f"total must be positive and finite, got {total}")
    stop = _validation.probability(stop, "stop")
    start = _validation.probability(start, "start")
    if step <= 0.0:
        return start
    if step >= total:
        return stop
    rate = start + (stop - start) * (step / total)
    return min(max(rate, min(start, stop)), max(start, stop))
