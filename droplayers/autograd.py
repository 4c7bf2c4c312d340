"""The family for HIPS autograd: the same functions with derivatives of any order, in
both modes.

A call without a traced array goes straight to the function of `droplayers`. In one that
has such an array rng must be a Key or an int where anything is drawn, since derivatives
draw it again; `out` is not taken; and p and mask have no gradient.

>>> import autograd.numpy as np
>>> from autograd import grad
>>> import droplayers as dl
>>> from droplayers.autograd import dropout
>>> def loss(x, key):
...     return np.sum(dropout(x, 0.5, rng=key) ** 2)
>>> grad(loss)(np.arange(1.0, 7.0), dl.Key(2026))
array([ 0.,  0., 24., 32., 40.,  0.])
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from . import _validation, functional
from ._lib.pipeline import noise_variance
from .functional import _drop_connect
from .keys import Key

try:
    import autograd.numpy as anp  # type: ignore[import-untyped]
    from autograd.extend import (  # type: ignore[import-untyped]
        Box,
        defjvp_argnum,
        defvjp_argnums,
        primitive,
    )
    from autograd.tracer import getval  # type: ignore[import-untyped]
except ImportError as error:
    raise ImportError(
        "droplayers.autograd needs autograd: pip install 'droplayers[autograd]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Derivatives = Callable[..., Sequence[Any]]

__all__ = [
    "alpha_dropout",
    "alpha_dropout_backward",
    "drop_block",
    "drop_connect",
    "drop_connect_backward",
    "drop_connect_moments",
    "drop_path",
    "dropout",
    "fractal_join",
    "fractal_join_backward",
    "gaussian_dropout",
    "replace",
    "spatial_dropout",
]

DOC = """`droplayers.{name}`, with derivatives.

