# SPDX-License-Identifier: BSD-3-Clause
"""Calls of every public function and layer on every path, for tests of what must hold
for all of them. They share arrays, a generator and a layer."""

from functools import partial

import ml_dtypes
import numpy as np
import pandas as pd

import droplayers as dl

X = np.arange(1, 25, dtype=np.float32).reshape(4, 6)
KEEP = X > 5
OUT = np.empty_like(X)
RNG = np.random.default_rng(1)
KEY = dl.Key(1)
LAYER = dl.Dropout(0.5, rng=RNG)
LAYER(X)
RATES = np.linspace(0, 0.9, 4)
OTHERS = {
    name: X.astype(name)
    for name in ("f2", "f8", "i4", "F", "g", ">f4", ml_dtypes.bfloat16)
}
BLOCK = {"full_shape": (9, 9), "start": (1, 2)}
SERIES = pd.Series([1.0, 2.0, 3.0])
MAPS = np.arange(72, dtype=np.float32).reshape(2, 1, 6, 6)
WEIGHT = np.linspace(-1, 1, 30, dtype=np.float32).reshape(6, 5)
BIAS, GRAD = WEIGHT[0], np.ones((4, 5), np.float32)
PATHS = [X, None, X + 1, X.T.copy().T]
GLOBAL = {"sampling": "global", "training": True}


LAYERS = {
    "AlphaDropout": (partial(dl.AlphaDropout, 0.5), X),
    "DropBlock": (partial(dl.DropBlock, 0.5, block_size=3), MAPS),
    "DropConnect": (partial(dl.DropConnect, 6, 5), X),
    "DropPath": (partial(dl.DropPath, 0.5), X),
    "Dropout": (partial(dl.Dropout, 0.5), X.T),
    "FractalJoin": (partial(dl.FractalJoin, 0.5), [X, X + 1]),
    "GaussianDropout": (partial(dl.GaussianDropout, 0.5), X),
    "SpatialDropout": (partial(dl.SpatialDropout, 0.5), X),
}


DRAWING = [(name, layer(rng=RNG), x) for name, (layer, x) in LAYERS.items()]


# Made once: NumPy's Generator.uniform, which draws weights, leaks a reference a call.
KEYED = [(name, layer(rng=KEY), x) for name, (layer, x) in LAYERS.items()]


def with_threads(n=1):
    with dl.num_threads(n):
        pass


class Unreal:
    def __float__(self):
        raise ZeroDivisionError


