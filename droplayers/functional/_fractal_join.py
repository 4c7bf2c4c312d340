"""Fractal joins: the mean of the paths that survive."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core, _validation
from .._lib import mask as masks
from .._lib.elementwise import RESIDUAL, Affine, apply, as_known, part_of, tiles
from .._lib.join_sampling import prepare
from .._lib.pipeline import empty_like, reserve_then_draw, returned
from .._undo import undoes_its_draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike

    from .._lib.join_sampling import Join
    from .._lib.mask import Mask
    from .._validation import Array
    from ..keys import RNG

# A sum starts at -0: -0 + x is x for every x, -0 included, which +0 + x is not.
FIRST, NEXT = Affine(c=-0.0), Affine(RESIDUAL)


def fractal_join(
    paths: Sequence[ArrayLike | None] | ArrayLike,
    prob: float | ArrayLike = 0.15,
    training: bool = False,
    *,
    sampling: str = "local",
    per: str = "batch",
    column: int | None = None,
    rng: RNG = None,
    out: Array | None = None,
) -> Any:
    """Join paths by their mean, of which some are dropped at random.

    In training, ``y = sum(paths that survive) / how many survive``, and at least one
    does. Otherwise the mean of all.

    Parameters
    ----------
    paths : sequence of array_like or None
        Of one shape, (B, ...) or any; real or complex. Integers and bools become
        float64. None is a dead path, one that was not computed. An array is a sequence
        of paths along its first axis.
    prob : float or array_like of float, default 0.15
        Probability to drop a path in local sampling, in [0, 1]; or one for each, of
        shape (len(paths),).
    training : bool, default False
        Whether to drop.
    sampling : {"local", "global"}, default "local"
        "local" drops each path by itself, whatever other joins drop; where all would
        be dropped, one of the living is drawn. "global" keeps one path alone, the same
        place in the list for all joins of a net, whatever prob is.
    per : {"batch", "sample"}, default "batch"
        Whether all samples have the same survivors, or each its own.
    column : int, optional
        With sampling="global": the place in the list, in [0, len(paths)), that
        survives in training, instead of drawing it.
    rng : optional
        As in `dropout`; but a Key or an int with sampling="global", in training and
        without `column`, since all joins of a net must draw the same column. Give each
        of them this Key, and a list as long: with None where a column takes no part.
    out : ndarray, optional
        Where to store the result; may be one of the paths or overlap them.

    Returns
    -------
    y : ndarray, scalar or None
        Of the paths' shape, of the dtype that all living ones promote to; `out` if
        given. Where one path survives for all samples, that path itself. None where
        all paths are dead, or the one that global sampling keeps for the batch is:
        `out` is then as before. Per sample such samples are zeros.

    Raises
    ------
    TypeError
        If `paths` is no sequence, `training` no bool, `rng` does not repeat itself
        where it must, or a dtype is not supported.
    ValueError
        If there are no paths, their shapes differ or lack an axis of samples, prob is
        outside [0, 1], or another argument does not fit.

    See Also
    --------
    fractal_join_backward : the gradients.
    drop_path : drops samples of one path, and scales those that it keeps.

    Notes
    -----
    The mask of local sampling is drawn for (len(paths),), or (B, len(paths)). Sums run
    in the order of the list and are then divided by their number, the half types in
    float32 with one rounding to half. A path that is dropped is not part of the sum,
    whatever its values are, but its dtype counts. Local sampling draws nothing where
    at most one path lives, or where the probabilities of the living are 0 and 1, one
    at least 0. The paper [1]_ trains half of the batches with each sampling.

    References
    ----------
    .. [1] G. Larsson, M. Maire, G. Shakhnarovich, "FractalNet: Ultra-Deep Neural
       Networks without Residuals", ICLR 2017, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> paths = np.full((4, 2), 1.0), np.full((4, 2), 2.0), np.full((4, 2), 6.0)
    >>> dl.fractal_join(paths, 0.5, True, per="sample", rng=2)
    array([[6. , 6. ],
           [1. , 1. ],
           [3. , 3. ],
           [3.5, 3.5]])
    >>> dl.fractal_join(paths)[0]
    array([3., 3.])

    Under one Key all joins take the same column, or are dead where it has ended:

    >>> key = dl.Key(0)
    >>> dl.fractal_join(paths, training=True, sampling="global", rng=key) is paths[2]
    True
    >>> ended = [paths[0], paths[1], None]
    >>> dl.fractal_join(ended, training=True, sampling="global", rng=key) is None
    True
    """
    y = _core.fractal_join(paths, prob, training, sampling, per, column, rng, out)
    if y is not NotImplemented:
        return y
    join = prepare(paths, prob, training, sampling, per, column, rng)
    return _join(join, rng, out) if join.living else None


@undoes_its_draw
def fractal_join_backward(
    grad: ArrayLike | None,
    paths: Sequence[ArrayLike | None] | ArrayLike,
    prob: float | ArrayLike = 0.15,
    training: bool = False,
    *,
    sampling: str = "local",
    per: str = "batch",
    column: int | None = None,
    rng: RNG = None,
) -> list[Any]:
    """Give the gradient of `fractal_join` in each of its paths.

    Each survivor gets grad divided by their number, others get zeros.

    Parameters
    ----------
    grad : array_like or None
        The gradient in y, of the paths' shape. None, as for a join that is None itself,
        is a gradient of zeros.
    paths : sequence of array_like or None
        As it was for `fractal_join`. The values are not read.
    prob : float or array_like of float, default 0.15
        As it was for `fractal_join`, in [0, 1].
    training : bool, default False
        As it was.
    sampling : {"local", "global"}, default "local"
        As it was.
    per : {"batch", "sample"}, default "batch"
        As it was.
    column : int, optional
        As it was, in [0, len(paths)).
    rng : optional
        The Key that `fractal_join` was given, or what makes the same one.

    Returns
    -------
    grads : list of ndarray, scalar or None
        One for each path: None where it is dead, zeros where it was dropped; of grad's
        shape and floating dtype, or the path's where grad is None. All are new arrays.

    Raises
    ------
    TypeError, ValueError
        As `fractal_join`, or if grad has not the paths' shape.

    See Also
    --------
    fractal_join : the forward pass.

    References
    ----------
    .. [1] G. Larsson, M. Maire, G. Shakhnarovich, "FractalNet: Ultra-Deep Neural
       Networks without Residuals", ICLR 2017, the derivative of section 3's join.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> key, paths = dl.Key(2), [np.full(3, 3.0), None, np.ones(3)]
    >>> dl.fractal_join(paths, 0.5, True, per="sample", rng=key)
    array([3., 2., 1.])
    >>> dl.fractal_join_backward(np.ones(3), paths, 0.5, True, per="sample", rng=key)
    [array([1. , 0.5, 0. ]), None, array([0. , 0.5, 1. ])]
    """
    join = prepare(paths, prob, training, sampling, per, column, rng)
    if grad is None:
        grads = {j: _zeros(x) for j, x in join.living.items()}
    else:
        array = _validation.array(grad, "grad")
        dtype = _validation.result_dtype(array.dtype, "grad")
        if join.living and array.shape != join.first.shape:
            raise ValueError(
                f"grad must have the paths' shape {join.first.shape}, got {array.shape}"
            )
        grads, keep = reserve_then_draw(
            lambda: {j: empty_like(array, dtype) for j in join.living},
            lambda: join.survivors(rng) if join.living else None,
            array,
        )
        if keep is not None:
            _store_shares(array, keep, dtype, list(grads.values()))
    shown = {j: returned(y, None, None) for j, y in grads.items()}
    return [shown.get(j) for j in range(join.size)]


@undoes_its_draw
def _join(join: Join, rng: RNG, out: Array | None) -> Any:
    """The mean of the paths that survive, at least one of which lives."""
    target = None if out is None else _validation.out(out, join.first.shape, join.dtype)

    def reserve() -> Array | None:
        # A global join may need no new array, and its rng is no generator.
        if target is None and join.local and join.draws:
            return empty_like(join.first, join.dtype)
        return target

    result, keep = reserve_then_draw(
        reserve, lambda: join.survivors(rng), *join.living.values(), target
    )
    if join.batch and not keep.any():
        return None
    living = list(join.living.values())
    if out is None and keep.shape[1] == np.count_nonzero(keep) == 1:
        alone = living[keep.argmax()]
        if alone.dtype == join.dtype:
            return returned(alone, None, None)
    if result is None:
        result = empty_like(join.first, join.dtype)
    if out is not None:
        pairs = zip(living, keep, strict=True)
        living = [_validation.apart(x, result) if k.any() else x for x, k in pairs]
    _store_mean(living, keep, join.dtype, result)
    return returned(result, out, None)


def _zeros(x: Array) -> Array:
    """The gradient in a path of a join that has no gradient itself."""
    zeros = empty_like(x, _validation.result_dtype(x.dtype, "paths"))
    zeros.fill(0)
    return zeros


def _store_mean(
    paths: list[Array], keep: Array, dtype: np.dtype[Any], out: Array
) -> None:
    """Store the mean of the paths that survive, summed in list order."""
    rows = keep.shape[1] != 1
    summed = paths if rows else [*itertools.compress(paths, keep[:, 0].tolist())]
    known = None
    if 0 < len(summed) <= _core.JOIN_PATHS:
        known = as_known([out, *summed], dtype)
    if known is None:
        _store_tiles(paths, keep, dtype, out)
    else:
        _core.join(known[0], tuple(known[1:]), keep if rows else None)


@np.errstate(all="ignore")
def _store_tiles(
    paths: list[Array], keep: Array, dtype: np.dtype[Any], out: Array
) -> None:
    """Store the mean of arrays that the kernels do not know, by NumPy."""
    tiling = _Tiling(keep, dtype, out)
    for samples, (target, *parts) in tiling.tiles(out, *paths):
        mean = np.empty(target.shape, tiling.computes)
        kept = keep[:, samples]
        alike = list(itertools.compress(parts, kept)) if kept.shape[1] == 1 else []
        if alike:
            total = _sum(alike, mean)
        else:
            total = _sum_rows(parts, tiling.masks(samples), mean)
        as_it_is = target.dtype == dtype == tiling.computes
        _divide(total, tiling.count(samples), target if as_it_is else mean)
        if not as_it_is:
            np.copyto(target, mean.astype(dtype, copy=False), casting="same_kind")


@np.errstate(all="ignore")
def _store_shares(
    grad: Array, keep: Array, dtype: np.dtype[Any], results: list[Array]
) -> None:
    """Store each path's gradient: grad over the number of survivors, or zeros."""
    tiling = _Tiling(keep, dtype, grad)
    for samples, (part, *targets) in tiling.tiles(grad, *results):
        share = np.empty(part.shape, tiling.computes)
        _divide(part, tiling.count(samples), share)
        for target, mask in zip(targets, tiling.masks(samples), strict=True):
            apply(share, dtype, mask, Affine(), None, target)


