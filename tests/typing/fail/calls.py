"""Calls that run into an error: one on each marked line."""

import numpy as np

import droplayers as dl

x = np.ones((4, 6), np.float32)

dl.dropout()  # E
dl.dropout(None)  # E
dl.dropout(object())  # E
dl.dropout(x, "0.5")  # E
dl.dropout(x, None)  # E
dl.dropout(x, [0.5])  # E
dl.dropout(x, 0.5, True)  # E
dl.dropout(x, rate=0.5)  # E
dl.dropout(x, 0.5, "train", "classic")  # E
dl.dropout(x, rng="seed")  # E
dl.dropout(x, rng=0.5)  # E
dl.dropout(x, shared_axes="0")  # E
dl.dropout(x, shared_axes=0.5)  # E
dl.dropout(x, return_mask=1)  # E
dl.dropout(x, out=[1.0])  # E
dl.dropout(x, scaling=None)  # E
dl.dropout(x, residual=object())  # E
dl.dropout(x, full_shape=9.5)  # E
dl.spatial_dropout(x, scaling="classic")  # E
dl.spatial_dropout(x, channel_axis=None)  # E
dl.gaussian_dropout(x, return_mask=True)  # E
dl.drop_path(x, 0.2, "test")  # E
dl.drop_path(x, 0.2, True, per=None)  # E
dl.drop_block(x, 0.2, block_size=2.5)  # E
dl.drop_connect(x)  # E
dl.drop_connect_moments(x, x.T)  # E
dl.stochastic_depth(x, "tanh")  # E
dl.fractal_join(None)  # E
dl.fractal_join([x, x], column=0.5)  # E
dl.keep_mask("99", 0.5)  # E
dl.block_mask(None, 0.5)  # E
dl.replace(x)  # E
dl.replace(x, 0, "0.5")  # E
dl.replace(x, 0, 0.5, mode="train")  # E
dl.keep_mask(9, 0.5, packed="yes")  # E
dl.kept_rows(9.5, 0.5)  # E
dl.Key(0.5)  # E
dl.Key("1")  # E
dl.ramp("1", 2, 0.5)  # E
dl.drop_path_rates(0.1, 2.5)  # E
dl.set_num_threads(1.5)  # E
dl.show_config("json")  # E
