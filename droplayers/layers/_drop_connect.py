"""DropConnect as a dense layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from ..functional import drop_connect, drop_connect_backward
from ..keys import Key, generator
from ._base import MODES, Layer, Validated

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


def _features(value: Any, name: str) -> int:
    """A number of at least 1."""
    number = _validation.integer(value, name)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return number


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
           [4., 4.]])
    >>> layer.backward(np.ones((2, 2)))
    array([[2., 2., 2.],
           [2., 2., 4.]])
    >>> layer.grad_bias
    array([2., 2.])
    """

    p = Validated(_validation.probability)
    per_sample = Validated(_validation.flag)
    grad_weight: Array | None
    grad_bias: Array | None
    _weight: Array
    _bias: Array | None

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
        has_bias = _validation.flag(bias, "bias")
        _validation.size(shape, "weight of (in_features, out_features)", 2**60)
        bound = 1.0 / math.sqrt(shape[0])
        draw = generator(int(rng) if isinstance(rng, Key) else self.rng)
        self._weight = draw.uniform(-bound, bound, shape).astype(np.float32)
        start = draw.uniform(-bound, bound, shape[1]).astype(np.float32)
        self._bias = start if has_bias else None
        self.grad_weight = None
        self.grad_bias = None

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

    def _options(self) -> tuple[Any, ...]:
        return self.weight, self.bias, self.p, MODES[self.training], self.per_sample

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        weight, bias, p, mode, per_sample = options
        return drop_connect(
            x, weight, p, mode, bias=bias, per_sample=per_sample, rng=rng
        )

    def _kept(self, x: Any) -> Any:
        return x

    def _gradient(
        self, grad: Any, kept: Any, rng: RNG, options: tuple[Any, ...]
    ) -> Any:
        weight, bias, p, mode, per_sample = options
        grad_x, self.grad_weight, grad_bias = drop_connect_backward(
            grad, kept, weight, p, mode, per_sample=per_sample, rng=rng
        )
        self.grad_bias = None if bias is None else grad_bias
        return grad_x


def _parameter(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """A weight or a bias, as it is."""
    array = _validation.array(value, name)
    _validation.result_dtype(array.dtype, name)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    return array
