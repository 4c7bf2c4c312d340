"""What all layers have in common: options that are checked whenever they are set, one
Key for each training pass, and a backward pass that draws its mask again."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from . import _check
from .keys import Key, draw_key, generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from .keys import RNG


class Option:
    """An attribute of a layer whose values go through a check that names it."""

    def __init__(self, check: Callable[[Any, str], Any]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        return self if layer is None else layer.__dict__[self.name]

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__[self.name] = self.check(value, self.name)


def word(*choices: str) -> Option:
    """One of some words."""
    return Option(lambda value, name: _check.choice(value, name, choices))


def source(rng: Any, name: str) -> Any:
    """None and a Key as they are; seeds make one generator, here and now."""
    return rng if rng is None or isinstance(rng, Key) else generator(rng)


class FreshKey(Key):
    """A Key that is drawn from an rng when it is first asked for, if ever."""

    __slots__ = ("_rng", "drawn")
    _rng: RNG
    drawn: Key | None

    def __init__(self, rng: RNG) -> None:
        object.__setattr__(self, "_rng", rng)
        object.__setattr__(self, "drawn", None)

    @property
    def _word(self) -> int:  # type: ignore[override]
        if self.drawn is None:
            object.__setattr__(self, "drawn", Key(draw_key(self._rng)))
        return int(self.drawn)  # type: ignore[arg-type]


class Pass(NamedTuple):
    """A forward pass, as its backward pass has to know it."""

    shape: tuple[int, ...] | None  #: of the result, None if there was none
    kept: Any  #: of the arguments, what a gradient needs
    options: dict[str, Any]


class Layer:
    """The base of all layers: ``train``, ``eval``, ``forward`` and ``backward``."""

    _function: Callable[..., Any]
    _names: tuple[str, ...] = ()  #: of its options, but for rng
    rng = Option(source)

    def __init_subclass__(cls) -> None:
        own = [name for name, value in vars(cls).items() if isinstance(value, Option)]
        cls._names = (*cls._names, *own)

    def __init__(self, rng: RNG) -> None:
        self.rng = rng
        self.training = True
        self.last_key: Key | None = None
        self._last: Pass | None = None

    def train(self, mode: bool = True) -> Self:
        """Train from now on, or do not; returns the layer."""
        self.training = _check.flag(mode, "mode")
        return self

    def eval(self) -> Self:
        """Do not train from now on; returns the layer."""
        return self.train(False)

    def __call__(self, x: Any) -> Any:
        """Run `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Any:
        """Drop from x, in training under a Key of its own, which is `last_key` then."""
        return self._run(x, self._options())

    def backward(self, grad: Any) -> Any:
        """Give the gradient in the last x, from that in the last result."""
        if self._last is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward needs a forward pass before it")
        shape, kept, options = self._last
        came = None if grad is None else np.shape(grad)
        if came != shape:
            raise ValueError(
                f"grad must have the last result's shape {shape}, got {came}"
            )
        return self._gradient(grad, kept, options)

    def __repr__(self) -> str:
        shown = []
        for name, parameter in inspect.signature(type(self)).parameters.items():
            value = self._shown(name)
            positional = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            if positional or not _is(value, parameter.default):
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> Any:
        """An argument of the constructor, as it would be now."""
        return getattr(self, name)

    def _run(self, x: Any, options: dict[str, Any]) -> Any:
        key = FreshKey(self.rng)
        y = self._apply(x, {**options, "rng": key})
        shape = None if y is None else np.shape(y)
        self._last = Pass(shape, self._kept(x), {**options, "rng": key.drawn})
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
