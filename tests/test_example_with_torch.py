# SPDX-License-Identifier: BSD-3-Clause
"""The module for PyTorch that users copy, and its page; all but the module's length
needs PyTorch."""

import copy
import pathlib

import numpy as np
import page_code
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


def test_operators_pass_opcheck_and_gradcheck(example):
    example.check()


@pytest.mark.parametrize("key", KEYS)
def test_modules_give_the_masks_of_numpy_and_their_gradients(torch, example, key):
    x = np.arange(1, 25, dtype=np.float32).reshape(6, 4)
    functions = {
        example.Dropout: dl.dropout(x, 0.5, rng=key),
        example.DropPath: dl.drop_path(x, 0.5, True, rng=key),
    }
    for layer, expected in functions.items():
        tensor = torch.from_numpy(x.copy()).requires_grad_()
        module = layer(0.5)
        y = module(tensor, example.as_tensor(key))
        y.sum().backward()
        assert example.as_key(module.last_key) == key
        np.testing.assert_array_equal(y.detach().numpy(), expected)
        np.testing.assert_array_equal(tensor.grad.numpy(), 2.0 * (expected != 0))


def test_all_dtypes_and_layouts_have_the_mask_of_float32(torch, example):
    key = example.as_tensor(dl.Key(5))
    keep = dl.keep_mask((12, 5), 0.4, rng=dl.Key(5))
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128),
    ):
        x = torch.ones(5, 12, dtype=dtype).t()
        y = example.dropout(x, 0.4, key)
        assert (y.dtype, y.stride()) == (x.dtype, x.stride())
        np.testing.assert_array_equal(y.abs().float().numpy() != 0, keep)
        np.testing.assert_array_equal(y[::2, 1:].abs().float() != 0, keep[::2, 1:])
        conjugate = (1j * x if dtype.is_complex else x).conj()
        expected = conjugate.resolve_conj() * y
        assert torch.equal(example.dropout(conjugate, 0.4, key), expected)


def test_bfloat16_is_rounded_as_numpy_rounds_it(torch, example):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = np.linspace(-3, 3, 1000).astype(ml_dtypes.bfloat16)
    key = dl.Key(6)
    tensor = torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
    y = example.dropout(tensor, 0.1, example.as_tensor(key))
    expected = dl.dropout(x, 0.1, rng=key)
    np.testing.assert_array_equal(y.view(torch.int16).numpy(), expected.view(np.int16))


def test_evaluation_and_a_rate_of_zero_give_x_itself(torch, example):
    x = torch.ones(3, 2)
    for module in example.Dropout(0.5).eval(), example.DropPath():
        assert module(x) is x
        assert module.last_key is None


def test_bad_rates_are_errors_at_once(example):
    with pytest.raises(ValueError, match=r"p must be in \[0, 1\], got 1.5"):
        example.Dropout(1.5)
    with pytest.raises(ValueError, match=r"drop_prob must be in \[0, 1\], got -1"):
        example.DropPath(-1)


def test_manual_seed_gives_the_same_keys_again(torch, example):
    layer, keys = example.Dropout(0.5), []
    for _ in range(2):
        torch.manual_seed(1)
        layer(torch.ones(4))
        layer(torch.ones(4))
        keys.append(example.as_key(layer.last_key))
    assert keys[0] == keys[1]


def a_network(torch, example):
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
            self.dropout, self.path = example.Dropout(0.3), example.DropPath(0.4)

        def forward(self, x):
            return x + self.path(self.b(self.dropout(torch.relu(self.a(x)))))

    torch.manual_seed(0)
    return Network()


def gradient(torch, network, call):
    """Of a pass in training under one seed, and its result."""
    network.zero_grad()
    torch.manual_seed(1)
    y = call(torch.linspace(-1, 1, 128).reshape(16, 8))
    y.sum().backward()
    return y.detach(), network.a.weight.grad.clone()


def assert_equal(torch, first, second):
    for one, other in zip(first, second, strict=True):
        torch.testing.assert_close(one, other)


def test_copies_and_loaded_states_do_what_the_original_does(torch, example):
    network = a_network(torch, example)
    expected = gradient(torch, network, network)
    copied = copy.deepcopy(network)
    assert_equal(torch, gradient(torch, copied, copied), expected)
    assert set(network.state_dict()) == {"a.weight", "a.bias", "b.weight", "b.bias"}
    loaded = a_network(torch, example)
    loaded.load_state_dict(network.state_dict())
    assert_equal(torch, gradient(torch, loaded, loaded), expected)
    assert "DropPath(drop_prob=0.4)" in repr(copied)


def test_recomputation_draws_the_same_masks(torch, example):
    from torch.utils.checkpoint import checkpoint

    network = a_network(torch, example)
    expected = gradient(torch, network, network)
    again = gradient(
        torch, network, lambda x: checkpoint(network, x, use_reentrant=False)
    )
    assert_equal(torch, again, expected)


def test_networks_are_compiled_whole_and_once(torch, example):
    """Without a break of the graph; by a backend that needs no C compiler."""
    network = a_network(torch, example)
    expected = gradient(torch, network, network)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    assert_equal(torch, gradient(torch, network, compiled), expected)
    x, keys = torch.ones(16, 8), set()
    for _ in range(5):
        compiled(x)
        keys.add(example.as_key(network.dropout.last_key))
    assert len(keys) == 5
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
    network.eval()
    torch.testing.assert_close(compiled(x), network(x))


def test_the_code_of_the_page_runs(example):
    page_code.run("how-to/with-torch.md")
