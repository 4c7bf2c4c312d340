# SPDX-License-Identifier: BSD-3-Clause
"""The module for PyTorch that users copy; all but its length needs PyTorch."""

import pathlib

import numpy as np
import pytest

import droplayers as dl

PATH = pathlib.Path(__file__).parents[1] / "examples" / "with_torch.py"
KEYS = dl.Key(0), dl.Key(2**63), dl.Key(2**64 - 1)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def example(torch, monkeypatch):
    monkeypatch.syspath_prepend(str(PATH.parent))
    import with_torch

    return with_torch


def test_the_module_is_short_enough_to_copy():
    assert PATH.read_text().count("\n") <= 150


@pytest.mark.parametrize("key", KEYS)
def test_modules_give_the_masks_of_numpy_and_their_gradients(torch, example, key):
    x = np.arange(1, 25, dtype=np.float32).reshape(6, 4)
    functions = {
        example.Dropout: dl.dropout(x, 0.5, rng=key),
        example.DropPath: dl.drop_path(x, 0.5, True, rng=key),
    }
    for layer, expected in functions.items():
        tensor = torch.from_numpy(x.copy()).requires_grad_()
        y = layer(0.5)(tensor, key)
        y.sum().backward()
        np.testing.assert_array_equal(y.detach().numpy(), expected)
        np.testing.assert_array_equal(tensor.grad.numpy(), 2.0 * (expected != 0))


def test_evaluation_and_a_rate_of_zero_give_x_itself(torch, example):
    x = torch.ones(3, 2)
    assert example.Dropout(0.5).eval()(x) is x
    assert example.DropPath()(x) is x


def test_manual_seed_gives_the_same_keys_again(torch, example):
    layer, keys = example.Dropout(0.5), []
    for _ in range(2):
        torch.manual_seed(1)
        layer(torch.ones(4))
        keys.append(layer.last_key)
    assert keys[0] == keys[1]


def test_operators_pass_opcheck_and_gradcheck(example):
    example.check()
