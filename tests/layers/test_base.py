# SPDX-License-Identifier: BSD-3-Clause
"""Layers are their functions: the same results, gradients, errors and draws."""

import copy
import functools
import pickle
import re

import numpy as np
import pytest
from arrays import assert_same
from calls import words_drawn

import droplayers as dl

X = np.random.default_rng(0).normal(size=(4, 3, 8))
G = np.random.default_rng(1).normal(size=(4, 3, 8))

# A layer of each class, its function, its backward pass, and the keywords of both.
CASES = {
    "Dropout": (
        lambda rng: dl.Dropout(0.4, scaling="classic", shared_axes=1, rng=rng),
        dl.dropout,
        dl.dropout,
        {"p": 0.4, "scaling": "classic", "shared_axes": 1},
    ),
    "SpatialDropout": (
        lambda rng: dl.SpatialDropout(0.4, channel_axis=-1, rng=rng),
        dl.spatial_dropout,
        dl.spatial_dropout,
        {"p": 0.4, "channel_axis": -1},
    ),
    "AlphaDropout": (
        lambda rng: dl.AlphaDropout(0.4, shared_axes=(0, 2), rng=rng),
        dl.alpha_dropout,
        dl.alpha_dropout_backward,
        {"p": 0.4, "shared_axes": (0, 2)},
    ),
    "GaussianDropout": (
        lambda rng: dl.GaussianDropout(0.4, rng=rng),
        dl.gaussian_dropout,
        dl.gaussian_dropout,
        {"p": 0.4},
    ),
    "DropPath": (
        lambda rng: dl.DropPath(0.4, per="batch", scale_by_keep=False, rng=rng),
        dl.drop_path,
        dl.drop_path,
        {"prob": 0.4, "per": "batch", "scale_by_keep": False},
    ),
    "DropBlock": (
        lambda rng: dl.DropBlock(0.4, block_size=3, shared_channels=True, rng=rng),
        dl.drop_block,
        dl.drop_block,
        {"p": 0.4, "block_size": 3, "shared_channels": True},
    ),
}
each = pytest.mark.parametrize("name", CASES)


def mode(function, train):
    """How a function is told whether to train."""
    if function is dl.drop_path:
        return {"training": train}
    return {"mode": "train" if train else "test"}


@each
def test_a_layer_gives_what_its_function_gives_under_its_key(name):
    make, function, backward, options = CASES[name]
    layer = make(np.random.default_rng(5))
    for _ in range(5):
        y = layer(X)
        options = {**options, **mode(function, True)}
        assert_same(y, function(X, rng=layer.last_key, **options))
        assert_same(layer.backward(G), backward(G, rng=layer.last_key, **options))
        assert_same(layer.backward(G), backward(G, rng=layer.last_key, **options))


@each
def test_a_layer_does_not_drop_in_test_mode(name):
    make, function, backward, options = CASES[name]
    layer = make(5)
    assert layer.training is True
    layer(X)
    key = layer.last_key
    assert layer.eval() is layer
    assert layer.training is False
    options = {**options, **mode(function, False)}
    assert_same(layer(X), function(X, **options))
    assert_same(layer.backward(G), backward(G, **options))
    assert layer.last_key == key
    assert layer.train() is layer
    assert layer.training is True


@each
def test_each_forward_pass_has_a_key_of_its_own(name):
    make, *_ = CASES[name]
    layer = make(np.random.default_rng(5))
    keys = [layer.last_key] + [layer(X) is None or layer.last_key for _ in range(9)]
    assert keys[0] is None
    assert len(set(keys)) == 10
    rng = np.random.default_rng(5)
    assert keys[1:] == [dl.Key.fresh(rng) for _ in range(9)]


@each
def test_backward_goes_with_the_last_forward_pass(name):
    make, *_ = CASES[name]
    layer, twin = make(5), make(5)
    layer(X)
    twin(X)
    expected = twin.backward(G)
    for attribute in ("p", "drop_prob"):
        if hasattr(layer, attribute):
            setattr(layer, attribute, 0.9)
    layer.eval()
    assert_same(layer.backward(G), expected)


