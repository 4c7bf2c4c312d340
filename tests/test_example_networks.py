# SPDX-License-Identifier: BSD-3-Clause
"""The examples on real data: they show what they claim, and say when it fails."""

import importlib
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import droplayers as dl

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
PNG = b"\x89PNG\r\n\x1a\n"

ROWS = {
    "monte_carlo": ["known", "known, upside down", "unseen", "class 9"],
    "fractalnet": ["without drop-path, seed 0", "with drop-path, seed 0"],
    "stochastic_depth": ["no dropping", "drop_path", "stochastic_depth"],
    "augmentation": ["chosen tokens", "missing cells", "values of an image"],
    "dropconnect": ["dropout", "DropConnect", "Monte Carlo", "moments", "mean-field"],
}


@pytest.fixture
def example(monkeypatch):
    """Import an example by its name, its layers made small."""
    for name in ("matplotlib", "sklearn", "threadpoolctl", "tqdm"):
        pytest.importorskip(name)
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def load(name, width=5):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "WIDTH", width)
        return module

    return load


def check_gradients(network, loss):
    """Compare each layer's gradients with the loss's change along some direction."""
    rng = np.random.default_rng(3)
    network.backward(loss()[1])
    for layer in network.linears:
        for parameter, gradient in zip(layer.parameters, layer.gradients, strict=True):
            values, direction = parameter.copy(), rng.standard_normal(parameter.shape)
            losses = []
            for step in (-1e-6, 1e-6):
                parameter[...] = values + step * direction
                losses.append(loss()[0])
            parameter[...] = values
            measured = (losses[1] - losses[0]) / 2e-6
            expected = np.vdot(gradient, direction)
            np.testing.assert_allclose(measured, expected, rtol=1e-5, atol=1e-8)


def in_double(network):
    """The network with random parameters, which are precise enough to be measured."""
    rng = np.random.default_rng(2)
    for layer in network.linears:
        layer.parameters = [rng.standard_normal(x.shape) for x in layer.parameters]
    return network


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("name", ROWS)
def test_the_short_form_shows_what_the_example_claims(name, tmp_path):
    path = tmp_path / "picture.png"
    result = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", "--short", "--out", path],
        cwd=tmp_path,
        timeout=300,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert path.read_bytes().startswith(PNG)
    assert "100%" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 88
    for row in ROWS[name]:
        assert re.search(rf"^ *{row}( +\d+\.\d+)+$", result.stdout, re.MULTILINE)


# --- augmentation ---------------------------------------------------------------------


@pytest.fixture
def augmentation(monkeypatch):
    for name in ("matplotlib", "sklearn", "tqdm"):
        pytest.importorskip(name)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("augmentation")


def test_the_loader_says_when_workers_or_shares_differ(augmentation, capsys):
    alike, shares = dict.fromkeys((0, 2, 4), "a"), {"missing cells": (0.15, 0.15)}
    shares["of them another"] = 0.1, 0.1
    assert augmentation.report(alike, shares)
    assert capsys.readouterr().err == ""
    assert not augmentation.report({**alike, 4: "b"}, shares)
    assert "all workers make the same batches" in capsys.readouterr().err
    assert not augmentation.report(alike, {**shares, "missing cells": (0.2, 0.15)})
    assert "missing cells" in capsys.readouterr().err