Takes and returns what that function does. In a call with a traced array, rng must be a
Key or an int where anything is drawn, `out` must be None, and p and mask not traced.
"""

P = ParamSpec("P")
R = TypeVar("R")


class _Rule(NamedTuple):
    """How to differentiate a value that was computed from arrays.

    ``push(places, t, *arrays)`` gives, for each of these places in arrays, the value's
    tangent if that array has the tangent t. ``pull(places, g, *arrays)`` gives the
    gradient in each of these arrays, if the value has the gradient g.
    """

    push: Derivatives
    pull: Derivatives


def _each(*functions: Callable[..., Any]) -> Derivatives:
    """Derivatives by one function for each array, of t and all arrays."""
    return lambda places, t, *arrays: [functions[i](t, *arrays) for i in places]


def _scaled(*functions: Callable[[Any], Any]) -> _Rule:
    """The rule of a sum of arrays, each scaled element by element by its function."""
    both = _each(*(lambda t, *_, scale=scale: scale(t) for scale in functions))
    return _Rule(both, both)


def _known(y: Any, rule: _Rule, *arrays: Any) -> Any:
    """A value that was computed from arrays before: made a primitive, this ties it to
    them."""
    return y


_linked: Any = primitive(_known)


def _push(argnum: int, t: Any, y: Any, args: Any, _: Any) -> Any:
    _, rule, *arrays = args
    (tangent,) = rule.push([argnum - 2], t, *arrays)
    return _like(tangent, y)


def _pull(argnums: Sequence[int], y: Any, args: Any, _: Any) -> Any:
    _, rule, *arrays = args
    places = [argnum - 2 for argnum in argnums]
    pulled = [arrays[i] for i in places]
    return lambda g: list(map(_like, rule.pull(places, g, *arrays), pulled))


defjvp_argnum(_linked, _push)
defvjp_argnums(_linked, _pull)


def _like(t: Any, x: Any) -> Any:
    """The derivative t, in the dtype of x."""
    dtype = _dtype(x)
    if _dtype(t) == dtype:
        return t
    value = np.asarray(getval(t))
    if dtype.kind != "c":
        value = value.real
    return _linked(value.astype(dtype), _scaled(_same), t)


def _dtype(x: Any) -> np.dtype[Any]:
    return _validation.result_dtype(np.asarray(getval(x)).dtype, "x")


def _same(t: Any) -> Any:
    return t


def _traced(
    plain: Callable[P, R], *names: str
) -> Callable[[Callable[..., Any]], Callable[P, R]]:
    """Make a decorator that gives plain's twin: a function with plain's arguments that
    autograd can trace through those of these names. Where one is traced, the decorated
    function is called with plain's result and all arguments, and has to link them."""
    signature = inspect.signature(plain)

    def twin(link: Callable[..., Any]) -> Callable[P, R]:
        @functools.wraps(plain, assigned=("__name__", "__qualname__"))
        def function(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not any(map(_is_traced, (*args, *kwargs.values()))):
                return plain(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arrays = {name: _array(name, bound.arguments.pop(name)) for name in names}
            options = _options(bound.arguments)
            values: Any = {name: _values(x) for name, x in arrays.items()}
            result: Any = plain(**values, **options)  # type: ignore[call-arg]
            if not options.pop("return_mask", False):
                return link(result, **arrays, **options)
            y, keep = result
            return link(y, **arrays, **options), keep

        function.__doc__ = DOC.format(name=plain.__name__)
        return function

    return twin


def _is_traced(x: Any) -> bool:
    """Whether autograd traces an argument, or an item of a list."""
    if isinstance(x, list | tuple):
        return any(isinstance(item, Box) for item in x)
    return isinstance(x, Box)


def _array(name: str, x: Any) -> Any:
    """A traced array as autograd takes it: each path by itself, other lists as one
    array."""
    if not _is_traced(x):
        return x
    if name == "paths":
        return list(x)
    return x if isinstance(x, Box) else anp.array(x)


def _values(x: Any) -> Any:
    return list(map(getval, x)) if isinstance(x, list | tuple) else getval(x)


def _options(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments but the arrays, checked, with rng as a Key: derivatives are given
    them again."""
    for name, value in arguments.items():
        if _is_traced(value):
            raise TypeError(
                f"{name} must not be traced: it has no gradient, got {value}"
            )
    if arguments.pop("out", None) is not None:
        raise TypeError("out must be None in a traced call, got an array")
    if "rng" in arguments:
        arguments["rng"] = _key(arguments["rng"])
    return arguments


def _key(rng: Any) -> Key:
    """The Key of a call and of its derivatives."""
    if isinstance(rng, Key):
        return rng
    try:
        return Key.fresh(_validation.integer(rng, "rng"))
    except TypeError:
        return _NoKey(rng)


class _NoKey(Key):
    """In place of an rng that would draw another mask for derivatives: an error where a
    key is drawn, and only there."""

    __slots__ = ("_rng",)
    _rng: Any

    def __init__(self, rng: Any) -> None:
        object.__setattr__(self, "_rng", rng)

    @property
    def _word(self) -> int:  # type: ignore[override]
        raise TypeError(
            "rng must be a Key or an int in a traced call, got"
            f" {self._rng!r}; pass Key.fresh(rng)"
        )


def _linear(plain: Callable[P, R]) -> Callable[P, R]:
    """The twin of a function that is linear in its first argument, and adds a residual
    where it has one."""
    first, *others = inspect.signature(plain).parameters
    names = [first, *(name for name in others if name == "residual")]

    @_traced(plain, *names)
    def function(y: Any, **arguments: Any) -> Any:
        arrays = [arguments.pop(name) for name in names]
        slope = functools.partial(function, **arguments)
        return _linked(y, _scaled(slope, _same), *arrays)

    return function


dropout = _linear(functional.dropout)
spatial_dropout = _linear(functional.spatial_dropout)
gaussian_dropout = _linear(functional.gaussian_dropout)
drop_path = _linear(functional.drop_path)
drop_block = _linear(functional.drop_block)
alpha_dropout_backward = _linear(functional.alpha_dropout_backward)


@_traced(functional.alpha_dropout, "x")
def alpha_dropout(y: Any, x: Any, **options: Any) -> Any:
    slope = functools.partial(alpha_dropout_backward, **options)
    return _linked(y, _scaled(slope), x)


@_traced(functional.replace, "x", "value")
def replace(y: Any, x: Any, value: Any, **options: Any) -> Any:
    shape = np.shape(getval(value))

    def kept(t: Any, *_: Any) -> Any:
        return replace(t, 0, **options)

    def replaced(t: Any, *_: Any) -> Any:
        return replace(np.zeros(np.shape(y), _dtype(t)), t, **options)

    def total(g: Any, *_: Any) -> Any:
        return _summed(replaced(g), shape)

    return _linked(y, _Rule(_each(kept, replaced), _each(kept, total)), x, value)


def _summed(g: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of an array of a shape, from that of what it was broadcast to."""
    first = g.ndim - len(shape)
    alike = zip(shape, g.shape[first:], strict=True)
    axes = [*range(first), *(first + i for i, (a, b) in enumerate(alike) if a != b)]
    if not axes:
        return g
    dtype = np.result_type(_dtype(g), np.float32)
    return anp.reshape(anp.sum(g, axis=tuple(axes), dtype=dtype), shape)


@_traced(functional.fractal_join, "paths")
def fractal_join(y: Any, paths: Any, **options: Any) -> Any:
    if y is None:
        return None

    def share(places: Sequence[int], t: Any, *paths: Any) -> Sequence[Any]:
        parts = fractal_join_backward(t, paths, **options)
        return [parts[i] for i in places]

    return _linked(y, _Rule(share, share), *paths)


@_traced(functional.fractal_join_backward, "grad", "paths")
def fractal_join_backward(parts: Any, grad: Any, paths: Any, **options: Any) -> Any:
    def part(i: int) -> _Rule:
        return _scaled(lambda t: fractal_join_backward(t, paths, **options)[i])

    return [y if y is None else _linked(y, part(i), grad) for i, y in enumerate(parts)]


def _product(
    y: Any, own: str, options: Any, *, bias: Any = None, **factors: Any
) -> Any:
    """Link y to two factors, and a bias that was added.

    ``s = sum(grad * drop_connect(x, weight))`` is linear in grad, x and weight. y is
    its gradient in one of them, which is named own, given the other two. So the
    derivatives of y are gradients of s as well, with t or g in place of an array.
    """
    first, second = factors

    def gradient(name: str, **arrays: Any) -> Any:
        return PRODUCTS[name](**arrays, **options)

    push = _each(
        lambda t, a, b, _: gradient(own, **{first: t, second: b}),
        lambda t, a, b, _: gradient(own, **{first: a, second: t}),
        _rows,
    )
    pull = _each(
        lambda g, a, b, _: gradient(first, **{own: g, second: b}),
        lambda g, a, b, _: gradient(second, **{own: g, first: a}),
        _total,
    )
    return _linked(y, _Rule(push, pull), *factors.values(), bias)


def _bilinear(plain: Callable[P, R], own: str, *names: str) -> Callable[P, R]:
    """The twin of plain, which gives the gradient of `_product`'s s in own."""

    @_traced(plain, *names)
    def function(y: Any, **arguments: Any) -> Any:
        arrays = {name: arguments.pop(name) for name in names}
        return _product(y, own, arguments, **arrays)

    return function


drop_connect = _bilinear(functional.drop_connect, "grad", "x", "weight", "bias")
PRODUCTS: dict[str, Callable[..., Any]] = {
    "grad": drop_connect,
    "x": _bilinear(_drop_connect.grad_x, "x", "grad", "weight"),
    "weight": _bilinear(_drop_connect.grad_weight, "weight", "grad", "x"),
}


def _rows(t: Any, x: Any, *_: Any) -> Any:
    """The bias's tangent, as the row of each sample."""
    return t + np.zeros((len(x), 1))


def _total(g: Any, *_: Any) -> Any:
    """The gradient in the bias: the sum over the samples."""
    return anp.sum(g, axis=0, dtype=np.result_type(_dtype(g), np.float32))


@_traced(functional.drop_connect_backward, "grad", "x", "weight")
def drop_connect_backward(
    y: Any, grad: Any, x: Any, weight: Any, **options: Any
) -> Any:
    return (
        _product(y[0], "x", options, grad=grad, weight=weight),
        _product(y[1], "weight", options, grad=grad, x=x),
        _linked(y[2], _Rule(_each(_total), _each(_rows)), grad),
    )


@_traced(functional.drop_connect_moments, "x", "weight", "bias")
def drop_connect_moments(y: Any, x: Any, weight: Any, bias: Any, p: Any) -> Any:
    options = {"p": p, "mode": "test", "per_sample": True, "rng": None}
    squares = {"x": _square(x, noise_variance(float(p))), "weight": _square(weight)}
    return (
        _product(y[0], "grad", options, x=x, weight=weight, bias=bias),
        _product(y[1], "grad", options, **squares),
    )


def _square(x: Any, factor: float = 1.0) -> Any:
    return anp.multiply(anp.multiply(factor, x), x)