@each
def test_backward_needs_a_forward_pass_and_its_shape(name):
    make, *_ = CASES[name]
    layer = make(5)
    with pytest.raises(RuntimeError, match=f"{name}.backward needs a forward pass"):
        layer.backward(G)
    layer(X)
    with pytest.raises(ValueError, match=r"grad must have .* shape \(4, 3, 8\)"):
        layer.backward(G[:2])
    with pytest.raises(ValueError, match=r"grad must have .*got None"):
        layer.backward(None)


@each
def test_a_failed_forward_pass_leaves_the_last_one(name):
    make, *_ = CASES[name]
    rng = np.random.default_rng(5)
    layer = make(rng)
    layer(X)
    key, expected = layer.last_key, layer.backward(G)

    def fail():
        with pytest.raises((TypeError, ValueError)):
            layer(np.array(["text"]))

    assert words_drawn(lambda rng: (setattr(layer, "rng", rng), fail())) == 0
    assert layer.last_key == key
    assert_same(layer.backward(G), expected)


@each
def test_pickles_and_copies_go_on_as_the_layer_would(name):
    make, *_ = CASES[name]
    layer = make(5)
    layer(X)
    others = pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)
    expected = layer.backward(G), layer(X)
    for other in others:  # a deep copy of a Generator repeats its draws
        assert_same(other.backward(G), expected[0])
        assert_same(other(X), expected[1])
        assert repr(other) == repr(layer)
    same = copy.copy(layer)
    assert same.rng is layer.rng
    assert_same(same.backward(G), layer.backward(G))