def test_a_sample_is_a_function_of_its_key_and_keeps_its_dtypes(augmentation):
    data = augmentation.LOADERS["digits"]().train.first(20)
    coloured = augmentation.colours(data)
    key = dl.Key(3)
    one, again = (augmentation.sample(data, coloured, key, 7) for _ in range(2))
    other = augmentation.sample(data, coloured, key.child(0), 7)
    for a, b in zip(one, again, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    assert any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    dtypes = [array.dtype for array in one]
    assert dtypes == [np.uint8, np.int64, np.int64, np.float32]


def test_tokens_are_masked_among_those_that_are_chosen(augmentation):
    tokens = np.random.default_rng(0).integers(0, augmentation.LEVELS, 100_000)
    masked, labels = augmentation.mask_tokens(tokens, dl.Key(1))
    chosen = labels != augmentation.IGNORED
    np.testing.assert_array_equal(labels[chosen], tokens[chosen])
    np.testing.assert_array_equal(masked[~chosen], tokens[~chosen])
    assert abs(chosen.mean() - 0.15) < 0.01
    assert abs((masked == augmentation.MASK)[chosen].mean() - 0.8) < 0.02
    assert abs((masked == tokens)[chosen].mean() - 0.1 - 0.1 / 17) < 0.01


# --- Monte Carlo dropout --------------------------------------------------------------


def runs(module, *, turned=0.5, unseen=0.5):
    """Two networks: what they measure of strange images, and 0 to 1 of known ones."""
    rng = np.random.default_rng(0)
    known = rng.random((len(module.ANGLES), 3, 200))
    known[-1] += turned
    shape = 3, 100
    return [module.Run(c, 0.9, known, unseen + rng.random(shape)) for c in (0, 1)]


def test_monte_carlo_says_when_strange_images_do_not_make_it_unsure(example, capsys):
    module = example("monte_carlo")
    assert module.report(runs(module))
    assert capsys.readouterr().err == ""
    for group, name in (("turned", module.UPSIDE_DOWN), ("unseen", module.UNSEEN)):
        for as_known in (0.0, np.nan):
            assert not module.report(runs(module, **{group: as_known}))
            assert capsys.readouterr().err.endswith(f": {name}\n")


def test_monte_carlo_says_when_its_masks_are_all_the_same(example, capsys):
    module = example("monte_carlo")
    alike = runs(module)
    for run in alike:
        run.turned[:, 1] = run.unseen[1] = 0  # the answers agree
    assert not module.report(alike)
    assert module.UNSEEN in capsys.readouterr().err


def test_one_call_asks_as_often_as_there_are_masks(example):
    module = example("monte_carlo", width=50)
    rng = np.random.default_rng(0)
    network = in_double(module.Network(6, 4, rng))
    network.linears[-1].parameters[0] /= 50  # that no answer is certain
    x, key = rng.random((3, 6)), dl.Key(1)
    scores = network.forward(np.broadcast_to(x, (50, 3, 6)), "train", key)
    assert len(np.unique(scores[..., 0])) == 150
    p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    mean = p.mean(axis=0)
    total = -(mean * np.log(mean)).sum(axis=-1)
    expected = -(p * np.log(p)).sum(axis=-1).mean(axis=0)
    measured = module.measure(network, x, 50, key)
    np.testing.assert_allclose(measured[:2], [total, total - expected], rtol=1e-9)


def test_the_gradients_of_the_dropout_network_are_those_of_its_loss(example):
    module = example("monte_carlo")
    rng = np.random.default_rng(0)
    network = in_double(module.Network(6, 4, rng))
    x, labels = rng.standard_normal((8, 6)), rng.integers(0, 4, 8)

    def loss():
        scores = network.forward(x, "train", dl.Key(1))
        return module.cross_entropy(scores, labels)

    check_gradients(network, loss)


def test_the_area_under_the_curve_counts_the_pairs(example):
    rng = np.random.default_rng(0)
    known, other = rng.integers(0, 9, 50), rng.integers(3, 12, 40)
    pairs = np.subtract.outer(other, known)
    expected = np.mean(pairs > 0) + np.mean(pairs == 0) / 2
    assert example("monte_carlo").auroc(known, other) == pytest.approx(expected)


@pytest.mark.parametrize("size", [7, 8])
def test_images_turn_about_their_middle(size, example):
    turn = example("monte_carlo").turn
    images = np.random.default_rng(0).random((2, size, size), np.float32)
    for quarters in range(3):
        clockwise = np.rot90(images, -quarters, axes=(1, 2))
        np.testing.assert_allclose(turn(images, 90 * quarters), clockwise, atol=1e-6)
    slope = np.indices((size, size)).sum(axis=0)[None].astype(np.float32)
    inner, middle = slice(2, size - 2), (size - 1) / 2
    rows = 2 * middle + np.sqrt(2) * (np.arange(size)[inner, None] - middle)
    rows = np.broadcast_to(rows, (size - 4, size - 4))
    np.testing.assert_allclose(turn(slope, 45)[0, inner, inner], rows, rtol=1e-6)


def test_the_class_left_out_is_nowhere_among_the_known(example):
    module = example("monte_carlo")
    images = module.Images(np.arange(10.0).reshape(10, 1, 1), np.arange(10))
    known, unseen = module.split(images, 4)
    assert known.images.ravel().tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert known.labels.tolist() == list(range(9))
    assert (unseen.images.ravel().tolist(), unseen.labels.tolist()) == ([4], [4])


# --- the fractal network --------------------------------------------------------------


@pytest.fixture
def fractal(example, monkeypatch):
    """Its module, with two blocks."""
    module = example("fractalnet")
    monkeypatch.setattr(module, "BLOCKS", 2)
    return module


def test_the_fractal_network_says_when_a_column_does_not_do_as_claimed(fractal, capsys):
    plan = fractal.PLANS["digits"]
    plain, dropped = np.full((3, 2, 4), 0.1), np.full((3, 2, 4), 0.9)
    plain[..., 0] = 0.9
    right = dict(zip(fractal.VARIANTS, (plain, dropped), strict=True))
    assert fractal.report(right, plan)
    assert capsys.readouterr().err == ""
    for name, curves in right.items():
        for part, what in ((0, "full network"), (3, "column")):
            for value in (1.0 - curves[1, -1, part], np.nan):
                wrong = curves.copy()
                wrong[1, -1, part] = value
                assert not fractal.report({**right, name: wrong}, plan)
                message = capsys.readouterr().err
                assert re.search(rf"a {what} \w+ {name}", message)


def test_a_column_taken_out_is_what_global_sampling_trained(fractal):
    rng = np.random.default_rng(0)
    network = fractal.Network(6, True, rng)
    x = rng.random((4, 6), np.float32)
    alone = [network.forward(x, "test", dl.Key(0), [c]) for c in range(fractal.COLUMNS)]
    chosen = []
    for key in map(dl.Key, range(40)):
        scores = network.forward(x, "train", key)
        if network.blocks[0].joins[0].how["sampling"] == "global":
            chosen += [c for c, y in enumerate(alone) if np.array_equal(scores, y)]
        else:
            chosen.append(None)
    assert len(chosen) == 40
    assert {*chosen} == {None, 0, 1, 2}
    assert 10 < chosen.count(None) < 30


def test_the_full_network_joins_all_columns(fractal):
    rng = np.random.default_rng(0)
    network, key = fractal.Network(6, False, rng), dl.Key(0)
    x = rng.random((4, 6), np.float32)
    full = network.forward(x, "test", key)
    np.testing.assert_array_equal(network.forward(x, "train", key), full)
    for block in network.blocks:
        living = [[path is not None for path in join.paths] for join in block.joins]
        assert living == [[0, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize("drop_path", [False, True])
def test_the_gradients_of_the_fractal_network_are_those_of_its_loss(drop_path, fractal):
    rng = np.random.default_rng(0)
    network = in_double(fractal.Network(6, drop_path, rng))
    x, labels = rng.standard_normal((8, 6)), rng.integers(0, 10, 8)
    for key in map(dl.Key, range(12)):

        def loss(key=key):
            scores = network.forward(x, "train", key)
            return fractal.cross_entropy(scores, labels)

        check_gradients(network, loss)


# --- stochastic depth -----------------------------------------------------------------


def results(module, **changes):
    """What the example's claims are about, as they hold, but for some changes."""
    found = {"first": 1.0, "accuracy": 0.95, "rows": 70, "seconds": 0.7, **changes}
    same = {"losses": np.array([1.0, 0.5]), "accuracies": np.array([0.9, 0.95])}
    usual = module.Result(**same, seconds=np.ones(2), rows=100, most=100)
    skipped = module.Result(
        np.array([found["first"], 0.5]),
        np.array([0.9, found["accuracy"]]),
        np.full(2, found["seconds"]),
        found["rows"],
        100,
    )
    return {module.PLAIN: usual, module.AFTER: usual, module.SKIPPED: skipped}


def test_stochastic_depth_says_when_skipping_changes_more_than_time(example, capsys):
    module = example("stochastic_depth")
    assert module.report(results(module))
    assert capsys.readouterr().err == ""
    for change, message in [
        ({"first": 1.01}, "lose the same"),
        ({"accuracy": 0.8}, "as accurate"),
        ({"rows": 100}, "the kept rows alone"),
        ({"seconds": 0.99}, "less time"),
        ({"first": np.nan}, "lose the same"),
        ({"seconds": np.nan}, "less time"),
    ]:
        assert not module.report(results(module, **change))
        assert message in capsys.readouterr().err
    assert module.report(results(module, seconds=0.99), timed=False)


def test_the_gradients_of_the_deep_network_are_those_of_its_loss(example, monkeypatch):
    module = example("stochastic_depth")
    monkeypatch.setattr(module, "HIDDEN", 4)
    monkeypatch.setattr(module, "BLOCKS", 5)
    x = np.random.default_rng(1).standard_normal((8, 6))
    labels = np.random.default_rng(2).integers(0, 10, 8)
    losses = {}
    for name in (module.PLAIN, module.AFTER, module.SKIPPED):
        rng = np.random.default_rng(0)
        network = in_double(module.Network(6, name, rng))

        def loss(network=network):
            scores = network.forward(x, "train", dl.Key(1))
            return module.cross_entropy(scores, labels)

        check_gradients(network, loss)
        losses[name] = loss()[0]
    assert losses[module.AFTER] == pytest.approx(losses[module.SKIPPED], rel=1e-12)
    assert losses[module.AFTER] != pytest.approx(losses[module.PLAIN], rel=1e-3)


# --- DropConnect ----------------------------------------------------------------------


def test_dropconnect_says_when_its_inference_is_not_that_of_masks(example, capsys):
    module = example("dropconnect")
    rng = np.random.default_rng(0)
    exact = rng.dirichlet(np.ones(10), 300)
    near, far = exact + 0.001, exact + 0.01 * rng.standard_normal(exact.shape)
    good = module.Inference(
        {module.MOMENTS: near, module.MEAN_FIELD: far},
        exact,
        rng.standard_normal((300, 20)),
        np.ones(20),
    )
    curves = dict.fromkeys(module.VARIANTS, np.full((1, 2), 0.9))
    labels, plan = np.zeros(300), module.PLANS["digits"]
    assert module.report(curves, good, labels, plan)
    assert capsys.readouterr().err == ""
    swapped = {module.MOMENTS: far, module.MEAN_FIELD: near}
    for wrong, message in [
        (good._replace(z=3 * good.z), "the means"),
        (good._replace(variances=1.2 * good.variances), "the variances"),
        (good._replace(variances=np.nan * good.variances), "the variances"),
        (good._replace(probabilities=swapped), "nearer"),
    ]:
        assert not module.report(curves, wrong, labels, plan)
        assert message in capsys.readouterr().err
    poor = {**curves, "DropConnect": np.full((1, 2), 0.7)}
    assert not module.report(poor, good, labels, plan)
    assert "learns" in capsys.readouterr().err


@pytest.mark.parametrize("variant", range(3))
def test_the_gradients_of_the_dropconnect_network_are_those_of_its_loss(
    variant, example
):
    module = example("dropconnect")
    rng = np.random.default_rng(0)
    network = in_double(module.Network(6, module.VARIANTS[variant], rng))
    x, labels = rng.standard_normal((8, 6)), rng.integers(0, 10, 8)

    def loss():
        scores = network.forward(x, "train", dl.Key(1))
        return module.cross_entropy(scores, labels)

    check_gradients(network, loss)
