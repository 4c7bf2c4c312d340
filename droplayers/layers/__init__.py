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

from ._alpha_dropout import AlphaDropout
from ._drop_block import DropBlock
from ._drop_connect import DropConnect
from ._drop_path import DropPath
from ._dropout import Dropout
from ._fractal_join import FractalJoin
from ._gaussian_dropout import GaussianDropout
from ._identity import Identity
from ._spatial_dropout import SpatialDropout

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
