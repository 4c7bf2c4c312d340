# SPDX-License-Identifier: BSD-3-Clause
"""FractalJoin is fractal_join, and joins of one net agree on a column."""

import pickle

import numpy as np
import pytest
from arrays import assert_same
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl

X = np.random.default_rng(0).normal(size=(4, 3, 8))
G = np.random.default_rng(1).normal(size=(4, 3, 8))
PATHS = [X, None, 2 * X, X - 1]


@given(
    st.sampled_from([0.15, 0.5, (0.1, 0.2, 0.9, 1.0)]),
    st.sampled_from(["local", "global"]),
    st.sampled_from(["batch", "sample"]),
    st.booleans(),
)
def test_a_join_is_fractal_join(prob, sampling, per, train):
    layer = dl.FractalJoin(prob, sampling=sampling, per=per, rng=7).train(train)
    for _ in range(5):
        y = layer(PATHS)
        options = {"sampling": sampling, "per": per, "rng": layer.last_key}
        expected = dl.fractal_join(PATHS, prob, train, **options)
        grad = None if y is None else G
        grads = layer.backward(grad)
        shares = dl.fractal_join_backward(grad, PATHS, prob, train, **options)
        if y is None:
            assert expected is None
        else:
            assert_same(y, expected)
        for actual, share in zip(grads, shares, strict=True):
            if share is None:
                assert actual is None
            else:
                assert_same(actual, share)


def test_a_join_of_one_column_draws_nothing():
    layer = dl.FractalJoin(sampling="global", rng=7)
    assert layer(PATHS, 2) is PATHS[2]
    assert layer.last_key is None
    grads = layer.backward(G)
    assert grads[1] is None
    assert_same(grads[2], G)
    assert not grads[0].any()
    assert layer(PATHS, column=1) is None
    assert not layer.backward(None)[0].any()
    with pytest.raises(ValueError, match="grad must have"):
        layer.backward(G)


def test_joins_under_one_key_take_one_column():
    joins = [dl.FractalJoin(sampling="global", rng=dl.Key(4)) for _ in range(3)]
    living = [[X, 2 * X, 3 * X], [X, 2 * X, 3 * X], [2 * X, 4 * X, 6 * X]]
    first, second, third = (j(paths) for j, paths in zip(joins, living, strict=True))
    assert_same(first, second)
    assert_same(third, 2 * first)


def test_a_join_remembers_no_paths():
    layer = dl.FractalJoin(rng=1)
    layer([np.zeros((1000, 1000)), np.zeros((1000, 1000))])
    assert len(pickle.dumps(layer)) < 5000
    assert [g.shape for g in layer.backward(np.zeros((1000, 1000)))] == [
        (1000, 1000)
    ] * 2


def test_joins_of_one_seed_take_one_column_other_joins_must_be_told():
    dead = [[None] * 3, [X, 2 * X, 3 * X]]
    joins = [dl.FractalJoin(sampling="global", rng=5) for _ in range(3)]
    columns = []
    for step in range(20):
        # One of the joins is dead at times: it keeps in step.
        lists = [dead[1], dead[step % 2], dead[1]]
        first, _, third = (j(paths) for j, paths in zip(joins, lists, strict=True))
        assert_same(first, third)
        assert joins[0].last_key == joins[1].last_key == joins[2].last_key
        columns.append(round((first / X).mean()))
    assert set(columns) == {1, 2, 3}
    for rng in (None, np.random.default_rng(1), [1, 2]):
        join = dl.FractalJoin(sampling="global", rng=rng)
        with pytest.raises(TypeError, match="rng must be a Key or an int"):
            join(PATHS)
        assert join.last_key is None
        assert join(PATHS, column=2) is PATHS[2]
        assert_same(join.eval()(PATHS), dl.fractal_join(PATHS))
        join.train().rng = dl.Key(3)
        join(paths=[X, X])
        assert join.last_key == dl.Key(3)
