"""Layers: the functions with what a network remembers of them.

A layer in training draws a fresh Key for each forward pass and remembers it, so that
`backward` draws the same mask again; no mask is stored.

>>> import numpy as np
>>> import droplayers as dl
>>> layer = dl.Dropout(0.5, rng=1)
>>> y = layer(np.ones(6))
>>> bool(np.all(layer.backward(np.ones(6)) == y))
True
>>> layer.eval()(np.ones(3))
array([1., 1., 1.])
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _check, functional
from ._layer import Layer, Option, word
from ._survivors import repeatable
from .keys import Key, generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ._check import Array
    from .keys import RNG

__all__ = [
    "AlphaDropout",
    "DropBlock",
    "DropConnect",
    "DropPath",
    "Dropout",
    "FractalJoin",
    "GaussianDropout",
    "Identity",
    "SpatialDropout",
]


def _sides(value: Any, name: str) -> Any:
    """An integer of at least 1, or a tuple of them."""
    sides = _check.integers(value, name)
    if np.size(sides) == 0 or np.min(sides) < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return sides


def _features(value: Any, name: str) -> int:
    """A number of at least 1."""
    number = _check.integer(value, name)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return number


def _below_one(value: Any, name: str) -> float:
    """A probability of less than 1."""
    p = _check.probability(value, name)
    if p == 1.0:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}")
    return p


def _perhaps(value: Any, name: str) -> float | None:
    """A probability, or None."""
    return None if value is None else _check.probability(value, name)


def _one_or_more(value: Any, name: str) -> Any:
    """A probability, or one for each path."""
    many = isinstance(value, list | tuple) or np.ndim(value) > 0
    if not many:
        return _check.probability(value, name)
    return tuple(_check.probability(item, name) for item in value)


class Dropout(Layer):
    """Drop elements at random in training: `dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    scaling : {"inverted", "classic"}, default "inverted"
        As in `dropout`.
    shared_axes : int or tuple of int, default ()
        As in `dropout`.
    rng : optional
        None draws a Key from the operating system at each forward pass. A Generator,
        BitGenerator or RandomState draws one by a word. A seed makes one Generator
        here, so a deep copy, a fork or a layer of the same seed has the same masks:
        give the layers of a network one Generator. A Key gives the same mask each
        time.

    Attributes
    ----------
    training : bool
        Whether to drop; True at first, set by ``train(mode=True)`` and ``eval()``.
    last_key : Key or None
        What the mask of the last forward pass in training was drawn from; None where
        nothing was drawn, as at p = 0.

    Raises
    ------
    TypeError, ValueError
        As `dropout`, here or when an attribute is set. ``backward`` before a forward
        pass is a RuntimeError.

    See Also
    --------
    dropout : the function, with the formula and the papers.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.Dropout(0.5, rng=1)
    >>> layer(np.ones(6))
    array([0., 2., 0., 2., 2., 0.])
    >>> layer.backward(np.full(6, 3.0))
    array([0., 6., 0., 6., 6., 0.])
    >>> layer.eval()(np.ones(2))
    array([1., 1.])
    """

    _function = staticmethod(functional.dropout)

    p = Option(_check.probability)
    scaling = word("inverted", "classic")
    shared_axes = Option(_check.integers)

    def __init__(
        self,
        p: float = 0.5,
        *,
        scaling: str = "inverted",
        shared_axes: int | Sequence[int] = (),
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.scaling = scaling
        self.shared_axes = shared_axes


class SpatialDropout(Layer):
    """Drop channels at random in training: `spatial_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop a channel, in [0, 1].
    channel_axis : int, default 1
        As in `spatial_dropout`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    spatial_dropout : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.SpatialDropout(0.5, rng=1)
    >>> layer(np.ones((1, 3, 2)))
    array([[[0., 0.],
            [2., 2.],
            [0., 0.]]])
    """

    _function = staticmethod(functional.spatial_dropout)

    p = Option(_check.probability)
    channel_axis = Option(_check.integer)

    def __init__(
        self, p: float = 0.5, *, channel_axis: int = 1, rng: RNG = None
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.channel_axis = channel_axis


class AlphaDropout(Layer):
    """Keep mean and variance of SELU activations: `alpha_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        Probability to drop an element, in [0, 1].
    shared_axes : int or tuple of int, default ()
        As in `alpha_dropout`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    alpha_dropout : the function, with the formula and the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.AlphaDropout(0.5, rng=1)
    >>> y = layer(np.ones(4))
    >>> layer.backward(np.ones(4)).round(3)
    array([0.   , 0.886, 0.   , 0.886])
    """

    _function = staticmethod(functional.alpha_dropout)

    p = Option(_check.probability)
    shared_axes = Option(_check.integers)

    def __init__(
        self,
        p: float = 0.5,
        *,
        shared_axes: int | Sequence[int] = (),
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.shared_axes = shared_axes

    def _gradient(self, grad: Any, kept: Any, options: dict[str, Any]) -> Any:
        return functional.alpha_dropout_backward(grad, **options)


class GaussianDropout(Layer):
    """Multiply by normal noise in training: `gaussian_dropout` as a layer.

    Parameters
    ----------
    p : float, default 0.5
        The rate of the dropout of the same variance, in [0, 1).
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    gaussian_dropout : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.GaussianDropout(0.2, rng=1)
    >>> layer(np.ones(3)).round(3)
    array([0.962, 0.918, 1.268])
    """

    _function = staticmethod(functional.gaussian_dropout)

    p = Option(_below_one)

    def __init__(self, p: float = 0.5, *, rng: RNG = None) -> None:
        super().__init__(rng)
        self.p = p


class DropPath(Layer):
    """Drop whole samples in training, stochastic depth: `drop_path` as a layer.

    Parameters
    ----------
    drop_prob : float, optional
        Probability to drop a sample, in [0, 1]. None is 0.
    per : {"sample", "batch"}, default "sample"
        As in `drop_path`.
    scale_by_keep : bool, default True
        As in `drop_path`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    drop_path : the function, with the papers.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> drop_path = dl.DropPath(0.5, rng=3)
    >>> x = np.ones((4, 2))
    >>> x = x + drop_path(3 * x)
    >>> x
    array([[1., 1.],
           [1., 1.],
           [7., 7.],
           [1., 1.]])
    >>> dl.DropPath()
    DropPath(drop_prob=None)
    """

    _function = staticmethod(functional.drop_path)

    drop_prob = Option(_perhaps)
    per = word("sample", "batch")
    scale_by_keep = Option(_check.flag)

    def __init__(
        self,
        drop_prob: float | None = None,
        *,
        per: str = "sample",
        scale_by_keep: bool = True,
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.drop_prob = drop_prob
        self.per = per
        self.scale_by_keep = scale_by_keep

    def _options(self) -> dict[str, Any]:
        return {
            "prob": self.drop_prob or 0.0,
            "training": self.training,
            "per": self.per,
            "scale_by_keep": self.scale_by_keep,
        }


class DropBlock(Layer):
    """Drop blocks of a map in training: `drop_block` as a layer.

    Parameters
    ----------
    p : float, default 0.1
        Expected share of cells that are dropped, in [0, 1].
    block_size : int or tuple of int, default 7
        As in `drop_block`.
    channel_axis : int, default 1
        As in `drop_block`.
    shared_channels : bool, default False
        As in `drop_block`.
    rng : optional
        As in `Dropout`.

    See Also
    --------
    Dropout : for the attributes of all layers.
    drop_block : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.DropBlock(0.3, block_size=3, rng=2)
    >>> layer(np.ones((1, 1, 10))).round(2)
    array([[[0.  , 0.  , 0.  , 1.43, 1.43, 1.43, 1.43, 1.43, 1.43, 1.43]]])
    """

    _function = staticmethod(functional.drop_block)

    p = Option(_check.probability)
    block_size = Option(_sides)
    channel_axis = Option(_check.integer)
    shared_channels = Option(_check.flag)

    def __init__(
        self,
        p: float = 0.1,
        *,
        block_size: int | Sequence[int] = 7,
        channel_axis: int = 1,
        shared_channels: bool = False,
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.block_size = block_size
        self.channel_axis = channel_axis
        self.shared_channels = shared_channels


class FractalJoin(Layer):
    """Join paths, of which some are dropped in training: `fractal_join` as a layer.

    Called with the paths, and a column if it is to be that one:
    ``layer(paths, column=None)``. ``backward`` gives a list.

    Parameters
    ----------
    prob : float or sequence of float, default 0.15
        Probability to drop a path, or one for each path.
    sampling : {"local", "global"}, default "local"
        As in `fractal_join`.
    per : {"batch", "sample"}, default "batch"
        As in `fractal_join`.
    rng : optional
        As in `Dropout`; but in global sampling, in training and without a column, an
        int or a Key. Joins that are given the same int take the same column as each
        other, another at each pass. Joins that have the same Key take its column at
        each pass until their `rng` is set to another.

    See Also
    --------
    Dropout : for the attributes of all layers.
    fractal_join : the function, with the paper.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.FractalJoin(0.5, rng=2)
    >>> paths = [np.ones(2), None, np.full(2, 3.0)]
    >>> layer.eval()(paths)
    array([2., 2.])
    >>> layer.backward(np.ones(2))
    [array([0.5, 0.5]), None, array([0.5, 0.5])]
    """

    _function = staticmethod(functional.fractal_join)

    prob = Option(_one_or_more)
    sampling = word("local", "global")
    per = word("batch", "sample")

    def __init__(
        self,
        prob: float | Sequence[float] = 0.15,
        *,
        sampling: str = "local",
        per: str = "batch",
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.prob = prob
        self.sampling = sampling
        self.per = per

    def __call__(self, paths: Any, column: int | None = None) -> Any:
        """Run `forward`."""
        return self.forward(paths, column)

    def forward(self, paths: Any, column: int | None = None) -> Any:
        """Join paths, in training under a fresh Key.

        Parameters
        ----------
        paths : sequence of array_like or None
            As in `fractal_join`.
        column : int, optional
            With sampling="global" in training: the one that is to survive.

        Returns
        -------
        y : ndarray, scalar or None
            As from `fractal_join`.

        Raises
        ------
        TypeError, ValueError
            As `fractal_join`. The layer is as before then.
        """
        return self._run(paths, {**self._options(), "column": column})

    def _options(self) -> dict[str, Any]:
        return {
            "prob": self.prob,
            "training": self.training,
            "sampling": self.sampling,
            "per": self.per,
        }

    def _apply(self, x: Any, options: dict[str, Any]) -> Any:
        of_all = options["training"] and options["sampling"] == "global"
        of_all = of_all and options["column"] is None
        if of_all:
            repeatable(self._given)
        y = super()._apply(x, options)
        if of_all:
            int(options["rng"])  # joins of one seed keep in step, the dead ones too
        return y

    def _kept(self, x: Any) -> Any:
        """The shapes and dtypes of the living are all that gradients ask for."""
        arrays = [None if path is None else np.asarray(path) for path in x]
        return [None if path is None else (path.shape, path.dtype) for path in arrays]

    def _gradient(self, grad: Any, kept: Any, options: dict[str, Any]) -> Any:
        stand_ins = [
            None if path is None else np.broadcast_to(np.zeros((), path[1]), path[0])
            for path in kept
        ]
        # A global column needs a Key, which a pass of one column alone has not drawn.
        rng = options["rng"] or Key(0)
        return functional.fractal_join_backward(
            grad, stand_ins, **{**options, "rng": rng}
        )


class DropConnect(Layer):
    """A dense layer whose connections are dropped in training: `drop_connect` as one.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of a sample and of its result, at least 1. As attributes, the weight's.
    p : float, default 0.5
        Probability to drop a connection, in [0, 1].
    bias : bool, default True
        Whether there is a bias.
    per_sample : bool, default True
        As in `drop_connect`.
    rng : optional
        As in `Dropout`; the weight and the bias are drawn from it too.

    Attributes
    ----------
    weight : ndarray
        Of shape (in_features, out_features): at first float32, uniform within
        ``1 / sqrt(in_features)`` of 0. May be set to another array of that shape, which
        is kept as it is.
    bias : ndarray or None
        Of shape (out_features,), likewise.
    grad_weight, grad_bias : ndarray or None
        What ``backward`` found last, which gives the gradient in x. Until then x and
        the weight of the forward pass are kept as they are, not copied: step after it.

    See Also
    --------
    Dropout : for the attributes of all layers.
    drop_connect : the function, with the paper.
    drop_connect_moments : for inference, with this layer's weight and bias.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> layer = dl.DropConnect(3, 2, rng=1)
    >>> layer.weight = np.ones((3, 2))
    >>> layer.bias = np.zeros(2)
    >>> layer(np.ones((2, 3)))
    array([[4., 2.],
           [0., 0.]])
    >>> layer.backward(np.ones((2, 2)))
    array([[2., 0., 4.],
           [0., 0., 0.]])
    >>> layer.grad_bias
    array([2., 2.])
    """

    p = Option(_check.probability)
    per_sample = Option(_check.flag)

    def __init__(
        self,
        in_features: int,
        out_features: int,
        p: float = 0.5,
        *,
        bias: bool = True,
        per_sample: bool = True,
        rng: RNG = None,
    ) -> None:
        super().__init__(rng)
        self.p = p
        self.per_sample = per_sample
        shape = (
            _features(in_features, "in_features"),
            _features(out_features, "out_features"),
        )
        has_bias = _check.flag(bias, "bias")
        _check.size(shape, "weight of (in_features, out_features)", 2**60)
        bound = 1.0 / math.sqrt(shape[0])
        draw = generator(int(rng) if isinstance(rng, Key) else self.rng)
        self._weight = draw.uniform(-bound, bound, shape).astype(np.float32)
        start = draw.uniform(-bound, bound, shape[1]).astype(np.float32)
        self._bias = start if has_bias else None
        self.grad_weight: Array | None = None
        self.grad_bias: Array | None = None

    @property
    def in_features(self) -> int:
        """The length of a sample."""
        return len(self._weight)

    @property
    def out_features(self) -> int:
        """The length of a sample's result."""
        return len(self._weight.T)

    @property
    def weight(self) -> Array:
        """Of shape (in_features, out_features)."""
        return self._weight

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self._weight = _parameter(value, "weight", self._weight.shape)

    @property
    def bias(self) -> Array | None:
        """Of shape (out_features,), or None."""
        return self._bias

    @bias.setter
    def bias(self, value: ArrayLike | None) -> None:
        shape = (self.out_features,)
        self._bias = None if value is None else _parameter(value, "bias", shape)

    def _shown(self, name: str) -> Any:
        return self.bias is not None if name == "bias" else super()._shown(name)

    def _options(self) -> dict[str, Any]:
        return {**self._mode, "p": self.p, "per_sample": self.per_sample}

    def _apply(self, x: Any, options: dict[str, Any]) -> Any:
        return functional.drop_connect(x, self.weight, bias=self.bias, **options)

    def _kept(self, x: Any) -> Any:
        return x, self.weight, self.bias is not None

    def _gradient(self, grad: Any, kept: Any, options: dict[str, Any]) -> Any:
        x, weight, has_bias = kept
        grad_x, self.grad_weight, grad_bias = functional.drop_connect_backward(
            grad, x, weight, **options
        )
        self.grad_bias = grad_bias if has_bias else None
        return grad_x


class Identity(Layer):
    """Do nothing: what stands where another layer has nothing to drop.

    See Also
    --------
    Dropout : for the attributes of all layers.

    Examples
    --------
    >>> import droplayers as dl
    >>> drop_prob = 0.0
    >>> dl.DropPath(drop_prob) if drop_prob > 0. else dl.Identity()
    Identity()
    """

    def __init__(self) -> None:
        super().__init__(None)

    def _options(self) -> dict[str, Any]:
        return {}

    def _apply(self, x: Any, options: dict[str, Any]) -> Any:
        return x


def _parameter(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """A weight or a bias, as it is."""
    array = _check.array(value, name)
    _check.result_dtype(array.dtype, name)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    return array
