# SPDX-License-Identifier: BSD-3-Clause
"""What users see is what was recorded: names, signatures, docstrings, error messages.

The record is ``tests/data/public_api.json``. After a change that is meant, write it
anew with ``python tests/test_public_api.py``, and look at the difference.
"""

import hashlib
import inspect
import json
import math
import pathlib
import pickle
import pickletools
import re
import sys
import typing

import numpy as np
import pytest

import droplayers as dl

RECORD = pathlib.Path(__file__).parent / "data" / "public_api.json"
MODULES = ("config", "functional", "keys", "layers", "schedules")


def layers():
    """A layer of each class, with no arguments but those that must be."""
    classes = [getattr(dl, name) for name in dl.layers.__all__]
    return [cls(3, 2) if cls is dl.DropConnect else cls() for cls in classes]


# --- what there is --------------------------------------------------------------------


def surface():
    """Names and what is behind them, and which modules have them too."""
    found = {name: described(getattr(dl, name)) for name in dl.__all__}
    found["__version__"] = dl.__version__
    for name in MODULES:
        module = getattr(dl, name)
        names = getattr(module, "__all__", vars(module))
        same = [
            n for n in dl.__all__ if n in names and getattr(module, n) is vars(dl)[n]
        ]
        found[f"droplayers.{name}"] = " ".join(same)
    for layer in layers():
        names = [name for name in sorted(vars(layer)) if not name.startswith("_")]
        found[repr(layer)] = " ".join(names)
    return found


def autograd():
    from droplayers import autograd

    return {name: described(getattr(autograd, name)) for name in autograd.__all__}


def dask():
    from droplayers import dask

    return {name: described(getattr(dask, name)) for name in dask.__all__}


def plot():
    from droplayers import plot

    return {name: described(getattr(plot, name)) for name in plot.__all__}


def described(thing):
    """Signatures and a digest of the docstring; those of a class's members too."""
    signature = str(inspect.signature(thing)) if callable(thing) else ""
    text = " ".join((inspect.getdoc(thing) or "").split())
    found = [signature, f"doc {hashlib.sha256(text.encode()).hexdigest()[:16]}"]
    if inspect.isfunction(thing):
        found += [str(inspect.signature(f)) for f in typing.get_overloads(thing)]
    if inspect.isclass(thing):
        names = [n for n in dir(thing) if not n.startswith("_") or n == "__call__"]
        found.append({name: member(thing, name) for name in names})
    return found


def member(owner, name):
    """A method or property, or an attribute of another kind."""
    value = inspect.getattr_static(owner, name)
    if isinstance(value, classmethod | staticmethod):
        value = value.__func__
    if inspect.isfunction(value) or isinstance(value, property):
        return " ".join(described(value))
    return "attribute"


# --- what errors say ------------------------------------------------------------------

X = np.arange(24, dtype=np.float32).reshape(4, 6)
MAPS = np.ones((2, 3, 4, 5))
KEEP = X > 5
WEIGHT = np.ones((6, 6), np.float32)
SQUARE = np.ones((4, 4))


def alike(*values):
    return {repr(value): value for value in values}