SUCCESSES = {
    "dropout": lambda: dl.dropout(X, 0.5, rng=KEY),
    "dropout from entropy": lambda: dl.dropout(X, 0.5),
    "dropout from a generator": lambda: dl.dropout(X, 0.5, rng=RNG),
    "dropout from a seed": lambda: dl.dropout(X, 0.5, rng=1),
    "dropout into out": lambda: dl.dropout(X, 0.5, rng=RNG, out=OUT),
    "dropout in place": lambda: dl.dropout(OUT, 0.5, rng=RNG, out=OUT),
    "dropout of a view": lambda: dl.dropout(X[::-1, ::2], 0.5, rng=RNG),
    "dropout into a view": lambda: dl.dropout(X.T, 0.5, rng=RNG, out=OUT.T),
    "dropout across an overlap": lambda: dl.dropout(OUT[1:], 0.5, out=OUT[:-1]),
    "dropout by a mask": lambda: dl.dropout(X, 0.5, mask=KEEP),
    "dropout by a mask's view": lambda: dl.dropout(X.T, 0.5, mask=KEEP.T),
    "dropout with its mask": lambda: dl.dropout(X, 0.5, return_mask=True),
    "dropout of one draw": lambda: dl.dropout(X, 0.5, shared_axes=1),
    "dropout of a block": lambda: dl.dropout(X, 0.5, rng=KEY, **BLOCK),
    "dropout, p = 0": lambda: dl.dropout(X, 0.0),
    "dropout, p = 1": lambda: dl.dropout(X, 1.0),
    "dropout, test": lambda: dl.dropout(X, 0.5, "test"),
    "dropout, classic": lambda: dl.dropout(X, 0.5, "test", scaling="classic"),
    "dropout of a scalar": lambda: dl.dropout(1.0, 0.5),
    "dropout of a list": lambda: dl.dropout([1, 2, 3], 0.5),
    "dropout of a Series": lambda: dl.dropout(SERIES, 0.5),
    "dropout of nothing": lambda: dl.dropout(X[:0], 0.5),
    "dropout of a residual": lambda: dl.dropout(X, 0.5, residual=X, rng=KEY),
    "dropout of two dtypes": lambda: dl.dropout(X, 0.5, residual=OTHERS["F"]),
    "drop_path": lambda: dl.drop_path(X, 0.5, True, rng=KEY),
    "drop_path from entropy": lambda: dl.drop_path(X, 0.5, True, residual=X),
    "drop_path from a generator": lambda: dl.drop_path(X, 0.5, True, rng=RNG),
    "drop_path into out": lambda: dl.drop_path(X, 0.5, True, residual=X, out=OUT),
    "drop_path of a residual's view": lambda: dl.drop_path(X.T, residual=X.T),
    "drop_path of rates": lambda: dl.drop_path(X, RATES, True, residual=X),
    "drop_path of a batch": lambda: dl.drop_path(X, 0.5, True, per="batch"),
    "drop_path by a mask": lambda: dl.drop_path(X, 0.5, True, mask=KEEP[:, 0]),
    "drop_path of two dtypes": lambda: dl.drop_path(X, residual=OTHERS["F"]),
    "drop_path of a Series": lambda: dl.drop_path(SERIES, 0.5, True, residual=SERIES),
    "replace": lambda: dl.replace(X, 0, 0.5, rng=KEY),
    "replace by an array": lambda: dl.replace(X, X[0], 0.5, rng=RNG, out=OUT),
    "replace by a mask": lambda: dl.replace(X.T, 1.5, mask=KEEP.T, return_mask=True),
    "replace integers": lambda: dl.replace(X.astype("i2"), [1, 2, 3, 4, 5, 6], 0.5),
    "replace text": lambda: dl.replace([["a", "bc"]], "d", 0.5),
    "keep_mask": lambda: dl.keep_mask((4, 6), 0.5, rng=KEY),
    "keep_mask, packed": lambda: dl.keep_mask(99, 0.5, packed=True),
    "dropout, p of a scalar": lambda: dl.dropout(X, np.float32(0.5), rng=RNG),
    "spatial_dropout": lambda: dl.spatial_dropout(X, 0.5, rng=RNG),
    "alpha_dropout, test": lambda: dl.alpha_dropout(X, 0.5, "test"),
    "alpha_dropout": lambda: dl.alpha_dropout(X, 0.5, rng=RNG, return_mask=True),
    "alpha_dropout, backward": lambda: dl.alpha_dropout_backward(X, 0.5, rng=RNG),
    "gaussian_dropout": lambda: dl.gaussian_dropout(X, 0.5, rng=RNG, out=OUT),
    "gaussian_dropout of halves": lambda: dl.gaussian_dropout(OTHERS["f2"], 0.5),
    "drop_block": lambda: dl.drop_block(MAPS, 0.3, block_size=3, rng=RNG),
    "drop_block by a mask": lambda: dl.drop_block(MAPS, 0.3, mask=MAPS > 9),
    "drop_block, shared": lambda: dl.drop_block(
        MAPS.astype("F"),
        0.3,
        block_size=2,
        shared_channels=True,
        rng=RNG,
        return_mask=True,
    ),
    "block_mask": lambda: dl.block_mask(MAPS.shape, 0.3, block_size=3, rng=RNG),
    "drop_connect": lambda: dl.drop_connect(X, WEIGHT, 0.5, bias=BIAS, rng=RNG),
    "drop_connect of halves": lambda: dl.drop_connect(
        OTHERS["f2"], WEIGHT.astype("f2"), 0.5, rng=RNG, out=np.empty((4, 5), "f4")
    ),
    "drop_connect of complex": lambda: dl.drop_connect(
        OTHERS["F"], WEIGHT, 0.5, rng=RNG
    ),
    "drop_connect, shared": lambda: dl.drop_connect(
        X, WEIGHT, 0.5, per_sample=False, rng=RNG
    ),
    "drop_connect, backward": lambda: dl.drop_connect_backward(
        GRAD, X, WEIGHT, 0.5, rng=RNG
    ),
    "drop_connect, shared, backward": lambda: dl.drop_connect_backward(
        GRAD, X, WEIGHT, 0.5, per_sample=False, rng=RNG
    ),
    "drop_connect_moments": lambda: dl.drop_connect_moments(X, WEIGHT, 0.5, bias=BIAS),
    "kept_rows": lambda: dl.kept_rows(9, 0.5, rng=RNG),
    "kept_rows, fixed": lambda: dl.kept_rows(9, 0.5, sampling="fixed", rng=RNG),
    "stochastic_depth": lambda: dl.stochastic_depth(
        X, np.negative, 0.5, True, rng=RNG, out=OUT
    ),
    "stochastic_depth, fixed": lambda: dl.stochastic_depth(
        X, np.negative, 0.5, True, sampling="fixed", rng=RNG
    ),
    "stochastic_depth of a batch": lambda: dl.stochastic_depth(
        X, np.negative, 0.5, True, per="batch", rng=RNG
    ),
    "stochastic_depth, backward": lambda: dl.stochastic_depth_backward(
        X, np.negative, 0.5, True, rng=RNG
    ),
    "fractal_join": lambda: dl.fractal_join([X, X + 1], 0.5, True, rng=RNG),
    "fractal_join per sample": lambda: dl.fractal_join(
        [X, X + 1], 0.5, True, per="sample", rng=RNG
    ),
    "fractal_join of dead paths": lambda: dl.fractal_join(
        PATHS, 0.5, True, per="sample", rng=RNG, out=OUT
    ),
    "fractal_join, global": lambda: dl.fractal_join(PATHS, **GLOBAL, rng=KEY),
    "fractal_join of dtypes": lambda: dl.fractal_join([*OTHERS.values()][:5]),
    "fractal_join, backward": lambda: dl.fractal_join_backward(
        X, PATHS, 0.5, True, per="sample", rng=RNG
    ),
    "drop_path_rates": lambda: dl.drop_path_rates(0.5, [2, 3], stagewise=True),
    "ramp": lambda: dl.ramp(3, 10, 0.5),
    "a layer": lambda: LAYER(X),
    "a layer from entropy": lambda: dl.DropPath(0.5)(X),
    "a layer, test": lambda: dl.SpatialDropout(0.5, rng=KEY).eval()(X),
    "a layer, backward": lambda: LAYER.backward(X),
    "Key": lambda: dl.Key.fresh(RNG),
    "Key's children": lambda: [KEY.child(2).split(3), hash(KEY), dl.Key(3) < KEY],
    "Identity": lambda: dl.Identity()(X),
    **{name: lambda layer=layer, x=x: layer(x) for name, layer, x in DRAWING},
    **{
        f"{name}, backward": lambda layer=layer, x=x: layer.backward(layer(x))
        for name, layer, x in KEYED
    },
    "threads": lambda: dl.set_num_threads(dl.get_num_threads()),
    "threads for a while": with_threads,
    "show_config": lambda: dl.show_config("dicts"),
    **{
        f"dropout of {name}": lambda x=x: dl.dropout(x, 0.5, rng=RNG)
        for name, x in OTHERS.items()
    },
    **{
        f"drop_path of {name}": lambda x=x: dl.drop_path(x, RATES, True, residual=x)
        for name, x in OTHERS.items()
    },
}
ERRORS = {
    "x": lambda: dl.dropout("text"),
    "objects": lambda: dl.replace([None], 0, 0.5),
    "value": lambda: dl.replace(X.astype("i2"), 2**70, 0.5),
    "value's shape": lambda: dl.replace(X, [1, 2], 0.5, out=OUT),
    "masked x": lambda: dl.dropout(np.ma.array(X)),
    "x without axes": lambda: dl.drop_path(3.0),
    "p": lambda: dl.dropout(X, 2.0, rng=RNG, out=OUT),
    "p's dtype": lambda: dl.dropout(X, "0.5"),
    "p's own": lambda: dl.dropout(X, Unreal(), out=OUT),
    "prob's shape": lambda: dl.drop_path(X, [0.5], True),
    "prob's values": lambda: dl.drop_path(X, [0, 0, 0, 2], True),
    "prob per batch": lambda: dl.drop_path(X, RATES, True, per="batch"),
    "mode": lambda: dl.dropout(X, 0.5, "Train"),
    "training": lambda: dl.drop_path(X, 0.5, "test"),
    "scaling": lambda: dl.dropout(X, 0.5, scaling="none"),
    "per": lambda: dl.drop_path(X, 0.5, True, per="row"),
    "axes": lambda: dl.dropout(X, 0.5, shared_axes=(0, 5)),
    "same axes": lambda: dl.dropout(X, 0.5, shared_axes=(0, 0)),
    "residual": lambda: dl.drop_path(X, 0.5, True, residual=X.T),
    "residual of elements": lambda: dl.dropout(X, 0.5, residual=X.T, out=OUT),
    "residual's dtype": lambda: dl.drop_path(X, 0.5, True, residual="text"),
    "mask's shape": lambda: dl.dropout(X, 0.5, mask=KEEP.T, out=OUT),
    "mask's dtype": lambda: dl.dropout(X, 0.5, mask=X),
    "out": lambda: dl.dropout(X, 0.5, out=X.tolist()),
    "out's shape": lambda: dl.dropout(X, 0.5, rng=RNG, out=OUT.T),
    "out's dtype": lambda: dl.dropout(X, 0.5, out=OTHERS["i4"]),
    "out's memory": lambda: dl.dropout(X, 0.5, out=np.broadcast_to(OUT[0], X.shape)),
    "return_mask": lambda: dl.dropout(X, 0.5, return_mask=1),
    "full_shape": lambda: dl.dropout(X, 0.5, full_shape=(1, 1)),
    "start": lambda: dl.dropout(X, 0.5, start=(1, 1)),
    "rng": lambda: dl.dropout(X, 0.5, rng="seed"),
    "rng of out": lambda: dl.dropout(X, 0.5, rng=-1, out=OUT),
    "rng of drop_path": lambda: dl.drop_path(X, 0.5, True, rng=1.5, residual=X),
    "rng of a mask": lambda: dl.keep_mask(9, 0.5, rng=-1),
    "shape": lambda: dl.keep_mask(-1, 0.5),
    "memory": lambda: dl.keep_mask(2**62, 0.5),
    "packed memory": lambda: dl.keep_mask(2**63 - 1, 0.5, packed=True),
    "memory of dropout": lambda: dl.dropout(np.broadcast_to(X[0, 0], (2**60,)), 0.5),
    "key": lambda: dl.Key(-1),
    "child": lambda: KEY.child(2**64),
    "keyword": lambda: dl.dropout(X, rate=1),
    "a layer's x": lambda: LAYER("text"),
    "a lazy key": lambda: dl.Dropout(0.5, rng=RNG)(np.broadcast_to(X[0, 0], (2**60,))),
    "rate of noise": lambda: dl.gaussian_dropout(X, 1.0, rng=RNG, out=OUT),
    "alpha's dtype": lambda: dl.alpha_dropout(OTHERS["F"], 0.5, rng=RNG),
    "alpha's gradient": lambda: dl.alpha_dropout_backward("text", 0.5, rng=RNG),
    "channels": lambda: dl.spatial_dropout(X, 0.5, channel_axis=2, rng=RNG, out=OUT),
    "axes of maps": lambda: dl.drop_block(X, 0.5, rng=RNG, out=OUT),
    "sides of blocks": lambda: dl.block_mask(MAPS.shape, 0.5, block_size=0, rng=RNG),
    "weight": lambda: dl.drop_connect(X, WEIGHT.T, 0.5, rng=RNG),
    "grad of products": lambda: dl.drop_connect_backward(X, X, WEIGHT, 0.5, rng=RNG),
    "moments": lambda: dl.drop_connect_moments(X, WEIGHT, 1.0),
    "rows": lambda: dl.kept_rows(-1, 0.5, rng=RNG),
    "memory of rows": lambda: dl.kept_rows(2**59, 0.5, sampling="fixed", rng=RNG),
    "branch": lambda: dl.stochastic_depth(X, None, 0.5, True, rng=RNG, out=OUT),
    "branch's shape": lambda: dl.stochastic_depth(X, lambda v: v[:, :2], out=OUT),
    "branch's gradient": lambda: dl.stochastic_depth_backward(X, 3, 0.5),
    "paths": lambda: dl.fractal_join([X, X.T], 0.5, True, rng=RNG),
    "paths and a generator": lambda: dl.fractal_join(PATHS, **GLOBAL, rng=RNG),
    "grad of paths": lambda: dl.fractal_join_backward(X.T, PATHS, 0.5, True, rng=RNG),
    "rates": lambda: dl.drop_path_rates(2.0, 3),
    "step": lambda: dl.ramp(1, 0, 0.5),
    "number of threads": lambda: dl.set_num_threads(0),
    "number of threads for a while": lambda: with_threads(-1),
    "mode of show_config": lambda: dl.show_config("text"),
    "no forward pass": lambda: dl.Identity().backward(X),
    "a layer's attribute": lambda: setattr(dl.DropPath(0.5, rng=KEY), "p", 0.1),
    "features": lambda: dl.DropConnect(0, 5, rng=RNG),
    "maps of a layer": lambda: dl.DropBlock(0.5, rng=RNG)(X),
    "rate of a layer's noise": lambda: dl.GaussianDropout(1.0, rng=RNG),
    "layers' rates": lambda: (
        [
            error_of(lambda layer=layer: layer(2.0, rng=RNG))
            for layer in (dl.AlphaDropout, dl.FractalJoin, dl.SpatialDropout)
        ]
        and dl.Dropout(2.0)
    ),
}


def error_of(call):
    """Calls what must fail, and keeps nothing of its error."""
    try:
        call()
    except Exception:
        return
    raise AssertionError("no error")