@pytest.mark.parametrize(
    "make", [np.random.default_rng, np.random.PCG64, np.random.RandomState]
)
@pytest.mark.parametrize(
    "copy_of", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_layers_that_share_a_generator_share_it_in_a_copy_of_their_net(make, copy_of):
    rng = make(5)
    net = {
        "layers": [CASES[name][0](rng) for name in CASES],
        "join": dl.FractalJoin(rng=rng),
    }
    again = copy_of(net)
    for layers in (net, again):
        states = {id(layer.rng.bit_generator) for layer in layers["layers"]}
        assert states == {id(layers["join"].rng.bit_generator)}
    assert again["join"].rng.bit_generator is not net["join"].rng.bit_generator
    for layer, twin in zip(net["layers"], again["layers"], strict=True):
        for _ in range(2):
            assert_same(layer(X), twin(X))


@each
def test_training_resumes_from_a_pickle_and_from_the_state_of_rng(name):
    make, function, _, options = CASES[name]
    layer = make(5)
    y = layer(X)
    again = function(X, rng=layer.last_key, **options, **mode(function, True))
    assert_same(again, y)
    saved, state = pickle.dumps(layer), layer.rng.bit_generator.state
    expected = [layer(X) for _ in range(3)]
    from_pickle, from_state = pickle.loads(saved), make(8)
    from_state(X)
    from_state.rng.bit_generator.state = state
    assert_same(
        from_pickle.backward(G),
        CASES[name][2](G, rng=from_pickle.last_key, **options, **mode(function, True)),
    )
    for y in expected:
        assert_same(from_pickle(X), y)
        assert_same(from_state(X), y)


@each
def test_the_repr_of_a_layer_makes_it_again(name):
    make, *_ = CASES[name]
    layer = make(dl.Key(9))
    again = eval(repr(layer), {**vars(dl)})
    assert type(again) is type(layer)
    assert_same(again(X), layer(X))
    assert again.last_key == layer.last_key == dl.Key(9)


def test_the_repr_shows_what_is_not_usual():
    assert repr(dl.Dropout(0.2)) == "Dropout(p=0.2)"
    assert repr(dl.DropPath()) == "DropPath(drop_prob=None)"
    assert (
        repr(dl.DropBlock(block_size=(3, 5))) == "DropBlock(p=0.1, block_size=(3, 5))"
    )
    for axes in ([1], range(1, 2), np.array([1])):
        shown = "Dropout(p=0.5, shared_axes=(1,))"
        assert repr(dl.Dropout(shared_axes=axes)) == shown
    shown = "DropConnect(in_features=3, out_features=2, p=0.5, bias=False)"
    assert repr(dl.DropConnect(3, 2, bias=False)) == shown
    assert repr(dl.FractalJoin([0.1, 0.2])) == "FractalJoin(prob=(0.1, 0.2))"
    assert repr(dl.Identity()) == "Identity()"
    assert repr(dl.Dropout(rng=1)) == "Dropout(p=0.5, rng=Generator(PCG64))"
    shown = "AlphaDropout(p=0.5, rng=Generator(MT19937))"
    assert repr(dl.AlphaDropout(rng=np.random.RandomState(1))) == shown


@each
def test_where_nothing_is_drawn_no_word_is(name):
    make, function, _, options = CASES[name]
    del options
    rate = "drop_prob" if function is dl.drop_path else "p"

    def run(rate_now, train):
        def call(rng):
            layer = make(rng).train(train)
            setattr(layer, rate, rate_now)
            layer(X)

        return words_drawn(call)

    assert run(0.5, True) == 1
    assert run(0.5, False) == run(0.0, True) == run(0.0, False) == 0


def test_seeds_make_one_generator_and_none_makes_none():
    twice = [dl.Dropout(rng=seed) for seed in (3, 3)]
    first = [layer(X) for layer in twice]
    assert_same(*first)
    assert not np.array_equal(twice[0](X), first[0])
    layer = dl.Dropout(rng=None)
    assert layer.rng is None
    assert not np.array_equal(layer(X), layer(X))
    assert dl.Dropout(rng=np.random.SeedSequence(3)).rng is not None
    layer = dl.Dropout(rng=dl.Key(1))
    assert_same(layer(X), layer(X))
    assert layer.last_key == dl.Key(1)
    layer.p = 0.0
    assert layer(X) is X
    assert layer.last_key == dl.Key(1)


def test_a_layer_with_nothing_to_drop_is_an_identity():
    for layer in (dl.Dropout(0.0), dl.DropPath(), dl.DropPath(0.0), dl.Identity()):
        assert layer(X) is X
        assert layer.last_key is None
        assert layer.backward(G) is G
    assert dl.DropPath(0.3).eval()(X) is X


@pytest.mark.parametrize("x", [X, X.astype(int), X.tolist()], ids=["f8", "int", "list"])
@pytest.mark.parametrize("rng", [None, 1, dl.Key(1)], ids=str)
def test_the_last_key_is_one_that_was_drawn(x, rng):
    """By the fast path for some x, by Python for others."""
    layer = dl.Dropout(0.5, rng=rng)
    assert_same(layer(x), dl.dropout(x, 0.5, rng=layer.last_key))
    assert type(layer.last_key) is dl.Key
    assert type(int(layer.last_key)) is int
    layer.p = 1.0
    assert not layer(x).any()
    assert layer.last_key == (rng if isinstance(rng, dl.Key) else None)


def test_an_attribute_that_is_not_set_yet_is_an_attribute_error():
    class Late(dl.Dropout):
        def __init__(self):
            assert not hasattr(self, "p")
            with pytest.raises(AttributeError, match=r"'Late' .* no attribute 'rng'"):
                self.rng  # noqa: B018
            super().__init__()

    assert hasattr(Late(), "p")
    early = dl.Dropout.__new__(dl.Dropout)
    for name in ("scaling", "last_key", "rng", "rate", "_last"):
        assert not hasattr(early, name)
    with pytest.raises(AttributeError, match=r"no attribute 'last_key'$"):
        early.last_key  # noqa: B018


ALL = {
    "DropConnect": lambda: dl.DropConnect(3, 2),
    **{n: getattr(dl, n) for n in dl.layers.__all__ if n != "DropConnect"},
}
MEANT = {
    "Dropout": {
        "rate": "p",
        "drop_prob": "p",
        "prob": "p",
        "mode": "training",
    },
    "SpatialDropout": {"rate": "p", "axis": "channel_axis"},
    "AlphaDropout": {"rate": "p", "noise_shape": "shared_axes"},
    "GaussianDropout": {"rate": "p", "seed": "rng", "generator": "rng"},
    "DropPath": {"p": "drop_prob", "prob": "drop_prob", "scale_by": "scale_by_keep"},
    "DropBlock": {
        "rate": "p",
        "size": "block_size",
        "shared_channel": "shared_channels",
    },
    "DropConnect": {"weights": "weight", "rate": "p", "b": "bias", "dW": "grad_weight"},
    "FractalJoin": {"p": "prob", "drop_prob": "prob", "samplng": "sampling"},
    "Identity": {"trainning": "training"},
}


@pytest.mark.parametrize("name", ALL)
def test_an_attribute_that_a_layer_has_not_is_an_error_that_names_the_right_one(name):
    layer = ALL[name]()
    for wrong, right in MEANT[name].items():
        message = f"^'{name}' object has no attribute '{wrong}'; did you mean '{right}'"
        before = vars(layer).copy()
        with pytest.raises(AttributeError, match=message):
            setattr(layer, wrong, 0.5)
        with pytest.raises(AttributeError, match=message):
            getattr(layer, wrong)
        assert vars(layer) == before
        assert not hasattr(layer, wrong)
        setattr(layer, right, getattr(layer, right))
    with pytest.raises(AttributeError, match=r"'unlike'; it has .*rng, .*training"):
        layer.unlike = 1


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("method", ["train", "eval", "forward", "backward", "__call__"])
def test_no_attribute_hides_a_method(name, method):
    layer = ALL[name]()
    subclass = type("Sub", (type(layer),), {"__init__": lambda self: None})
    for one in (layer, subclass()):
        hint = "; did you mean 'training'" if method in ("train", "eval") else ""
        with pytest.raises(AttributeError, match=f"'{method}' is a method of .*{hint}"):
            setattr(one, method, False)
        assert callable(getattr(one, method))


def test_subclasses_have_attributes_of_their_own_and_hide_no_method_of_theirs():
    class Counted(dl.Dropout):
        calls = 0
        schedule = None

        def __init__(self, **options):
            self.early = 1
            super().__init__(**options)
            self.rate = 3

        def forward(self, x):
            self.calls += 1
            return super().forward(x)

        def reset(self):
            self.calls = 0

        @staticmethod
        def clock():
            return 0

        @classmethod
        def make(cls):
            return cls()

        @functools.cached_property
        def size(self):
            return self.rate + 1

        @property
        def broken(self):
            return self.p.absent

    layer = Counted(rng=dl.Key(1))
    layer.schedule = lambda step: 0.1
    assert_same(layer(X), dl.dropout(X, rng=dl.Key(1)))
    assert (layer.early, layer.calls, layer.rate, layer.size) == (1, 1, 3, 4)
    layer.size = 5
    assert layer.size == 5
    for method in ("reset", "clock", "make", "forward"):
        with pytest.raises(
            AttributeError, match=f"'{method}' is a method of 'Counted'"
        ):
            setattr(layer, method, None)
    with pytest.raises(
        AttributeError, match="'float' object has no attribute 'absent'"
    ):
        layer.broken  # noqa: B018
    with pytest.raises(ValueError, match="p must be"):
        layer.p = 2
    again = pickle.loads(pickle.dumps(make_subclass()))
    assert (again.note, again.p) == ("new", 0.25)


class Noted(dl.Dropout):
    """A subclass that pickle finds."""


def make_subclass():
    layer = Noted(0.25)
    layer.note = "new"
    return layer


def test_a_subclass_may_compute_an_option():
    class Annealed(dl.Dropout):
        step = 0

        @property
        def p(self):
            return self.step / 4

        @p.setter
        def p(self, value):
            assert value == 0.5

    layer = Annealed(rng=dl.Key(1))
    for step in range(5):
        layer.step = step
        assert_same(layer(X), dl.dropout(X, step / 4, rng=dl.Key(1)))


def test_subclasses_have_a_repr():
    class Wide(dl.Dropout):
        def __init__(self, width, p=0.25, *args, **options):
            super().__init__(p, **options)

    assert repr(Wide(3)) == "Wide(p=0.25)"

    class Scheduled(dl.Dropout):
        def __init__(self, schedule, **options):
            super().__init__(**options)
            self.schedule = schedule

    assert re.fullmatch(r"Scheduled\(schedule=<.*>\)", repr(Scheduled(lambda step: 1)))
    assert " at " not in repr(Scheduled(lambda step: 1))


# --- bad input ------------------------------------------------------------------------


def set_to(name, value):
    setattr(dl.DropConnect(3, 2), name, value)


def ragged_gradient():
    layer = dl.Dropout()
    layer(np.ones(2))
    layer.backward([[1, 2], [3]])


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (ValueError, r"p must be in \[0, 1\], got 2", lambda: dl.Dropout(2)),
        (TypeError, "p must be a real number", lambda: dl.AlphaDropout("0.5")),
        (ValueError, r"p must be in \[0, 1\), got 1", lambda: dl.GaussianDropout(1)),
        (ValueError, "drop_prob must be in", lambda: dl.DropPath(-0.1)),
        (ValueError, "prob must be in", lambda: dl.FractalJoin([0.5, 2])),
        (ValueError, "scaling must be", lambda: dl.Dropout(scaling="none")),
        (TypeError, "shared_axes must be", lambda: dl.Dropout(shared_axes=1.5)),
        (
            TypeError,
            "channel_axis must be",
            lambda: dl.SpatialDropout(channel_axis="c"),
        ),
        (ValueError, "per must be", lambda: dl.DropPath(per="row")),
        (TypeError, "scale_by_keep must be", lambda: dl.DropPath(scale_by_keep=1)),
        (ValueError, "scaling must be", lambda: dl.DropPath(scaling="none")),
        (
            ValueError,
            "scale_by_keep must be True with scaling='classic'",
            lambda: dl.DropPath(scaling="classic", scale_by_keep=False),
        ),
        (
            ValueError,
            "block_size must be at least 1",
            lambda: dl.DropBlock(block_size=0),
        ),
        (ValueError, "block_size must be", lambda: dl.DropBlock(block_size=())),
        (TypeError, "block_size must be", lambda: dl.DropBlock(block_size=2.5)),
        (TypeError, "shared_channels must", lambda: dl.DropBlock(shared_channels=0)),
        (ValueError, "sampling must be", lambda: dl.FractalJoin(sampling="some")),
        (ValueError, "in_features must be at least 1", lambda: dl.DropConnect(0, 3)),
        (TypeError, "out_features must be", lambda: dl.DropConnect(1, 3.5)),
        (ValueError, "out_features.*at most", lambda: dl.DropConnect(2**40, 2**40)),
        (TypeError, "training must be a bool", lambda: set_to("training", "test")),
        (AttributeError, "in_features", lambda: set_to("in_features", 7)),
        (ValueError, "grad must be array-like", ragged_gradient),
        (TypeError, "bias must be a bool", lambda: dl.DropConnect(1, 3, bias=None)),
        (TypeError, "per_sample must be", lambda: dl.DropConnect(1, 3, per_sample=2)),
        (TypeError, "rng must be", lambda: dl.Dropout(rng="seed")),
        (TypeError, "mode must be a bool", lambda: dl.Dropout().train("test")),
    ],
)
def test_bad_arguments_are_named(error, message, make):
    with pytest.raises(error, match=message):
        make()


def test_bad_values_are_named_where_they_are_set():
    layer = dl.Dropout(0.3)
    with pytest.raises(ValueError, match="p must be in"):
        layer.p = 1.5
    assert layer.p == 0.3
    layer.p = dl.ramp(1, 4, 0.4)
    assert layer.p == 0.1
