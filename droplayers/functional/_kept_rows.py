"""The samples that a branch runs on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import _core, _validation
from .._lib.elementwise import unpack
from .._lib.mask import Geometry, from_rng, key_at
from .._lib.pipeline import reserve_then_draw, scale
from .._undo import undoes_its_draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from .._validation import Array
    from ..keys import RNG

SAMPLINGS = ("bernoulli", "fixed")
CHUNK = 1 << 16  #: rows that are looked at at once
HEAD, TAIL = 12, 28  #: bits of a uniform by which many are counted, and the others


@undoes_its_draw
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
        return _bernoulli_rows(n, p, rng), scale(p) if p < 1.0 else 0.0
    rows = fixed_rows(n, p, rng)
    return rows, n / len(rows) if len(rows) else 0.0


def _bernoulli_rows(n: int, p: float, rng: RNG) -> NDArray[np.intp]:
    """The rows that a mask at rate p keeps."""
    where = Geometry((n,))
    rows, mask = reserve_then_draw(
        lambda: np.empty(n, np.intp), lambda: from_rng(p, where, rng)
    )

    def kept(first: int, room: Array) -> Array:
        return unpack(mask.at(first), room)

    # All of it: memory that is given back in part is not copied.
    rows.resize(_fill(rows, n, kept), refcheck=False)
    return rows


def fixed_rows(n: int, p: float, rng: RNG) -> NDArray[np.intp]:
    """As many rows as n and p say, those of the largest uniforms."""
    count = max(1, math.floor(round(n * (1.0 - p), 9))) if n and p < 1.0 else 0
    rows, key = reserve_then_draw(
        lambda: np.empty(count, np.intp), lambda: key_at(p, rng)
    )
    if not 0 < count < n:
        _fill(rows, count, lambda first, room: np.ones_like(room))
        return rows
    least, ties = _least(key, n, count)

    def kept(first: int, room: Array) -> Array:
        nonlocal ties
        values = _core.uniforms(key, first, len(room))
        np.greater(values, least, out=room)
        if ties:
            equal = np.flatnonzero(values == least)[:ties]
            room[equal] = True
            ties -= len(equal)
        return room

    _fill(rows, n, kept)
    return rows


def _fill(rows: NDArray[np.intp], n: int, kept: Callable[[int, Array], Array]) -> int:
    """Write which of n elements are kept, chunk by chunk, so that Ctrl-C comes through.
    Returns how many they are."""
    room, end = np.empty(min(n, CHUNK), np.bool_), 0
    for first in range(0, n, CHUNK):
        found = kept(first, room[: n - first]).nonzero()[0]
        np.add(found, first, out=rows[end : end + len(found)])
        end += len(found)
    return end


def _least(key: int, n: int, count: int) -> tuple[int, int]:
    """The least of the count largest of n uniforms, and how many that are equal to it
    are among them. Of more than a chunk only those are sorted whose highest bits are
    the least one's: two or three passes that draw all of them take less time than to
    store and to sort them, and hardly any memory."""
    values = _core.uniforms(key, 0, min(n, CHUNK))
    above = 0
    if n > CHUNK:
        heads = np.zeros(1 << HEAD, np.intp)
        for part in _parts(key, n):
            heads += np.bincount(part >> TAIL, minlength=len(heads))
        larger = n - heads.cumsum()  # how many have a larger head than each
        head = int(np.searchsorted(-larger, 1 - count))
        above = int(larger[head])
        parts = (part[part >> TAIL == head] for part in _parts(key, n))
        values = np.concatenate([*parts])
    rank = count - above
    values.sort()
    least = int(values[-rank])
    return least, rank - (len(values) - int(values.searchsorted(least, "right")))


def _parts(key: int, n: int) -> Iterator[NDArray[np.int64]]:
    """The uniforms of n elements, chunk by chunk."""
    for first in range(0, n, CHUNK):
        yield _core.uniforms(key, first, min(CHUNK, n - first)).view(np.int64)
