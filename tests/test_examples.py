# SPDX-License-Identifier: BSD-3-Clause
"""What users run: the demonstration and the examples, each in its own process."""

import gzip
import importlib
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import droplayers as dl
from droplayers import __main__ as demonstration

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
INSTALLED = pathlib.Path(dl._core.__file__).parent
PNG = b"\x89PNG\r\n\x1a\n"


def run(*arguments, cwd=ROOT, timeout=60):
    """Run Python as a user does."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def classifier(monkeypatch):
    """The module of the first example, its network made small."""
    for name in ("matplotlib", "sklearn", "threadpoolctl", "tqdm"):
        pytest.importorskip(name)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    module = importlib.import_module("train_classifier")
    monkeypatch.setattr(module, "WIDTH", 6)
    return module


# --- the demonstration ----------------------------------------------------------------


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [(), ("--version",), ("--help",)])
def test_the_demonstration_ends_quietly_where_nobody_reads(arguments, unbuffered):
    read, write = os.pipe()
    command = [sys.executable, "-m", "droplayers", *arguments]
    options = {"stdout": write, "stderr": subprocess.PIPE, "cwd": ROOT}
    options["env"] = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(command, **options) as process:
        os.close(write)
        os.close(read)
        assert process.stderr.read() == b""
    if not (arguments and unbuffered):  # argparse itself passes over the error then
        assert process.returncode == 1


def test_the_demonstration_tells_its_version(capsys):
    version = f"droplayers {dl.__version__}\n"
    assert run("-m", "droplayers", "--version").stdout == version
    with pytest.raises(SystemExit) as ended:
        demonstration.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == version


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_demonstration_shows_all_its_parts(elsewhere, tmp_path):
    result = run("-m", "droplayers", cwd=tmp_path if elsewhere else ROOT, timeout=20)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    headings = re.findall(r"^(.+)\n-+$", result.stdout, re.MULTILINE)
    assert [heading.split()[0] for heading in headings] == [
        "A",
        "drop_path(x,",
        "Share",
        "Time",
    ]
    assert max(map(len, result.stdout.splitlines())) <= 88
    assert "nan" not in result.stdout


def test_the_demonstration_shows_the_masks_of_its_key(capsys):
    demonstration.show_small(dl.Key(5))
    demonstration.show_samples(dl.Key(5))
    shown = capsys.readouterr().out
    first, second = dl.Key(5).split(2)
    x = np.arange(1.0, 13.0).reshape(3, 4)
    for y in (dl.dropout(x, 0.5, rng=first), dl.drop_path(x, 0.5, True, rng=second)):
        assert all(line in shown for line in str(y).splitlines())
    kept = dl.keep_mask(4, 0.2, rng=dl.Key(5).child(2))
    assert re.findall(r"^y\[\d\] (\w+)", shown, re.MULTILINE) == [
        "kept" if k else "dropped" for k in kept
    ]


def test_the_demonstration_fails_when_the_share_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(demonstration, "ELEMENTS", 10_000)
    rng = np.random.default_rng(1)
    assert demonstration.show_statistics(rng)
    twice = dl.dropout
    monkeypatch.setattr(dl, "dropout", lambda x, p, **rest: twice(x, 2 * p, **rest))
    assert not demonstration.show_statistics(rng)


@pytest.mark.parametrize("key", ["-1", "18446744073709551616", "x"])
def test_the_demonstration_names_a_key_that_cannot_be(key, capsys):
    with pytest.raises(SystemExit) as error:
        demonstration.main(["--key", key])
    assert error.value.code == 2
    assert "--key" in capsys.readouterr().err


def test_the_command_is_the_demonstration():
    (command,) = importlib.metadata.entry_points(
        group="console_scripts", name="droplayers"
    )
    assert command.load() is demonstration.main


# --- a checkout whose folder hides an installed copy ----------------------------------


def test_a_checkout_continues_in_the_installed_copy(tmp_path, monkeypatch):
    checkout, site = tmp_path / "checkout", tmp_path / "site"
    unbuilt = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(INSTALLED, checkout / "droplayers", ignore=unbuilt)
    site.mkdir()
    (site / "droplayers").symlink_to(INSTALLED)
    numpy = pathlib.Path(np.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (site, numpy))))
    program = "import droplayers as d; print(d.__file__, d._core.__file__, sep='\\n')"
    result = run("-S", "-c", program, cwd=checkout)  # -S: no other copy's finder
    assert result.returncode == 0, result.stderr
    files = map(pathlib.Path, result.stdout.splitlines())
    assert [file.parents[1] for file in files] == [checkout, site]


# --- the classifier -------------------------------------------------------------------


@pytest.mark.usefixtures("classifier")
def test_the_classifier_learns_and_draws_its_curves(tmp_path):
    path = tmp_path / "curves.png"
    script = EXAMPLES / "train_classifier.py"
    result = run(script, "--short", "--out", path, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert path.read_bytes().startswith(PNG)
    assert "dropout and drop-path" in result.stdout


def test_the_classifier_says_when_it_has_not_learnt(classifier, capsys):
    plan = classifier.PLANS["digits"]._replace(epochs=2)
    data = sys.modules["data"].LOADERS["digits"]()
    good, bad = np.ones((3, 2, 2)), np.ones((3, 2, 2))
    bad[1, -1, 1] = classifier.nearest_mean(data)
    assert classifier.report({"good": good}, plan, data)
    assert not classifier.report({"good": good, "bad": bad}, plan, data)
    assert "did not learn" in capsys.readouterr().err


def test_the_gradients_of_the_classifier_are_those_of_its_loss(classifier):
    rng = np.random.default_rng(0)
    network = classifier.Network(5, classifier.Rates(0.3, 0.4), rng)
    for layer in network.linears:
        layer.parameters = [rng.standard_normal(x.shape) for x in layer.parameters]
    x, labels = rng.standard_normal((8, 5)), rng.integers(0, 10, 8)

    def loss_and_gradient():
        scores = network.forward(x, "train", dl.Key(1))
        return classifier.cross_entropy(scores, labels)

    network.backward(loss_and_gradient()[1])
    for layer in network.linears:
        for parameter, gradient in zip(layer.parameters, layer.gradients, strict=True):
            measured = np.empty_like(parameter)
            for i in np.ndindex(parameter.shape):
                value = parameter[i]
                losses = []
                for step in (-1e-6, 1e-6):
                    parameter[i] = value + step
                    losses.append(loss_and_gradient()[0])
                parameter[i] = value
                measured[i] = (losses[1] - losses[0]) / 2e-6
            np.testing.assert_allclose(gradient, measured, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("count", ["0", "-5", "some"])
def test_an_example_needs_images(classifier, count):
    result = run("examples/train_classifier.py", f"--images={count}")
    assert result.returncode == 2
    assert f"--images: expected a number from 1 on, got '{count}'" in result.stderr


def test_idx_files_are_read_as_they_are_written(classifier, tmp_path):
    data = importlib.import_module("data")
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "images.gz"
    lengths = np.array(images.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + lengths + images.tobytes()))
    np.testing.assert_array_equal(data.read_idx(path), images)
    path.write_bytes(gzip.compress(b"\0\0\x0d\x03" + lengths + images.tobytes()))
    with pytest.raises(ValueError, match="IDX"):
        data.read_idx(path)
