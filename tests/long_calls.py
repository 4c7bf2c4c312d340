# SPDX-License-Identifier: BSD-3-Clause
"""A call of every public function that lasts, and a short one of the same function.

Inputs take no memory: they are one element that is broadcast.
"""

import numpy as np

import droplayers as dl

#: What takes no time, or calls the user's code alone.
SHORT = {
    "Identity",
    "Key",
    "drop_path_rates",
    "get_num_threads",
    "num_threads",
    "ramp",
    "set_num_threads",
    "show_config",
}


def ones(*shape, dtype=np.float16):
    return np.broadcast_to(np.dtype(dtype).type(1), shape)


def maps(n):
    return ones(n, 64, 128, 128)


def layer(kind, *options):
    """A layer's two passes."""

    def call(rng, n, *given):
        made = kind(*options, rng=rng)
        y = made(*given)
        return y, made.backward(y)

    return call


def itself(rows):
    """A branch that takes no time: NumPy's own loops ask nobody."""
    return rows


def matrix(*shape, dtype=np.float32):
    return np.ones(shape, dtype)


# Each is called with an rng and a size: 1, or LARGE, which takes 0.1 to 9 s.
LARGE = 64

CALLS = {
    "dropout": lambda rng, n: dl.dropout(ones(n, 1 << 20), 0.3, rng=rng),
    "dropout of longdouble": lambda rng, n: dl.dropout(
        ones(n, 1 << 18, dtype=np.longdouble), 0.3, rng=rng
    ),
    "dropout of integers": lambda rng, n: dl.dropout(
        ones(n, 1 << 20, dtype=np.int32), 0.3, rng=rng
    ),
    "dropout into another dtype": lambda rng, n: dl.dropout(
        ones(n, 1 << 19, dtype=np.float32),
        0.3,
        rng=rng,
        out=np.empty((n, 1 << 19), np.float16),
    ),
    "dropout and its mask": lambda rng, n: dl.dropout(
        ones(n, 1 << 20), 0.3, rng=rng, return_mask=True
    ),
    "replace": lambda rng, n: dl.replace(
        ones(n, 1 << 22, dtype=np.uint8), 0, 0.3, rng=rng
    ),
    "replace by another dtype": lambda rng, n: dl.replace(
        ones(n, 1 << 18, dtype=np.float64), ones(n, 1 << 18), 0.3, rng=rng
    ),
    "spatial_dropout": lambda rng, n: dl.spatial_dropout(maps(n), 0.3, rng=rng),
    "alpha_dropout": lambda rng, n: dl.alpha_dropout(ones(n, 1 << 20), 0.3, rng=rng),
    "alpha_dropout_backward": lambda rng, n: dl.alpha_dropout_backward(
        ones(n, 1 << 20), 0.3, rng=rng
    ),
    "gaussian_dropout": lambda rng, n: dl.gaussian_dropout(
        ones(n, 1 << 18), 0.3, rng=rng
    ),
    "gaussian_dropout of complex": lambda rng, n: dl.gaussian_dropout(
        ones(n, 1 << 17, dtype=np.complex64).T, 0.3, rng=rng
    ),
    "drop_path": lambda rng, n: dl.drop_path(
        ones(n, 1 << 20), 0.3, True, residual=ones(n, 1 << 20), rng=rng
    ),
    "drop_path with rates": lambda rng, n: dl.drop_path(
        ones(n, 1 << 20), np.linspace(0, 1, n), True, rng=rng
    ),
    "drop_path with a rate for each": lambda rng, n: dl.drop_path(
        ones(n << 14, 64), np.full(n << 14, 0.3), True, rng=rng
    ),
    "stochastic_depth": lambda rng, n: dl.stochastic_depth(
        ones(n, 1 << 20), itself, 0.3, True, rng=rng
    ),
    "stochastic_depth_backward": lambda rng, n: dl.stochastic_depth_backward(
        ones(n << 16, 16), itself, 0.3, True, sampling="fixed", rng=rng
    ),
    "drop_block": lambda rng, n: dl.drop_block(maps(n), rng=rng),
    "drop_block of one map": lambda rng, n: dl.drop_block(
        ones(1, 1, n << 7, n << 7), block_size=31, rng=rng
    ),
    "block_mask": lambda rng, n: dl.block_mask((n, 64, 128, 128), rng=rng),
    "drop_connect": lambda rng, n: dl.drop_connect(
        matrix(4 * n, 500), matrix(500, 2000), 0.3, rng=rng
    ),
    "drop_connect of float64 in C": lambda rng, n: dl.drop_connect(
        matrix(n, 500, dtype=float), matrix(500, 2000), 0.3, rng=rng
    ),
    "drop_connect of longdouble": lambda rng, n: dl.drop_connect(
        matrix(n, 500, dtype=np.longdouble),
        matrix(500, 2000, dtype=float),
        0.3,
        rng=rng,
    ),
    "drop_connect with one mask": lambda rng, n: dl.drop_connect(
        matrix(n << 4, 4096),
        matrix(4096, 4096),
        0.3,
        per_sample=False,
        rng=rng,
    ),
    "drop_connect_backward": lambda rng, n: dl.drop_connect_backward(
        matrix(n, 2000), matrix(n, 500), matrix(500, 2000), 0.3, rng=rng
    ),
    "drop_connect_backward with one mask": lambda rng, n: dl.drop_connect_backward(
        matrix(n << 4, 2048),
        matrix(n << 4, 4096),
        matrix(4096, 2048),
        0.3,
        per_sample=False,
        rng=rng,
    ),
    "drop_connect of longdouble in test mode": lambda rng, n: dl.drop_connect(
        matrix(n, 500, dtype=np.longdouble), matrix(500, 9000, dtype=float), mode="test"
    ),
    "drop_connect_moments": lambda rng, n: dl.drop_connect_moments(
        matrix(n << 4, 4096), matrix(4096, 2048), 0.3
    ),
    "kept_rows": lambda rng, n: dl.kept_rows(n << 21, 0.3, rng=rng),
    "kept_rows, fixed": lambda rng, n: dl.kept_rows(
        300_000_000 if n > 1 else 100_000, 0.5, sampling="fixed", rng=rng
    ),
    "fractal_join": lambda rng, n: dl.fractal_join(
        [ones(n, 1 << 20)] * 3, 0.3, True, rng=rng
    ),
    "fractal_join of samples": lambda rng, n: dl.fractal_join(
        [ones(n << 16, 16)] * 3, [0.3, 0.1, 0.2], True, per="sample", rng=rng
    ),
    "fractal_join of integers": lambda rng, n: dl.fractal_join(
        [ones(n, 1 << 20, dtype=np.int8)] * 3, 0.3, True, per="sample", rng=rng
    ),
    "fractal_join_backward": lambda rng, n: dl.fractal_join_backward(
        ones(n, 1 << 19), [ones(n, 1 << 19)] * 3, 0.3, True, per="sample", rng=rng
    ),
    "keep_mask": lambda rng, n: dl.keep_mask(n << 22, 0.3, rng=rng),
    "keep_mask, packed": lambda rng, n: dl.keep_mask(
        n << 24, 0.3, rng=rng, packed=True
    ),
    "Dropout": lambda rng, n: layer(dl.Dropout)(rng, n, ones(n, 1 << 20)),
    "SpatialDropout": lambda rng, n: layer(dl.SpatialDropout)(rng, n, maps(n)),
    "AlphaDropout": lambda rng, n: layer(dl.AlphaDropout)(rng, n, ones(n, 1 << 20)),
    "GaussianDropout": lambda rng, n: layer(dl.GaussianDropout)(
        rng, n, ones(n, 1 << 18)
    ),
    "DropPath": lambda rng, n: layer(dl.DropPath, 0.3)(rng, n, ones(n, 1 << 20)),
    "DropBlock": lambda rng, n: layer(dl.DropBlock)(rng, n, maps(n)),
    "DropConnect": lambda rng, n: layer(dl.DropConnect, 500, 2000)(
        rng, n, matrix(n, 500)
    ),
    "FractalJoin": lambda rng, n: layer(dl.FractalJoin)(rng, n, [ones(n, 1 << 20)] * 3),
}
