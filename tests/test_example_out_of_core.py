# SPDX-License-Identifier: BSD-3-Clause
"""The example of an array larger than memory shows what it claims, or says so."""

import importlib
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
ROWS = {
    "droplayers.dask": ["rows", "columns", "tiles", "rows, two processes"],
    "map_blocks": ["rows", "tiles"],
}


@pytest.fixture
def example(monkeypatch):
    for name in ("dask.array", "distributed", "psutil", "tqdm"):
        pytest.importorskip(name)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("out_of_core")


def run(*options, cwd):
    program = [sys.executable, EXAMPLES / "out_of_core.py", *options]
    return subprocess.run(program, cwd=cwd, timeout=300, capture_output=True, text=True)


@pytest.mark.usefixtures("example")
def test_chunks_and_processes_give_one_result_and_the_idiom_gives_others(tmp_path):
    sizes = "--gib=0.004", "--chunk-mib=0.5", "--passes=2"
    result = run(*sizes, "--folder", tmp_path, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not [*tmp_path.iterdir()]
    assert "100%" in result.stderr
    digests = {
        name: {
            re.search(f"^{name}, {how} +([0-9a-f]+) ", result.stdout, re.MULTILINE)[1]
            for how in ROWS[name]
        }
        for name in ROWS
    }
    assert len(digests["droplayers.dask"]) == 1
    assert len(digests["map_blocks"]) == 2


@pytest.mark.parametrize("option", ["--gib=0", "--passes=0", "--chunk-mib=-1"])
def test_a_size_must_be_positive(example, option, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["out_of_core.py", option])
    with pytest.raises(SystemExit) as error:
        example.main()
    assert error.value.code == 2
    message = "--gib, --passes and --chunk-mib must be positive"
    assert message in capsys.readouterr().err


def test_results_that_depend_on_the_chunks_are_told(example, capsys):
    def runs(*digests):
        return [example.Run("name", digest, 0.5, 1.0, 2.0) for digest in digests]

    assert example.report(runs(1, 1), runs(2, 3))
    assert not example.report(runs(1, 2), runs(3, 4))
    assert "Results depend on the chunks" in capsys.readouterr().err
    assert not example.report(runs(1, 1), runs(2, 2))
    assert "should depend on the chunks" in capsys.readouterr().err


def test_the_digest_is_of_the_bits_and_their_places(example):
    da = importlib.import_module("dask.array")
    x = np.random.default_rng(0).random((40, 30), np.float32)

    def digest(x, chunks):
        parts = example.digests(da.from_array(x, chunks=chunks))
        return int(parts.compute(scheduler="sync").sum())

    assert digest(x, 7) == digest(x, (40, 11)) == digest(x, -1)
    other, swapped = x.copy(), x.copy()
    other[3, 4] = np.nextafter(x[3, 4], np.float32(2))
    swapped[[3, 5]] = x[[5, 3]]
    assert len({digest(y, 7) for y in (x, other, swapped)}) == 3