RATES = alike(1.5, -0.1, math.nan, "0.5", None, True, 0.5j)
WORDS = alike("Train", None, 1)
FLAGS = alike(1, None, "test")
NUMBERS = alike(-1, 0, 1.5, "2", True)
AXES = alike(0, 9, 1.0, None)
LENGTHS = alike((4,), (4, 5), -4, "99", (9.0, 9))
NUMERIC = {
    **alike("text", None, 3.0),
    "masked": np.ma.array(X),
    "void": np.zeros((4, 6), "V4"),
    "object": np.full((4, 6), None),
    "3-D": np.ones((2, 3, 4)),
}
BAD = {
    **dict.fromkeys(["x", "grad", "paths", "weight", "bias", "residual"], NUMERIC),
    **dict.fromkeys(["p", "prob", "drop_prob", "rate", "stop", "step", "total"], RATES),
    **dict.fromkeys(["mode", "scaling", "per", "sampling"], WORDS),
    **dict.fromkeys(["training", "packed", "stagewise", "shared_channels"], FLAGS),
    **dict.fromkeys(["per_sample", "scale_by_keep", "return_mask"], FLAGS),
    **dict.fromkeys(["n", "i", "in_features", "out_features", "block_size"], NUMBERS),
    **dict.fromkeys(["depths", "column"], NUMBERS),
    **dict.fromkeys(["shared_axes", "channel_axis"], AXES),
    **dict.fromkeys(["shape", "full_shape", "start"], LENGTHS),
    **dict.fromkeys(["branch", "branch_backward"], alike("tanh", None, 3)),
    "value": alike("text", None, 1j, True, [1.0, 2.0]),
    "rng": alike("seed", -1, 0.5),
    "mask": {"floats": X, "shorter": KEEP[:3], **alike("yes", True)},
    "out": {
        "a list": [[1.0]],
        "another shape": X.T.copy(),
        "integers": np.zeros(X.shape, np.int32),
        "read-only": np.broadcast_to(np.float32(1), X.shape),
    },
    # Where the parameter's name means another thing than elsewhere.
    "ramp.start": RATES,
    "DropConnect.bias": FLAGS,
    **{f"{type(layer).__name__}.train.mode": FLAGS for layer in layers()},
}
GOOD = {
    "alpha_dropout": {"x": X},
    "alpha_dropout_backward": {"grad": X},
    "block_mask": {"shape": (2, 3, 4, 5)},
    "drop_block": {"x": MAPS},
    "drop_connect": {"x": X, "weight": WEIGHT},
    "drop_connect_backward": {"grad": X, "x": X, "weight": WEIGHT},
    "drop_connect_moments": {"x": X, "weight": WEIGHT, "p": 0.5},
    "drop_path": {"x": X, "prob": 0.5, "training": True},
    "drop_path_rates": {"rate": 0.5, "depths": 3},
    "dropout": {"x": X},
    "fractal_join": {"paths": [X, X], "training": True},
    "fractal_join_backward": {"grad": X, "paths": [X, X], "training": True},
    "gaussian_dropout": {"x": X},
    "keep_mask": {"shape": (4, 6), "p": 0.5},
    "kept_rows": {"n": 5, "prob": 0.5},
    "ramp": {"step": 1.0, "total": 2.0, "stop": 0.5},
    "replace": {"x": X, "value": 0.0, "p": 0.5},
    "spatial_dropout": {"x": X},
    "stochastic_depth": {"x": X, "branch": abs, "prob": 0.5, "training": True},
    "stochastic_depth_backward": {
        "grad": X,
        "branch_backward": abs,
        "prob": 0.5,
        "training": True,
    },
    "DropConnect": {"in_features": 3, "out_features": 2},
}
TOGETHER = {
    "a value too large": lambda: dl.replace(X.astype("u1"), 256, 0.5),
    "a value too long": lambda: dl.replace(["ab"], "abc", 0.5),
    "objects to replace": lambda: dl.replace([None], 0, 0.5),
    "neither p nor mask": lambda: dl.replace(X, 0),
    "p and mask": lambda: dl.replace(X, 0, 0.5, mask=KEEP),
    "a dtype that out has not": lambda: dl.replace(X, 0, 0.5, out=X.astype("f8")),
    "a dtype that out cannot take": lambda: dl.dropout(X * 1j, out=X.copy()),
    "an array of rates per batch": lambda: dl.drop_path(X, [0.5] * 4, per="batch"),
    "rates of another shape": lambda: dl.drop_path(X, [0.5], True),
    "a rate of many": lambda: dl.drop_path(X, [0.5, 1.5, 0, 0], True),
    "text as rates": lambda: dl.drop_path(X, ["a"] * 4, True),
    "a residual of another shape": lambda: dl.drop_path(X, residual=X.T),
    "a start alone": lambda: dl.dropout(X, start=(0, 0)),
    "a start too late": lambda: dl.dropout(X, full_shape=(9, 9), start=(6, 0)),
    "too large a whole": lambda: dl.dropout(X, full_shape=(2**40, 2**40)),
    "the same axes": lambda: dl.dropout(X, shared_axes=(1, -1)),
    "a mask of what is shared": lambda: dl.dropout(X, shared_axes=1, mask=KEEP),
    "two axes": lambda: dl.drop_block(X),
    "a part of a map": lambda: dl.drop_block(MAPS, full_shape=(2, 3, 9, 9)),
    "three sides of two": lambda: dl.drop_block(MAPS, block_size=(1, 2, 3)),
    "complex activations": lambda: dl.alpha_dropout(X * 1j),
    "noise at p = 1": lambda: dl.gaussian_dropout(X, 1.0),
    "moments at p = 1": lambda: dl.drop_connect_moments(X, WEIGHT, 1),
    "complex moments": lambda: dl.drop_connect_moments(X * 1j, WEIGHT, 0.5),
    "features that differ": lambda: dl.drop_connect(X, SQUARE),
    "a vector of inputs": lambda: dl.drop_connect(X[0], SQUARE),
    "a bias of another length": lambda: dl.drop_connect(SQUARE, SQUARE, bias=X[0]),
    "no paths": lambda: dl.fractal_join([]),
    "paths that differ": lambda: dl.fractal_join([X, None, X.T]),
    "a 0-d path per sample": lambda: dl.fractal_join([1.0], per="sample"),
    "a column that is not": lambda: dl.fractal_join([X], column=3, sampling="global"),
    "a column by chance": lambda: dl.fractal_join([X], 0.5, True, sampling="global"),
    "a gradient that differs": lambda: dl.fractal_join_backward(X.T, [X]),
    "a branch that cuts": lambda: dl.stochastic_depth(X, lambda v: v[:, :1]),
    "65 axes": lambda: dl.keep_mask((1,) * 65, 0.5),
    "too many elements": lambda: dl.keep_mask((2**40, 2**40), 0.5),
    "stages of a number": lambda: dl.drop_path_rates(0.1, 3, stagewise=True),
    "negative depths": lambda: dl.drop_path_rates(0.1, [3, -1]),
    "a total of 0": lambda: dl.ramp(1, 0, 0.5),
    "0 threads": lambda: dl.num_threads(0).__enter__(),
    "a Key that is set": lambda: setattr(dl.Key(1), "n", 2),
    "a Key that is deleted": lambda: delattr(dl.Key(1), "n"),
    "a child of 2**64": lambda: dl.Key(1).child(2**64),
    "a child's child of 2**64": lambda: dl.Key(1).child(1, 2**64),
    "a child without a number": lambda: dl.Key(1).child(),
    "too large a weight": lambda: dl.DropConnect(2**40, 2**40),
    "a weight that differs": lambda: setattr(dl.DropConnect(3, 2), "weight", X),
    "a bias that differs": lambda: setattr(dl.DropConnect(3, 2), "bias", X),
    "a gradient before": lambda: dl.Dropout().backward(X),
    "a gradient of another shape": lambda: after_a_pass().backward(X.T),
    "no gradient": lambda: after_a_pass().backward(None),
}


