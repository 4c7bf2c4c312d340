# SPDX-License-Identifier: BSD-3-Clause
"""Notebooks run from top to bottom, and say what is stored in them.

After a change that is meant, ``python tests/test_notebooks.py [NAME ...]`` stores the
outputs anew.
"""

import os
import sys

import pytest
from c_build import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
for _name in ("ipykernel", "matplotlib", "sklearn"):
    pytest.importorskip(_name)

FOLDER = ROOT / "notebooks"
NAMES = ["tutorial", "monte_carlo", "fractalnet", "data_loaders"]
MOST_SECONDS = 60
MOST_BYTES = 100 * 1024  #: of a picture
each = pytest.mark.parametrize("name", NAMES)


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def execute(notebook):
    """The notebook with the outputs that it has now."""
    copy = nbformat.from_dict(notebook)
    # A message that is lost must not hang the suite.
    options = {"timeout": 300, "kernel_name": "python3", "record_timing": False}
    where = {"metadata": {"path": FOLDER}}
    return nbclient.NotebookClient(copy, resources=where, **options).execute()


def outputs(notebook):
    """What each cell of code writes, and the kinds of the rest."""
    found = []
    for cell in notebook.cells:
        texts, kinds = "", []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                texts += output.text
            else:
                kinds.append(sorted(output.data))
                texts += "" if "image/png" in output.data else output.data["text/plain"]
        found.append((texts, kinds))
    return found


def cpu_seconds():
    """Of the processes that have ended, as kernels have."""
    times = os.times()
    return times.children_user + times.children_system


def pictures(notebook):
    return [
        output.data["image/png"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


@each
def test_outputs_are_those_that_are_stored(name):
    stored = read(name)
    before = cpu_seconds()
    assert outputs(execute(stored)) == outputs(stored)
    assert 0 < cpu_seconds() - before < MOST_SECONDS


@each
def test_what_is_stored_is_whole_and_small(name):
    notebook = read(name)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    assert pictures(notebook)
    for picture in pictures(notebook):
        assert len(picture) * 3 / 4 <= MOST_BYTES
    text = (FOLDER / f"{name}.ipynb").read_text()
    assert str(ROOT) not in text


def test_every_notebook_is_tested():
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


if __name__ == "__main__":
    for _name in sys.argv[1:] or NAMES:
        _notebook = execute(read(_name))
        _notebook.metadata = {
            "kernelspec": {
                "display_name": "Python 3", "language": "python", "name": "python3"
            },
            "language_info": {"name": "python"},
        }  # fmt: skip
        nbformat.write(_notebook, FOLDER / f"{_name}.ipynb")
