"""The samples that a branch runs on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import _core, _validation
from .._lib.mask import key_at
from .._lib.pipeline import scale
from ._keep_mask import keep_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._validation import Array
    from ..keys import RNG

SAMPLINGS = ("bernoulli", "fixed")


def kept_rows(
    n: int, prob: float, *, sampling: str = "bernoulli", rng: RNG = None
) -> tuple[NDArray[np.intp], float]:
    """Choose the samples of a batch that a branch runs on.

    Parameters
    ----------
    n : int
        How many samples there are.
    prob : float
        Probability to drop a sample, in [0, 1].
    sampling : {"bernoulli", "fixed"}, default "bernoulli"
        "bernoulli" keeps the samples that `drop_path` keeps under the same Key.
        "fixed" keeps a number of them that depends on n and prob alone.
    rng : optional
        As in `dropout`.

    Returns
    -------
    rows : ndarray of intp
        The kept samples, ascending.
    scale : float
        What the branch's result is multiplied by: 1 / (1 - prob), or n / len(rows)
        with "fixed"; 0 where no row can be kept.

    Raises
    ------
    TypeError
        If n is no integer, or prob no real number.
    ValueError
        If n is negative, prob is NaN or outside [0, 1], or `sampling` another word.

    See Also
    --------
    stochastic_depth : runs a branch on these rows, and adds its result.

    Notes
    -----
    "fixed" keeps ``max(1, floor(n * (1 - prob)))`` samples (the product rounded to 9
    decimals first), as DINOv2 [1]_ does: those of the largest uniforms, the lower
    index where two are equal. None is kept where prob is 1.

    References
    ----------
    .. [1] M. Oquab et al., "DINOv2: Learning Robust Visual Features without
       Supervision", TMLR 2024, section 5, "Efficient stochastic depth".

    Examples
    --------
    >>> import droplayers as dl
    >>> dl.kept_rows(10, 0.5, rng=2)
    (array([3, 6, 7, 8, 9]), 2.0)
    >>> dl.kept_rows(10, 0.4, sampling="fixed", rng=2)
    (array([1, 3, 6, 7, 8, 9]), 1.6666666666666667)
    """
    n = _validation.integer(n, "n")
    if n < 0:
        raise ValueError(f"n must not be negative, got {n}")
    _validation.size((n,), "n", np.iinfo(np.intp).max)
    p = _validation.probability(prob, "prob")
    if _validation.choice(sampling, "sampling", SAMPLINGS) == "bernoulli":
        rows = np.flatnonzero(keep_mask(n, p, rng=rng))
        return rows, scale(p) if p < 1.0 else 0.0
    count = max(1, math.floor(round(n * (1.0 - p), 9))) if n and p < 1.0 else 0
    rows = np.arange(count, dtype=np.intp)
    key = key_at(p, rng)
    if 0 < count < n:
        rows = _largest(_core.uniforms(key, 0, n), count)
    return rows, n / count if count else 0.0


def _largest(values: Array, count: int) -> NDArray[np.intp]:
    """The places of the largest values, ascending; of equal ones the lower place."""
    least = np.partition(values, -count)[-count]
    largest = values > least
    equal = np.flatnonzero(values == least)
    largest[equal[: count - np.count_nonzero(largest)]] = True
    return np.flatnonzero(largest)