class _Tiling:
    """Tiles of arrays of one shape, in the memory order of one of them, and for each
    tile the paths' masks and the number of survivors."""

    def __init__(self, keep: Array, dtype: np.dtype[Any], like: Array) -> None:
        self.computes = _validation.computing_dtype(dtype)
        self.axes = sorted(range(like.ndim), key=lambda i: -abs(like.strides[i]))
        self.rows = keep.shape[1] != 1
        strides = tuple(int(self.rows and axis == 0) for axis in self.axes)
        where = masks.Geometry((), 0, strides)
        if self.rows:
            self.kept = [masks.from_bits(masks.pack(row)[0], where) for row in keep]
        else:
            self.kept = [masks.from_key(0, 1.0 - row[0], where) for row in keep]
        n = np.count_nonzero(keep, axis=0)
        n = np.where(n, n, -1)  # where nothing survives: a sum of -0 over -1 is +0
        self.n = n.astype(np.empty(0, self.computes).real.dtype)
        self.along = [-1 if axis == 0 else 1 for axis in self.axes]

    def tiles(self, *arrays: Array) -> Iterator[tuple[slice, list[Array]]]:
        """For each tile its samples, as entries of keep, and its part of each array."""
        views = [x.transpose(self.axes) for x in arrays]
        for where in tiles(views[0].shape):
            samples = slice(0, None)
            if self.rows:
                cuts = dict(zip(self.axes, where[:-1], strict=False))
                samples = cuts.get(0, samples)
            yield samples, [x[where] for x in views]

    def count(self, samples: slice) -> Array:
        """The number of survivors, to broadcast against a tile."""
        return self.n[samples].reshape(self.along)

    def masks(self, samples: slice) -> list[Mask]:
        """The mask of each path for a tile of these samples."""
        return [mask._replace(first=samples.start) for mask in self.kept]


def _sum(parts: Iterable[Array], total: Array) -> Array:
    """The sum of arrays; one array alone is given back itself."""
    add = functools.partial(np.add, out=total, dtype=total.dtype)
    return functools.reduce(add, parts)


def _sum_rows(parts: list[Array], masks: list[Mask], total: Array) -> Array:
    """The sum of the rows that are kept; -0 where none is."""
    affine, before = FIRST, None
    for part, mask in zip(parts, masks, strict=True):
        apply(part, total.dtype, mask, affine, before, total)
        affine, before = NEXT, total
    return total


def _divide(x: Array, n: Array, out: Array) -> None:
    """Divide real numbers, or complex ones as two reals."""
    if out.dtype.kind == "c":
        for part in ("real", "imag"):
            _divide(part_of(x, part), n, getattr(out, part))
    else:
        np.divide(x, n, out=out, dtype=out.dtype)
