"""What all layers have in common: options that are checked whenever they are set, one
Key for each training pass, and a backward pass that draws its mask again."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from .. import _validation
from ..keys import Key, generator, is_drawn, lazy_key
from . import _html, _names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..keys import RNG

    #: A forward pass, as its backward pass has to know it: the shape of the result or
    #: None for no result, what the gradient needs of x, the Key or None, the options.
    #: A plain tuple, so that a layer's pickle names no private class.
    Saved: TypeAlias = tuple[tuple[int, ...] | None, Any, Key | None, tuple[Any, ...]]


class Validated:
    """An attribute of a layer whose values pass a check, which is told its name.

    `Layer` checks them when they are set. There is no ``__set__``: a layer that has a
    value of its own is read without a detour, and one that has none yet comes here.
    """

    def __init__(self, check: Callable[[Any, str], Any]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        if layer is None:
            return self
        raise _names.unknown(type(layer), self.name)


class Choice(Validated):
    """An attribute that is one of some words."""

    def __init__(self, *choices: str) -> None:
        super().__init__(lambda value, name: _validation.choice(value, name, choices))


def _source(rng: Any, name: str) -> Any:
    """What keys are drawn from: None, a Key, or the Generator of anything else."""
    return rng if rng is None or isinstance(rng, Key) else generator(rng)


MODES = ("test", "train")  #: by whether a layer trains
ADDRESS = r" at 0x[0-9A-Fa-f]+"  #: of memory, in a repr as of a Generator


class Layer:
    """The base of all layers: ``train``, ``eval``, ``forward`` and ``backward``.

    Classes declare their attributes: by `Validated`, or by an annotation where no value
    is refused. The layers of this package have no others, subclasses elsewhere may.
    """

    rng = Validated(_source)
    training = Validated(_validation.flag)
    last_key: Key | None
    _last: Saved | None

    def __init__(self, rng: RNG) -> None:
        self.rng = rng
        self.training = True
        self.last_key = None
        self._last = None

    if not TYPE_CHECKING:  # a type checker would take these for any attribute

        def __setattr__(self, name: str, value: Any) -> None:
            kind = type(self)
            declared = _names.declared(kind, name)
            if isinstance(declared, Validated):
                value = declared.check(value, name)
            elif _names.is_method(kind, name):
                raise _names.cannot_set(kind, name)
            elif declared is None and not _names.may_have(kind, name):
                raise _names.unknown(kind, name)
            super().__setattr__(name, value)

        def __getattr__(self, name: str) -> Any:
            if _names.declared(type(self), name) is not None:
                return super().__getattribute__(name)  # raises its own error again
            raise _names.unknown(type(self), name)

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
        shape, kept, key, options = self._last
        grad = None if grad is None else _validation.array(grad, "grad")
        came = None if grad is None else grad.shape
        if came != shape:
            raise ValueError(
                f"grad must have the last result's shape {shape}, got {came}"
            )
        return self._gradient(grad, kept, key, options)

    def __repr__(self) -> str:
        shown = [
            f"{parameter.name}={_text(value)}"
            for parameter, value in self._arguments()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            or not _is(value, parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        """In a notebook: a table of all arguments and of what the layer remembers."""
        state = {parameter.name: value for parameter, value in self._arguments()}
        state |= {"training": self.training, "last_key": self.last_key}
        return _html.table(type(self).__name__, {n: _text(v) for n, v in state.items()})

    def _arguments(self) -> Iterator[tuple[inspect.Parameter, Any]]:
        """The parameters of the constructor and their present values; not those of a
        subclass that it did not keep."""
        for name, parameter in inspect.signature(type(self)).parameters.items():
            if hasattr(self, name):
                yield parameter, self._shown(name)

    def _shown(self, name: str) -> Any:
        """The present value of an argument of the constructor."""
        return getattr(self, name)

    def _run(self, x: Any, options: tuple[Any, ...]) -> Any:
        """A forward pass. The layer is as before if it fails."""
        key = lazy_key(self.rng) if self.training else None
        y = self._apply(x, key, options)
        shape = y.shape if type(y) is np.ndarray else _shape(y)
        memory = self.__dict__  # nothing here needs a check
        if key is not None:
            key = memory["last_key"] = key if is_drawn(key) else None
        memory["_last"] = shape, self._kept(x), key, options
        return y

    def _options(self) -> tuple[Any, ...]:
        """What the function is to be told beside x and rng."""
        raise NotImplementedError

    def _apply(self, x: Any, rng: RNG, options: tuple[Any, ...]) -> Any:
        """The function's result."""
        raise NotImplementedError

    def _gradient(
        self, grad: Any, kept: Any, rng: RNG, options: tuple[Any, ...]
    ) -> Any:
        """The gradient in x; a function that is linear in x is its own."""
        return self._apply(grad, rng, options)

    def _kept(self, x: Any) -> Any:
        """What the gradient needs of x as it is now."""
        return None


def _text(value: Any) -> str:
    """The repr of a value, without an address of memory."""
    return re.sub(ADDRESS, "", repr(value))


def _shape(y: Any) -> tuple[int, ...] | None:
    """The shape of a result, None of none."""
    return None if y is None else np.shape(y)


def _is(value: Any, default: Any) -> bool:
    """Whether a value is the default: of its type and equal to it."""
    return type(value) is type(default) and bool(np.all(value == default))
