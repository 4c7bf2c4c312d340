# SPDX-License-Identifier: BSD-3-Clause
"""The branch of stochastic_depth sees the kept samples alone, and whatever it does,
nothing is lost."""

import tracemalloc
import warnings

import ml_dtypes
import numpy as np
import pytest
from arrays import assert_same
from calls import words_drawn

import droplayers as dl

PASSES = [dl.stochastic_depth, dl.stochastic_depth_backward]
SAMPLINGS = ["bernoulli", "fixed"]


class Seen:
    """A branch that remembers what it was given."""

    def __init__(self):
        self.inputs = []

    def __call__(self, v):
        self.inputs.append(v.copy())
        assert v.flags.writeable
        assert type(v) is np.ndarray
        return 2 * v


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("prob", [0.0, 0.1, 0.5, 0.9])
def test_a_branch_sees_the_kept_rows_and_no_others(function, sampling, prob):
    x = np.random.default_rng(0).normal(size=(100, 3)).astype("f4")
    for key in map(dl.Key, range(9)):
        branch = Seen()
        y = function(x, branch, prob, True, sampling=sampling, rng=key)
        rows, scale = dl.kept_rows(100, prob, sampling=sampling, rng=key)
        assert len(branch.inputs) == (rows.size > 0)
        assert_same(np.concatenate([x[:0], *branch.inputs]), x[rows])
        expected = x.copy()
        expected[rows] += np.float32(scale) * (2 * x[rows])
        assert_same(y, expected)


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("scaling", ["inverted", "classic"])
def test_per_batch_a_branch_sees_everything_or_nothing(function, scaling):
    x = np.random.default_rng(0).normal(size=(30, 4))
    seen = []
    for key in map(dl.Key, range(30)):
        branch = Seen()
        options = {"per": "batch", "scaling": scaling, "rng": key}
        y = function(x, branch, 0.5, True, **options)
        keep = dl.drop_path(x, 0.5, True, per="batch", rng=key, return_mask=True)[1]
        assert len(branch.inputs) == keep[0]
        if keep[0]:
            assert_same(branch.inputs[0], x)
            assert_same(y, x + (2 if scaling == "inverted" else 1) * (2 * x))
        else:
            assert_same(y, x)
        seen.append(bool(keep[0]))
    assert 5 < sum(seen) < 25


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("per", ["sample", "batch"])
def test_classic_scaling_is_the_papers(function, per):
    x = np.random.default_rng(0).normal(size=(50, 4))
    options = {"per": per, "scaling": "classic", "rng": dl.Key(2)}
    y = function(x, np.cos, 0.3, **options)
    assert_same(y, x + (1 - 0.3) * np.cos(x))
    branch = Seen()
    assert_same(function(x, branch, 1, **options), x)
    assert not branch.inputs
    y = function(x, np.cos, 0.3, True, **options)
    assert np.all((y == x) | (y == x + np.cos(x)))


def test_the_work_of_a_branch_falls_with_the_share_dropped():
    x = np.ones((1000, 2))
    rows = []
    for prob in (0.0, 0.25, 0.5, 0.75, 0.99):
        branch = Seen()
        dl.stochastic_depth(x, branch, prob, True, sampling="fixed", rng=3)
        rows.append(len(branch.inputs[0]))
    assert rows == [1000, 750, 500, 250, 10]


def test_a_branch_sees_everything_in_test_mode():
    branch = Seen()
    x = np.arange(6).reshape(2, 3)
    y = dl.stochastic_depth(x, branch, 0.9)
    assert_same(branch.inputs[0], x.astype(float))
    assert_same(y, 3.0 * x)


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_branch_is_not_called_where_no_row_is_kept(function, sampling):
    def branch(v):
        raise AssertionError("was called")

    options = {"sampling": sampling}
    x = np.array([[-0.0, np.nan], [np.inf, 1.0]], np.float32)
    y = function(x, branch, 1, True, **options)
    assert_same(y, x)
    assert not np.shares_memory(x, y)
    out = np.empty((2, 2))
    assert function(x, branch, 1, True, **options, out=out) is out
    assert_same(out, x.astype(float))
    assert_same(function(x[:, :0][:0], branch, 0.5, True, **options), x[:0, :0])
    assert_same(function(x[:0], branch, **options), x[:0])
    if sampling == "bernoulli":
        nothing = next(k for k in range(99) if not dl.keep_mask(2, 0.5, rng=k).any())
        for dtype in ("f4", "g", "F", "i4"):
            y = np.array([[1, 2], [3, 4]], dtype)
            expected = y.astype(float) if dtype == "i4" else y
            assert_same(function(y, branch, 0.5, True, rng=nothing), expected)


