# SPDX-License-Identifier: BSD-3-Clause
"""docs/how-to/other-libraries.md: its code, by each library's own means."""

import numpy as np
import page_code
import pytest

import droplayers as dl

PAGE = "how-to/other-libraries.md"
KEYS = dl.Key(0), dl.Key(2**63 + 1), dl.Key(2**64 - 1)


def ones(*shape):
    return np.ones(shape, np.float32)


# --- scikit-learn ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def sklearn_page():
    pytest.importorskip("sklearn")
    return page_code.run(PAGE, "scikit-learn")


def a_classification():
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


def test_a_pipeline_drops_features_while_it_is_fitted_alone(sklearn_page):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    x, y = a_classification()
    step = sklearn_page["FeatureDropout"](0.3, random_state=7)
    fitted = make_pipeline(step, LogisticRegression(max_iter=1000)).fit(x, y)
    noisy = dl.dropout(x, 0.3, rng=7)
    by_hand = LogisticRegression(max_iter=1000).fit(noisy, y)
    np.testing.assert_array_equal(fitted.predict_proba(x), by_hand.predict_proba(x))
    assert fitted.score(x, y) > 0.8


def test_the_step_is_an_estimator_to_scikit_learn(sklearn_page):
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    step = sklearn_page["FeatureDropout"](0.3, random_state=7)
    assert clone(step).get_params() == {"p": 0.3, "random_state": 7}
    pipeline = make_pipeline(step, LogisticRegression(max_iter=1000))
    rates = {"featuredropout__p": [0.0, 0.9]}
    search = GridSearchCV(pipeline, rates, cv=3).fit(*a_classification())
    assert search.best_params_ == {"featuredropout__p": 0.0}


def test_each_epoch_has_a_mask_of_its_own(sklearn_page):
    x, y = a_classification()
    first, second = (sklearn_page["fit"](x, y) for _ in range(2))
    np.testing.assert_array_equal(first.coef_, second.coef_)
    other = sklearn_page["fit"](x, y, key=dl.Key(1))
    assert not np.array_equal(first.coef_, other.coef_)


# --- Thinc ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thinc_page():
    pytest.importorskip("thinc")
    return page_code.run(PAGE, "Thinc")


def test_a_layer_of_thinc_draws_its_mask_again(thinc_page):
    layer = thinc_page["keyed_dropout"](0.5, np.random.default_rng(3))
    key = dl.Key.fresh(np.random.default_rng(3))
    y, backward = layer(ones(8, 6), is_train=True)
    expected = dl.dropout(ones(8, 6), 0.5, rng=key)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(backward(ones(8, 6)), expected)
    again, _ = layer(ones(8, 6), is_train=True)
    assert not np.array_equal(again, y)


def test_a_network_of_thinc_trains_and_predicts(thinc_page):
    from thinc.api import Adam, Relu, Softmax, chain, set_dropout_rate

    rng = np.random.default_rng(0)
    x = rng.random((64, 4), np.float32)
    y = np.eye(2, dtype=np.float32)[(x[:, 0] > x[:, 1]).astype(int)]
    network = chain(Relu(32), thinc_page["keyed_dropout"](0.2, rng), Softmax())
    network.initialize(x, y)
    optimizer = Adam(0.02)
    for _ in range(100):
        found, backward = network.begin_update(x)
        backward((found - y) / len(x))
        network.finish_update(optimizer)
    right = network.predict(x).argmax(axis=1) == y.argmax(axis=1)
    assert right.mean() > 0.9
    np.testing.assert_array_equal(network.predict(x), network.predict(x))
    set_dropout_rate(network, 1.0)
    found, _ = network.layers[1](ones(3, 2), is_train=True)
    assert not found.any()
    network.from_bytes(network.to_bytes())


# --- JAX ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jax_page():
    pytest.importorskip("jax")
    return page_code.run(PAGE, "JAX")


@pytest.mark.parametrize("key", KEYS)
def test_jax_has_the_masks_of_numpy_and_their_gradients(jax_page, key):
    import jax

    dropout, words = jax_page["dropout"], jax_page["split_key"](key)
    expected = dl.dropout(ones(8, 6), 0.5, rng=key)
    np.testing.assert_array_equal(dropout(ones(8, 6), 0.5, words), expected)
    compiled = jax.jit(dropout, static_argnums=1)
    np.testing.assert_array_equal(compiled(ones(8, 6), 0.5, words), expected)
    square = jax.jit(jax.grad(lambda x, words: (dropout(x, 0.5, words) ** 2).sum()))
    np.testing.assert_array_equal(square(ones(8, 6), words), 4 * expected)


def test_jax_has_keys_and_dtypes_of_its_own(jax_page):
    import jax
    import jax.numpy as jnp

    words = jax.random.bits(jax.random.key(0), (2,), "uint32")
    for dtype in "float32", "float16", "bfloat16":
        y = jax_page["dropout"](jnp.ones((64, 64), dtype), 0.25, words)
        assert y.dtype == dtype
        assert 0.7 < np.mean(np.asarray(y) != 0) < 0.8


def test_vmap_is_an_error(jax_page):
    import jax

    words = jax_page["split_key"](dl.Key(1))
    with pytest.raises(NotImplementedError, match="vmap"):
        jax.vmap(lambda x: jax_page["dropout"](x, 0.5, words))(ones(8, 6))
