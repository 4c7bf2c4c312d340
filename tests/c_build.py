# SPDX-License-Identifier: BSD-3-Clause
"""How the tests compile the C files of src/ without setuptools."""

import ast
import os
import pathlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SRC = ROOT / "src"


def shipped_flags():
    """The compiler's flags in setup.py."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == "extra_compile_args":
            return ast.literal_eval(node.value)
    raise AssertionError("setup.py has no extra_compile_args")


def run(*command, expected=0, **options):
    """Runs a command that has to end with some status; gives what it printed."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != expected:
        said = "\n".join([" ".join(command), done.stdout, done.stderr])
        pytest.fail(f"status {done.returncode}: {said}", pytrace=False)
    return done.stdout + done.stderr


def compile_all(folder, sources, compiler, flags):
    """Compiles C files of the project by a command; gives the objects, named by their
    paths."""

    def compile_one(source):
        # Two files of one name would be one object.
        to = folder / source.relative_to(ROOT).with_suffix(".o")
        to.parent.mkdir(parents=True, exist_ok=True)
        run(*compiler, *flags, "-c", source, "-o", to)
        return to

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, sources))
