"""Uses of layers that run into an error: one on each marked line."""

import droplayers as dl

layer = dl.Dropout(0.5)
path = dl.DropPath(0.5)
dense = dl.DropConnect(3, 2)

layer.rate  # E  # noqa: B018
layer.rate = 0.5  # E
layer.train = False  # E
layer.p = "0.5"  # E
layer.training = "test"  # E
layer.shared_axes = None  # E
layer.rng = "seed"  # E
layer.train("test")  # E
layer(None)  # E
path.p  # E  # noqa: B018
path.p = 0.5  # E
dense.in_features = 5  # E
dl.Dropout("0.5")  # E
dl.Dropout(rate=0.5)  # E
dl.Dropout(0.5, "classic")  # E
dl.DropConnect(3)  # E
dl.DropBlock(block_size=None)  # E
dl.Identity(0.5)  # E
