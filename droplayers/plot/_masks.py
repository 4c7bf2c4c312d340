"""What masks drop of an array, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb

from .. import _validation
from . import _axes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from .._validation import Array

LABELS = {
    2: ("axis 1", "axis 0"),
    3: ("channels", "samples"),
    4: ("channels", "samples"),
}


def masks(
    x: ArrayLike | tuple[int, ...],
    keeps: Mapping[str, ArrayLike | None],
    *,
    ax: Sequence[Axes] | Axes | None = None,
) -> Array:
    """Draw an array once for each keep mask: grey where kept, in a colour where
    dropped.

    Parameters
    ----------
    x : array_like or tuple of int
        Real, with up to 4 axes: a row of cells, an image, strips of shape (N, C, L)
        or maps of shape (N, C, H, W). Of strips and maps there are a row for each
        sample and a column for each channel. A tuple of ints is the shape of an array
        of which only what is dropped is to be seen.
    keeps : mapping of str to array_like of bool or None
        The pictures' titles and keep masks. A mask has x's shape, with 1 where a draw
        is shared; or the first axes alone, as drop_path's has. None drops nothing.
    ax : Axes or sequence of Axes, optional
        Where to draw, one for each mask; by default side by side in a new figure.

    Returns
    -------
    axes : ndarray of Axes
        One for each mask.

    Raises
    ------
    TypeError
        If x is no array of real numbers, a mask is not boolean, or `ax` no Axes.
    ValueError
        If x has more axes, a mask does not fit, there are no masks, or not as many
        Axes as masks.

    Notes
    -----
    Black is the least finite value of x and white the greatest. A kept NaN is
    transparent, as the gaps between maps are.

    Examples
    --------
    >>> import droplayers as dl
    >>> from droplayers import plot
    >>> from matplotlib.figure import Figure
    >>> shape, key = (5, 3, 8, 8), dl.Key(1)
    >>> keeps = {
    ...     "dropout": dl.keep_mask(shape, 0.3, rng=key),
    ...     "drop_block": dl.block_mask(shape, 0.3, block_size=3, rng=key),
    ... }
    >>> axes = plot.masks(shape, keeps, ax=Figure().subplots(1, 2))
    >>> [a.get_title() for a in axes]
    ['dropout', 'drop_block']
    """
    grey = _greys(x)
    if not keeps:
        raise ValueError("keeps must have at least one mask, got none")
    fitted = {title: _fitted(keep, title, grey.shape) for title, keep in keeps.items()}
    targets = _targets(ax, len(fitted))
    across, down = LABELS.get(grey.ndim, ("", ""))
    for axes, (title, keep) in zip(targets, fitted.items(), strict=True):
        axes.imshow(_picture(grey, keep), interpolation="nearest")
        axes.set_title(title)
        axes.set(xticks=[], yticks=[], frame_on=False, xlabel=across)
    targets[0].set_ylabel(down)
    return targets


def _greys(x: Any) -> Array:
    """An array in [0, 1], NaN where x is NaN; one of a shape is neither dark nor
    light."""
    is_shape = isinstance(x, int) or (
        isinstance(x, tuple) and all(isinstance(n, int | np.integer) for n in x)
    )
    if is_shape:
        return _few_axes(
            np.broadcast_to(to_rgb(_axes.KEPT)[0], _validation.lengths(x, "x"))
        )
    values = _few_axes(_validation.array(x, "x"))
    if _validation.result_dtype(values.dtype, "x").kind == "c":
        raise TypeError(f"x must be real, got dtype {values.dtype}")
    values = values.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    # Halves, for the difference of two float64s may be infinite.
    span = high / 2 - low / 2
    clipped = np.clip(values, low, high)
    return (
        (clipped / 2 - low / 2) / span
        if span
        else np.where(clipped == low, 0.5, clipped)
    )


def _few_axes(x: Array) -> Array:
    """Check that an array can be drawn."""
    if x.ndim > 4:
        raise ValueError(f"x must have at most 4 axes, got shape {x.shape}")
    if not x.size:
        raise ValueError(f"x must have elements, got shape {x.shape}")
    return x


def _fitted(keep: Any, title: str, shape: tuple[int, ...]) -> Array:
    """A keep mask of x's shape."""
    name = f"keeps[{title!r}]"
    mask = np.array(True) if keep is None else _validation.array(keep, name, "boolean")
    if mask.dtype != np.bool_:
        raise TypeError(f"{name} must be boolean, got dtype {mask.dtype}")
    leading = mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim))
    try:
        return np.broadcast_to(leading, shape)
    except ValueError:
        raise ValueError(
            f"{name} must have x's shape {shape}, 1 for some of its axes or the first"
            f" of them alone, got {mask.shape}"
        ) from None


def _targets(ax: Any, n: int) -> Array:
    """One Axes for each mask."""
    if ax is None:
        new: Array = _axes.new(n, figsize=(2.4 * n, 4.5))
        # More than the gap between two maps of a picture.
        new[0].figure.get_layout_engine().set(wspace=0.25)
        return new
    targets = np.array(ax, object).reshape(-1)
    if len(targets) != n:
        raise ValueError(f"ax must be {n} Axes, one for each mask, got {len(targets)}")
    for axes in targets:
        if _axes.given(axes) is None:
            raise TypeError("ax must be matplotlib's Axes, got None among them")
    return targets


def _picture(grey: Array, keep: Array) -> Array:
    """An RGBA image of maps in a grid, with transparent gaps."""
    colours = np.where(keep[..., None], grey[..., None], to_rgb(_axes.DROPPED))
    opaque = ~np.isnan(colours).any(axis=-1, keepdims=True)
    cells = np.concatenate([np.nan_to_num(colours), opaque], axis=-1)
    *grid, width = grey.shape or (1,)
    height = grid.pop() if len(grid) in (1, 3) else 1  # images and maps have one
    samples, channels = grid or (1, 1)
    maps = cells.reshape(samples, channels, height, width, 4)
    spaced = np.pad(maps, [(0, 0), (0, 0), (0, 1), (0, 1), (0, 0)])
    rows = spaced.swapaxes(1, 2)
    whole = rows.reshape(samples * (height + 1), channels * (width + 1), 4)
    return whole[:-1, :-1]
