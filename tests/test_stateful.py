# SPDX-License-Identifier: BSD-3-Clause
"""Programs by chance: layers that train, test, go back, are copied and pickled, share a
generator with functions, and change their rates; every result is the oracle's."""

import copy
import os
import pickle

import numpy as np
import pytest
import reference as ref
import reference_family as fam
from arrays import assert_same, values
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import droplayers as dl

PROGRAMS = int(os.environ.get("DROPLAYERS_PROGRAMS", 20))

RATES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])
DTYPES = st.sampled_from(["f4", "f8", "f2"])
SHAPES = st.sampled_from([(4, 3, 5, 6), (1, 1, 8, 8), (7, 2, 3, 1), (2, 130, 2, 3)])


def forward_of(name):
    return getattr(ref if hasattr(ref, name) else fam, name)


# A layer, its rate's name, the oracle of its forward pass and of its backward pass.
LAYERS = {
    dl.Dropout: ("p", "dropout", "dropout"),
    dl.SpatialDropout: ("p", "spatial_dropout", "spatial_dropout"),
    dl.AlphaDropout: ("p", "alpha_dropout", "alpha_dropout_backward"),
    dl.GaussianDropout: ("p", "gaussian_dropout", "gaussian_dropout"),
    dl.DropBlock: ("p", "drop_block", "drop_block"),
    dl.DropPath: ("drop_prob", "drop_path", "drop_path"),
}


class Twin:
    """What a layer is to be: its rate, mode, last key and last shape."""

    def __init__(self, kind, rate):
        self.kind, self.rate = kind, rate
        self.training, self.last_key = True, None

    def expected(self, name, x, training, key):
        mode = training
        if self.kind is not dl.DropPath:
            mode = "train" if training else "test"
        return forward_of(name)(x, self.rate, mode, key=key)


class Programs(RuleBasedStateMachine):
    layers = Bundle("layers")
    keys = Bundle("keys")

    @initialize(seed=st.integers(0, 2**64 - 1))
    def start(self, seed):
        self.rng, self.twin = np.random.default_rng(seed), np.random.default_rng(seed)
        self.twins = {}

    def next_key(self):
        """The key that the shared generator gives next."""
        return int(self.twin.integers(0, 2**64, dtype=np.uint64))

    def add(self, layer, twin):
        self.twins[id(layer)] = layer, twin
        return layer

    def twin_of(self, layer):
        return self.twins[id(layer)][1]

    @rule(target=keys, n=st.integers(0, 2**64 - 1))
    def a_key(self, n):
        return dl.Key(n)

    @rule(target=keys, key=keys, i=st.integers(0, 2**64 - 1))
    def a_child(self, key, i):
        child = key.child(i)
        assert int(child) == ref.child(int(key), i)
        return child

    @rule(target=keys)
    def a_fresh_key(self):
        key = dl.Key.fresh(self.rng)
        assert int(key) == self.next_key()
        return key

    @rule(target=layers, kind=st.sampled_from([*LAYERS]), rate=RATES)
    def a_layer(self, kind, rate):
        if kind is dl.GaussianDropout:
            rate = min(rate, 0.9)
        return self.add(kind(rate, rng=self.rng), Twin(kind, rate))

    @rule(target=layers, layer=layers, key=keys)
    def a_layer_with_a_key(self, layer, key):
        """Its masks are all the same."""
        twin = self.twin_of(layer)
        return self.add(twin.kind(twin.rate, rng=key), Twin(twin.kind, twin.rate))

    @rule(target=layers, layer=layers, way=st.sampled_from(["copy", "pickle"]))
    def a_copy(self, layer, way):
        """Copies share the generator, as long as it is given back to them."""
        other = copy.copy(layer)
        if way == "pickle":
            other = pickle.loads(pickle.dumps(layer))
            other.rng = layer.rng
        return self.add(other, copy.copy(self.twin_of(layer)))

    @rule(layer=layers, training=st.booleans())
    def switch(self, layer, training):
        assert (layer.train() if training else layer.eval()) is layer
        self.twin_of(layer).training = training

    @rule(layer=layers, rate=RATES)
    def change_rate(self, layer, rate):
        twin = self.twin_of(layer)
        if twin.kind is dl.GaussianDropout:
            rate = min(rate, 0.9)
        setattr(layer, LAYERS[twin.kind][0], rate)
        twin.rate = rate

    @rule(layer=layers, shape=SHAPES, dtype=DTYPES, seed=st.integers(0, 9))
    def forward_and_back(self, layer, shape, dtype, seed):
        twin = self.twin_of(layer)
        x, grad = values(dtype, shape, seed), values(dtype, shape, seed + 1)
        _, name, backward = LAYERS[twin.kind]
        y = layer(x)
        if twin.training:
            twin.last_key = self.drawn(layer)
        assert_same(y, twin.expected(name, x, twin.training, twin.last_key))
        back = layer.backward(grad)
        assert_same(back, twin.expected(backward, grad, twin.training, twin.last_key))

    def drawn(self, layer):
        """The key of a layer's last pass: its own, or the generator's next. A layer
        that drops nothing or all has none."""
        if layer.last_key is None:
            assert self.twin_of(layer).rate in (0, 1)
            return None
        own = isinstance(layer.rng, dl.Key)
        key = int(layer.rng) if own else self.next_key()
        assert int(layer.last_key) == key
        return key

    @precondition(lambda self: self.twins)
    @rule(layer=layers)
    def back_before_a_pass(self, layer):
        fresh = self.twin_of(layer).kind(0.5)
        with pytest.raises(RuntimeError, match="forward"):
            fresh.backward(np.ones((1, 1, 2, 2)))

    @rule(key=keys, p=RATES, shape=SHAPES, dtype=DTYPES, seed=st.integers(0, 9))
    def a_function_with_a_key(self, key, p, shape, dtype, seed):
        x = values(dtype, shape, seed)
        y, keep = dl.dropout(x, p, rng=key, return_mask=True)
        assert_same(y, ref.dropout(x, p, key=int(key)))
        assert_same(keep, dl.keep_mask(shape, p, rng=key))
        assert_same(dl.dropout(x, p, mask=keep), y)

    @rule(p=st.sampled_from([0.1, 0.5]), shape=SHAPES)
    def a_function_with_the_generator(self, p, shape):
        keep = dl.keep_mask(shape, p, rng=self.rng)
        assert_same(keep, ref.keep_mask(shape, p, self.next_key()))

    @invariant()
    def generators_agree(self):
        if hasattr(self, "rng"):
            assert self.rng.bit_generator.state == self.twin.bit_generator.state


# Which programs is the profile's choice: the same at each run, or new ones.
Programs.TestCase.settings = settings(max_examples=PROGRAMS, stateful_step_count=25)
TestPrograms = Programs.TestCase