def after_a_pass():
    layer = dl.Dropout()
    layer(X)
    return layer


def callables():
    """What takes arguments and checks them at once."""
    found = {name: getattr(dl, name) for name in dl.__all__ if name != "num_threads"}
    found |= {f"Key.{name}": getattr(dl.Key(1), name) for name in ("child", "split")}
    found["Key.fresh"] = dl.Key.fresh
    for layer in layers():
        found[f"{type(layer).__name__}.train"] = layer.train
    return found


def bad_calls():
    """Calls in which one argument is bad, and assignments of what is bad."""
    for name, function in callables().items():
        for parameter, how in inspect.signature(function).parameters.items():
            if how.kind is how.VAR_POSITIONAL:  # has no keyword
                continue
            values = BAD.get(f"{name}.{parameter}") or BAD[parameter]
            for label, value in values.items():
                arguments = {**GOOD.get(name, {}), parameter: value}
                if parameter == "start" and name != "ramp":
                    arguments["full_shape"] = (9, 9)
                yield name, f"{parameter}={label}", function, arguments
    for layer in layers():
        for name in sorted(vars(layer).keys() & BAD):
            for label, value in BAD[name].items():
                call = f"{type(layer).__name__}.{name}"
                yield call, f"{name}={label}", setattr, (layer, name, value)


def error_of(call):
    """What a call raises, as text."""
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {re.sub(r' at 0x[0-9a-f]+', '', str(error))}"
    return "no error"


def errors():
    """The errors of bad calls, and after each the calls that raise it."""
    found = {}
    for name, what, function, given in bad_calls():

        def call(function=function, given=given):
            named = isinstance(given, dict)
            return function(**given) if named else function(*given)

        found.setdefault(what, {}).setdefault(error_of(call), []).append(name)
    for calls in found.values():
        calls.update({error: " ".join(names) for error, names in calls.items()})
    return found | {what: error_of(call) for what, call in TOGETHER.items()}


# --- the record -----------------------------------------------------------------------

PARTS = {
    "surface": surface,
    "autograd": autograd,
    "dask": dask,
    "plot": plot,
    "errors": errors,
}


@pytest.mark.parametrize("part", PARTS)
def test_what_users_see_is_what_was_recorded(part):
    needed = {"autograd": "autograd", "dask": "dask.array", "plot": "matplotlib"}
    if part in needed:
        pytest.importorskip(needed[part])
    assert PARTS[part]() == json.loads(RECORD.read_text())[part]


@pytest.mark.parametrize("name", dl.__all__)
def test_everything_is_pickled_and_shown_by_a_public_name(name):
    thing = getattr(dl, name)
    assert "._" not in thing.__module__
    assert getattr(sys.modules[thing.__module__], name) is thing
    assert pickle.loads(pickle.dumps(thing)) is thing


def test_pickles_name_nothing_private():
    after = [
        dl.Key(3),
        dl.Dropout(rng=dl.Key(4)),
        dl.FractalJoin(rng=np.random.PCG64(5)),
    ]
    after[1](X)
    after[2]([X, None, X])
    for thing in [*layers(), *after]:
        strings = [s for _, s, _ in pickletools.genops(pickle.dumps(thing))]
        names = [
            s for s in strings if isinstance(s, str) and s.startswith("droplayers")
        ]
        assert names
        assert not [s for s in names if "._" in s]


if __name__ == "__main__":
    now = {name: part() for name, part in PARTS.items()}
    RECORD.write_text(json.dumps(now, indent=1) + "\n")