def test_a_result_never_shares_memory_with_x():
    x = np.ones((4, 3))
    for prob, training in ((0, True), (0.5, True), (1, True), (0.5, False)):
        y = dl.stochastic_depth(x, lambda v: v, prob, training, rng=1)
        assert not np.shares_memory(x, y)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("prob", [0.0, 0.5])
def test_a_branch_that_writes_in_place_does_not_change_x(training, prob):
    x = np.ones((20, 3))

    def branch(v):
        v *= 7
        return v

    y = dl.stochastic_depth(x, branch, prob, training, rng=1)
    assert np.all(x == 1)
    scale = 2 if training and prob else 1
    assert set(y.ravel().tolist()) <= {1.0, 1.0 + 7 * scale}


def flatten(x):
    """Makes an array one-dimensional where it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x.shape = (x.size,)


def test_a_branch_that_flattens_its_argument_is_still_held_to_its_shape():
    def branch(v):
        flatten(v)
        return v

    with pytest.raises(ValueError, match=r"^branch's result must have .* \(4, 3\)"):
        dl.stochastic_depth(np.ones((4, 3)), branch)


def test_a_branch_that_flattens_x_changes_nothing():
    x = np.ones((4, 3))

    def branch(v):
        flatten(x)
        return v

    assert_same(dl.stochastic_depth(x, branch), np.full((4, 3), 2.0))


def test_a_branch_that_flattens_out_is_an_error_and_nothing_is_lost():
    out = np.full((4, 3), 7.0)

    def branch(v):
        flatten(out)
        return v

    with pytest.raises(ValueError, match=r"^out must have shape \(4, 3\), got \(12,\)"):
        dl.stochastic_depth(np.ones((4, 3)), branch, out=out)
    assert np.all(out == 7)


@pytest.mark.parametrize("function", PASSES)
def test_a_branch_that_raises_leaves_everything_as_it_was(function):
    x, out = np.ones((20, 3)), np.full((20, 3), 7.0)

    def branch(v):
        v[:] = 5
        raise KeyError("of the branch")

    for target in (out, x, None):
        with pytest.raises(KeyError, match="of the branch"):
            function(x, branch, 0.5, True, rng=1, out=target)
        assert np.all(x == 1)
        assert np.all(out == 7)


RESULTS = [
    (ValueError, lambda v: v[:, :1]),
    (ValueError, lambda v: v[:-1]),
    (ValueError, lambda v: v.T),
    (ValueError, lambda v: v[None]),
    (ValueError, lambda v: v.sum()),
    (TypeError, lambda v: None),
    (ValueError, lambda v: [[1.0], [2.0, 3.0]]),
    (TypeError, lambda v: v.astype("O")),
    (TypeError, lambda v: v.astype("S3")),
    (TypeError, lambda v: np.ma.array(v)),
    (TypeError, lambda v: v.astype(ml_dtypes.float8_e5m2)),
    (TypeError, lambda v: np.zeros(v.shape, "M8[s]")),
]


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize(("error", "branch"), RESULTS)
def test_a_result_that_does_not_fit_is_an_error_and_nothing_is_lost(
    function, error, branch
):
    x, out = np.ones((20, 3)), np.full((20, 3), 7.0)
    name = "branch" if function is dl.stochastic_depth else "branch_backward"
    for prob, training in ((0.5, True), (0, True), (0.5, False)):
        for target in (out, x):
            with pytest.raises(error, match=rf"^{name}'s result must "):
                function(x, branch, prob, training, rng=1, out=target)
            assert np.all(x == 1)
            assert np.all(out == 7)


def test_a_result_that_out_cannot_take_is_an_error_and_nothing_is_lost():
    x = np.ones((20, 3), np.float32)
    for target in (np.full((20, 3), 7.0, np.float32), x):
        before = target.copy()
        with pytest.raises(TypeError, match=r"^out must take complex128 .* float32$"):
            dl.stochastic_depth(x, lambda v: v * 1j + np.ones(1), out=target)
        assert_same(target, before)
    halves = np.ones((4, 3), np.float16)
    with pytest.raises(TypeError, match=r"^branch's result must promote with its arg"):
        dl.stochastic_depth(halves, lambda v: v.astype(ml_dtypes.bfloat16))


def test_no_array_of_x_in_whole_is_made_but_the_result():
    x = np.ones((1000, 1000))
    out, part = np.empty_like(x), np.ones((100, 1000))
    options = {"sampling": "fixed", "rng": 1, "out": out}
    tracemalloc.start()
    try:
        dl.stochastic_depth(x, lambda v: part, 0.9, True, **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert part.nbytes < peak < 2 * part.nbytes


CASES = [
    (1, 0.5, True),
    (1, 1e-30, True),
    (0, 0, True),
    (0, 1, True),
    (0, 0.5, False),
]


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(("words", "prob", "training"), CASES)
def test_a_generator_advances_by_one_word_or_by_none(
    function, sampling, words, prob, training
):
    def call(rng, **options):
        options = {"sampling": sampling, "rng": rng, **options}
        function(np.ones((9, 2)), np.negative, prob, training, **options)

    assert words_drawn(call) == words
    if sampling == "bernoulli":
        assert words_drawn(lambda rng: call(rng, per="batch")) == words
        assert words_drawn(lambda rng: call(rng, scaling="classic")) == words


X = np.arange(24, dtype=np.float32).reshape(4, 6)
BAD = [
    *((TypeError, "x", {"x": x}) for x in (X.astype("O"), [["a"]], np.ma.array(X))),
    *((ValueError, "x", {"x": x}) for x in (3.0, np.array(3.0))),
    *((TypeError, "branch", {"branch": b}) for b in (None, X, "tanh", 3)),
    *((ValueError, "prob", {"prob": p}) for p in (-0.1, 1.5, np.nan, -5e-324, 2)),
    *((TypeError, "prob", {"prob": p}) for p in (None, "0.5", True, 0.5j, [0.5] * 4)),
    *((TypeError, "training", {"training": t}) for t in (1, 0, None, "train")),
    *((ValueError, "sampling", {"sampling": s}) for s in ("row", None, 0, True)),
    *((ValueError, "per", {"per": p}) for p in ("row", None, 0, True)),
    *((ValueError, "scaling", {"scaling": s}) for s in ("none", None, 0, True)),
    (ValueError, "sampling", {"sampling": "fixed", "per": "batch"}),
    (ValueError, "sampling", {"sampling": "fixed", "scaling": "classic"}),
    *((TypeError, "rng", {"rng": rng}) for rng in ("seed", 0.5)),
    *((ValueError, "out", {"out": out}) for out in (X[0].copy(), X.T.copy())),
    (ValueError, "out", {"out": np.broadcast_to(X[:1], X.shape)}),
    *((TypeError, "out", {"out": out}) for out in (X.astype(int), X.tolist(), True)),
    (TypeError, "out", {"x": X.astype("F")}),
]
BACKWARD = {"x": "grad", "branch": "branch_backward"}


@pytest.mark.parametrize("function", PASSES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(("error", "name", "bad"), BAD)
def test_a_bad_argument_is_named_and_nothing_happens(
    function, error, name, bad, sampling
):
    seen, out = Seen(), np.full_like(X, 7)
    name = name if function is dl.stochastic_depth else BACKWARD.get(name, name)

    def call(rng):
        arguments = {"x": X, "branch": seen, "prob": 0.5, "training": True}
        arguments |= {"sampling": sampling, "rng": rng, "out": out, **bad}
        x, branch = arguments.pop("x"), arguments.pop("branch")
        with pytest.raises(error, match=rf"^{name} must .*, got "):
            function(x, branch, **arguments)

    assert words_drawn(call) == 0
    assert not seen.inputs
    assert np.all(out == 7)


def test_bad_arguments_are_refused_in_test_mode_too():
    both = {"sampling": "fixed", "per": "batch"}
    for bad in ({"prob": 2}, {"sampling": "no"}, {"out": X[0]}, {"per": "no"}, both):
        with pytest.raises(ValueError, match=rf"^{next(iter(bad))}\b"):
            dl.stochastic_depth(X, np.negative, **bad)
