"""What all layers have in common: options that are checked whenever they are set, one
Key for each training pass, and a backward pass that draws its mask again."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from .. import _validation
from ..keys import Key, draw_key, generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..keys import RNG

    #: A forward pass, as its backward pass has to know it: the shape of the result or
    #: None for no result, what the gradient needs of the arguments, and the keywords.
    #: A plain tuple, so that a layer's pickle names no private class.
    Saved: TypeAlias = tuple[tuple[int, ...] | None, Any, dict[str, Any]]


class Validated:
    """An attribute of a layer whose values pass a check, which is told its name."""

    def __init__(self, check: Callable[[Any, str], Any]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        if layer is None:
            return self
        try:
            return layer.__dict__[self.name]
        except KeyError:
            raise AttributeError(
                f"{type(layer).__name__!r} object has no attribute {self.name!r}",
                name=self.name,
                obj=layer,
            ) from None

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__[self.name] = self.check(value, self.name)


class Choice(Validated):
    """An attribute that is one of some words."""

    def __init__(self, *choices: str) -> None:
        super().__init__(lambda value, name: _validation.choice(value, name, choices))


class RngAttribute(Validated):
    """What keys are drawn from: None and a Key stay as they are, anything else becomes
    a Generator when it is set."""

    def __init__(self) -> None:
        def check(rng: Any, name: str) -> Any:
            return rng if rng is None or isinstance(rng, Key) else generator(rng)

        super().__init__(check)

    def __set__(self, layer: Any, value: Any) -> None:
        super().__set__(layer, value)
        layer._given = value


class LazyKey(Key):
    """A Key that is drawn from an rng when its number is first asked for."""

    __slots__ = ("_rng", "drawn")
    _rng: RNG
    drawn: Key | None

    def __init__(self, rng: RNG) -> None:
        object.__setattr__(self, "_rng", rng)
        object.__setattr__(self, "drawn", rng if isinstance(rng, Key) else None)

    @property
    def _word(self) -> int:  # type: ignore[override]
        if self.drawn is None:
            object.__setattr__(self, "drawn", Key(draw_key(self._rng)))
        return int(self.drawn)  # type: ignore[arg-type]


class Layer:
    """The base of all layers: ``train``, ``eval``, ``forward`` and ``backward``."""

    _function: Callable[..., Any]
    _names: tuple[str, ...] = ()  #: of its options, but for rng
    _given: RNG  #: what rng was set to
    rng = RngAttribute()
    training = Validated(_validation.flag)

    def __init_subclass__(cls) -> None:
        own = [
            name for name, value in vars(cls).items() if isinstance(value, Validated)
        ]
        cls._names = (*cls._names, *own)

    def __init__(self, rng: RNG) -> None:
        self.rng = rng
        self.training = True
        self.last_key: Key | None = None
        self._last: Saved | None = None

    def train(self, mode: bool = True) -> Self:
        """Train from now on, or do not.

        Parameters
        ----------
        mode : bool, default True
            Whether to drop in the forward passes to come.

        Returns
        -------
        layer : Layer
            This one.

        Raises
        ------
        TypeError
            If `mode` is no bool.
        """
        self.training = _validation.flag(mode, "mode")
        return self

    def eval(self) -> Self:
        """Do not train from now on: the same as ``train(False)``."""
        return self.train(False)

    def __call__(self, x: Any) -> Any:
        """Run `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Any:
        """Give the function's result, in training under a fresh Key.

        Parameters
        ----------
        x : array_like
            As the layer's function takes it.

        Returns
        -------
        y : ndarray or scalar
            As the function's. `last_key` is the Key that it was drawn from.

        Raises
        ------
        TypeError, ValueError
            As the function. The layer is as before then.
        """
        return self._run(x, self._options())

    def backward(self, grad: Any) -> Any:
        """Give the gradient in the last x, with the mask that it was given.

        Parameters
        ----------
        grad : array_like
            The gradient in the last forward pass's result, of its shape.

        Returns
        -------
        grad_x : ndarray or scalar
            Of grad's shape and floating dtype.

        Raises
        ------
        RuntimeError
            If there was no forward pass.
        ValueError
            If grad has another shape.
        """
        if self._last is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward needs a forward pass before it")
        shape, kept, options = self._last
        came = None if grad is None else _validation.array(grad, "grad").shape
        if came != shape:
            raise ValueError(
                f"grad must have the last result's shape {shape}, got {came}"
            )
        return self._gradient(grad, kept, options)

    def __repr__(self) -> str:
        shown = []
        for name, parameter in inspect.signature(type(self)).parameters.items():
            if not hasattr(self, name):  # a subclass's own
                continue
            value = self._shown(name)
            positional = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            if positional or not _is(value, parameter.default):
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> Any:
        """An argument of the constructor, as it would be now."""
        return getattr(self, name)

    def _run(self, x: Any, options: dict[str, Any]) -> Any:
        key = LazyKey(self.rng)
        y = self._apply(x, {**options, "rng": key})
        shape = None if y is None else np.shape(y)
        self._last = shape, self._kept(x), {**options, "rng": key.drawn}
        if self.training:
            self.last_key = key.drawn
        return y

    def _options(self) -> dict[str, Any]:
        """The keywords of the function, but for rng."""
        found = {name: getattr(self, name) for name in self._names}
        return {**found, **self._mode}

    def _apply(self, x: Any, options: dict[str, Any]) -> Any:
        return self._function(x, **options)

    def _gradient(self, grad: Any, kept: Any, options: dict[str, Any]) -> Any:
        return self._apply(grad, options)

    def _kept(self, x: Any) -> Any:
        return None

    @property
    def _mode(self) -> dict[str, str]:
        return {"mode": "train" if self.training else "test"}


def _is(value: Any, default: Any) -> bool:
    """Whether an option is its default, whatever type either has."""
    return type(value) is type(default) and bool(np.all(value == default))
