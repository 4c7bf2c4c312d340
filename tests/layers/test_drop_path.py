# SPDX-License-Identifier: BSD-3-Clause
"""DropPath in a network; test_base.py has what holds for all layers."""

import numpy as np
from arrays import assert_same

import droplayers as dl

X = np.random.default_rng(0).normal(size=(4, 3, 8))


def test_the_use_of_residual_networks_works_as_written():
    class Block:
        def __init__(self, drop_prob):
            self.drop_path = (
                dl.DropPath(drop_prob) if drop_prob > 0.0 else dl.Identity()
            )

        def __call__(self, x):
            return x + self.drop_path(2 * x)

    assert_same(Block(0.0)(X), X + 2 * X)
    block = Block(0.5)
    y = block(X)
    kept = dl.drop_path(2 * X, 0.5, True, rng=block.drop_path.last_key)
    assert_same(y, X + kept)


def test_classic_scaling_is_that_of_the_function_in_both_modes():
    layer = dl.DropPath(0.4, scaling="classic", rng=dl.Key(1))
    for train in (True, False):
        options = {"prob": 0.4, "training": train, "scaling": "classic"}
        y = layer.train(train)(X)
        assert_same(y, dl.drop_path(X, rng=dl.Key(1), **options))
        assert_same(layer.backward(X), y)
    assert_same(y, X * (1 - 0.4))
    assert repr(layer) == "DropPath(drop_prob=0.4, scaling='classic', rng=Key(1))"
