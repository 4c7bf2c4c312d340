# SPDX-License-Identifier: BSD-3-Clause
"""DropConnect is drop_connect with a weight and a bias of its own."""

import numpy as np
import pytest
from arrays import assert_same

import droplayers as dl

X = np.random.default_rng(0).normal(size=(3, 2))


@pytest.mark.parametrize("per_sample", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("train", [True, False])
def test_a_dense_layer_is_drop_connect(train, bias, per_sample):
    layer = dl.DropConnect(2, 5, 0.3, bias=bias, per_sample=per_sample, rng=3)
    layer.train(train)
    x, grad = X, np.ones((3, 5))
    y = layer(x)
    options = {
        "p": 0.3,
        "mode": "train" if train else "test",
        "per_sample": per_sample,
        "rng": layer.last_key,
    }
    assert_same(y, dl.drop_connect(x, layer.weight, bias=layer.bias, **options))
    expected = dl.drop_connect_backward(grad, x, layer.weight, **options)
    assert_same(layer.backward(grad), expected[0])
    assert_same(layer.grad_weight, expected[1])
    if bias:
        assert_same(layer.grad_bias, expected[2])
    else:
        assert layer.bias is layer.grad_bias is None


def test_weights_are_drawn_from_the_layers_rng():
    first, second = dl.DropConnect(9, 4, rng=1), dl.DropConnect(9, 4, rng=1)
    assert_same(first.weight, second.weight)
    assert_same(first.bias, second.bias)
    assert first.weight.dtype == first.bias.dtype == np.float32
    assert abs(dl.DropConnect(400, 100, rng=2).weight).max() <= 1 / 20
    assert abs(dl.DropConnect(400, 100, rng=2).weight).max() > 0.99 / 20
    assert not np.array_equal(first.weight, dl.DropConnect(9, 4).weight)
    assert_same(
        dl.DropConnect(9, 4, rng=dl.Key(1)).weight,
        dl.DropConnect(9, 4, rng=dl.Key(1)).weight,
    )


def test_weights_may_be_given():
    layer = dl.DropConnect(2, 5, rng=1)
    weight = np.arange(10.0).reshape(2, 5)
    layer.weight = weight
    assert layer.weight is weight
    layer(X)
    layer.bias = None
    layer.backward(np.ones((3, 5)))
    assert_same(layer.grad_bias, np.full(5, 3.0))
    assert_same(layer.eval()(X), X @ weight)
    for value, message in [
        (weight.T, r"weight must have shape \(2, 5\)"),
        ("text", "weight must be a numeric array"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            layer.weight = value
    with pytest.raises(ValueError, match=r"bias must have shape \(5,\)"):
        layer.bias = np.ones(4)
    assert layer.weight is weight


def test_a_network_of_layers_learns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 6))
    target = x @ rng.normal(size=(6, 1))
    dense = dl.DropConnect(6, 1, 0.1, rng=rng)
    dense.weight, dense.bias = dense.weight.astype(float), dense.bias.astype(float)
    noise = dl.GaussianDropout(0.01, rng=rng)
    losses = []
    for _ in range(300):
        error = noise(dense(x)) - target
        dense.backward(noise.backward(error / len(x)))
        dense.weight -= 0.1 * dense.grad_weight
        dense.bias -= 0.1 * dense.grad_bias
        losses.append(np.mean(error**2))
    dense.eval()
    assert np.mean((dense(x) - target) ** 2) < 0.03 * losses[0]
