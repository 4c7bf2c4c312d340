"""The types of passes and attributes, as checkers see them."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import droplayers as dl

singles: NDArray[np.float32] = np.ones((4, 3), np.float32)
integers: NDArray[np.int64] = np.ones((4, 3), np.int64)
table = np.ones((4, 3))
maps: NDArray[np.float32] = np.ones((1, 2, 9, 9), np.float32)

layer = dl.Dropout(0.5, rng=1)
assert_type(layer(singles), NDArray[np.float32])
assert_type(layer.backward(singles), NDArray[np.float32])
assert_type(layer.forward(table), np.ndarray[tuple[int, int], np.dtype[np.float64]])
assert_type(layer(integers), NDArray[np.float64])
assert_type(layer([1.0, 2.0]), NDArray[Any])
assert_type(layer.train(), dl.Dropout)
assert_type(layer.eval(), dl.Dropout)
assert_type(layer.training, bool)
assert_type(layer.last_key, dl.Key | None)
assert_type(layer.rng, np.random.Generator | dl.Key | None)
assert_type(layer.p, float)
assert_type(layer.scaling, str)
assert_type(layer.shared_axes, int | tuple[int, ...])

assert_type(dl.SpatialDropout()(singles), NDArray[np.float32])
assert_type(dl.SpatialDropout().channel_axis, int)
assert_type(dl.AlphaDropout()(singles), NDArray[np.float32])
assert_type(dl.GaussianDropout()(singles), NDArray[np.float32])
assert_type(dl.DropPath(0.5)(singles), NDArray[np.float32])
assert_type(dl.DropPath().drop_prob, float | None)
assert_type(dl.DropBlock(block_size=3)(maps), NDArray[np.float32])
assert_type(dl.Identity()(singles), NDArray[np.float32])
assert_type(dl.Identity()(integers), NDArray[np.int64])

dense = dl.DropConnect(3, 2)
assert_type(dense(singles), NDArray[Any])
assert_type(dense.backward(singles[:, :2]), NDArray[Any])
assert_type(dense.weight, NDArray[Any])
assert_type(dense.bias, NDArray[Any] | None)
assert_type(dense.grad_weight, NDArray[Any] | None)
assert_type(dense.in_features, int)

join = dl.FractalJoin()
assert_type(join([singles, singles]), NDArray[np.float32])
assert_type(join([singles, None]), NDArray[np.float32] | None)
assert_type(join.backward(singles), list[Any])
