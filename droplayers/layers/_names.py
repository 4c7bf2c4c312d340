"""The attributes of layers, and which one is meant by a name that is none."""

from __future__ import annotations

import inspect
from typing import Any

#: For each thing its names, here and elsewhere.
ALIKE = (
    ("p", "prob", "drop_prob", "rate", "drop_rate", "dropout", "probability"),
    ("training", "mode", "train", "eval", "trainable", "is_training", "deterministic"),
    ("rng", "seed", "generator", "random_state", "key"),
    ("shared_axes", "noise_shape", "broadcast_dims", "axes", "axis"),
    ("channel_axis", "data_format", "axis"),
    ("block_size", "size", "kernel_size"),
    ("weight", "weights", "kernel", "w", "W"),
    ("bias", "biases", "b"),
    ("grad_weight", "weight_grad", "dw", "dW"),
    ("grad_bias", "bias_grad", "db"),
)


def declared(kind: type, name: str) -> Any:
    """What a class or its bases have by a name, as it stands there, or None."""
    found = (vars(base)[name] for base in kind.__mro__ if name in vars(base))
    return next(found, None)


def annotated(kind: type) -> frozenset[str]:
    """The names that a class and its bases annotate."""
    return frozenset().union(*map(inspect.get_annotations, kind.__mro__))


def is_method(kind: type, name: str) -> bool:
    """Whether instances of a class have a method of a name."""
    is_bound = hasattr(type(declared(kind, name)), "__get__")
    return is_bound and callable(getattr(kind, name))


def may_have(kind: type, name: str) -> bool:
    """Whether instances may have an attribute of a name that is in no class body: one
    that is annotated, or any if the class is not of this package."""
    is_own = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    return not is_own or name in annotated(kind)


def cannot_set(kind: type, name: str) -> AttributeError:
    """The error where a name is that of a method."""
    other = _meant(name, _attributes(kind))
    hint = f"; did you mean {other!r}?" if other else ""
    return AttributeError(f"{name!r} is a method of {kind.__name__!r} objects{hint}")


def unknown(kind: type, name: str) -> AttributeError:
    """The error where a name is none, or none that has a value yet."""
    names = _attributes(kind)
    hint = ""
    if name[0] != "_" and name not in names:
        other = _meant(name, names)
        hint = f"; did you mean {other!r}?" if other else f"; it has {', '.join(names)}"
    return AttributeError(f"{kind.__name__!r} object has no attribute {name!r}{hint}")


def _attributes(kind: type) -> list[str]:
    """The public attributes that a class declares, methods apart."""
    names = {*dir(kind), *annotated(kind)}
    return sorted(n for n in names if n[0] != "_" and not is_method(kind, n))


def _meant(name: str, names: list[str]) -> str | None:
    """The one of these names that is for the same thing, or that is spelled alike."""
    for group in ALIKE:
        for other in group:
            if name in group and other in names:
                return other
    import difflib  # it takes longer than the package

    return next(iter(difflib.get_close_matches(name, names, 1)), None)
