# SPDX-License-Identifier: BSD-3-Clause
"""Type checkers take what runs, refuse what does not, and know the types of results.

The snippets of typing/ are users' code. Those in pass/ and reveal/ run, and checkers
accept them, with the types that reveal/ asserts. In fail/ checkers refuse each marked
line, which raises an error when it is run. Checkers are mypy --strict and pyright.
"""

import ast
import inspect
import json
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys

import pytest
from c_build import ROOT

import droplayers as dl

SNIPPETS = ROOT / "tests" / "typing"
FILES = sorted(SNIPPETS.rglob("*.py"))
FAILING = [path for path in FILES if path.parent.name == "fail"]
PLACES = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])


def snippets(paths):
    return pytest.mark.parametrize(
        "path", paths, ids=lambda path: str(path.relative_to(SNIPPETS))
    )


# --- what checkers say ----------------------------------------------------------------


def mypy_errors(cache):
    """The places of errors, and what they say."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
    command += ["--explicit-package-bases", "--no-error-summary", "--cache-dir", cache]
    run = subprocess.run([*command, *FILES], cwd=ROOT, capture_output=True, text=True)
    assert not run.stderr, run.stderr
    found = re.findall(r"^(.*?):(\d+): error: (.*)$", run.stdout, re.M)
    return {(ROOT / path, int(line)): message for path, line, message in found}


def pyright_errors():
    names = "pyright", "basedpyright"
    found = [*filter(None, (shutil.which(name, path=PLACES) for name in names))]
    if not found:
        pytest.skip("no pyright")
    command = [found[0], "--outputjson", "--pythonpath", sys.executable]
    run = subprocess.run([*command, *FILES], cwd=ROOT, capture_output=True, text=True)
    return {
        (pathlib.Path(error["file"]), error["range"]["start"]["line"] + 1): error
        for error in json.loads(run.stdout)["generalDiagnostics"]
        if error["severity"] == "error"
    }


def marked(path):
    """The places of the lines that have to be refused."""
    lines = path.read_text().splitlines()
    return {(path, i) for i, line in enumerate(lines, 1) if "  # E" in line}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_checkers_take_what_runs_and_refuse_what_does_not(checker, tmp_path):
    found = mypy_errors(tmp_path) if checker == "mypy" else pyright_errors()
    expected = set().union(*map(marked, FAILING))
    assert len(expected) > 40
    assert {place: found[place] for place in found.keys() - expected} == {}
    assert expected - found.keys() == set()


@snippets([path for path in FILES if path not in FAILING])
def test_what_checkers_take_runs(path):
    runpy.run_path(str(path))


@snippets(FAILING)
def test_what_checkers_refuse_is_an_error(path):
    names = {}
    lines = {line for _, line in marked(path)}
    for node in ast.parse(path.read_text()).body:
        code = compile(ast.Module([node], []), str(path), "exec")
        if node.lineno not in lines:
            exec(code, names)
            continue
        with pytest.raises((TypeError, ValueError, AttributeError)):
            exec(code, names)


# --- the stubs are true ---------------------------------------------------------------


def stub(module):
    """What a stub defines, and all classes by their names."""
    path = pathlib.Path(module.__file__).with_suffix(".pyi")
    body = ast.parse(path.read_text()).body
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    return body, classes


def members(classes, name):
    """The annotated names and methods of a class and of its bases in the stub."""
    own, bases = {}, {}
    for node in classes[name].body if name in classes else ():
        if isinstance(node, ast.AnnAssign):
            own[node.target.id] = node
        elif isinstance(node, ast.FunctionDef):
            own.setdefault(node.name, []).append(node)
    for base in classes[name].bases if name in classes else ():
        bases |= members(classes, ast.unparse(base).partition("[")[0])
    return bases | own


def parameters(node, classes):
    """The parameters of a function in a stub: their names, and defaults as text."""
    args = node.args
    positional = [a.arg for a in args.args if a.arg != "self"]
    defaults = [ast.unparse(value) for value in args.defaults]
    keywords = {a.arg for a in args.kwonlyargs}
    if args.kwarg:
        options = re.match(r"Unpack\[(\w+)", ast.unparse(args.kwarg.annotation))[1]
        keywords |= members(classes, options).keys()
    values = dict(zip(reversed(positional), reversed(defaults), strict=False))
    for a, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        values |= {} if value is None else {a.arg: ast.unparse(value)}
    return positional, keywords, values


def assert_same_parameters(node, function, classes):
    names = inspect.signature(function).parameters
    positional, keywords, values = parameters(node, classes)
    assert positional == [n for n, p in names.items() if p.kind is not p.KEYWORD_ONLY]
    assert keywords == {n for n, p in names.items() if p.kind is p.KEYWORD_ONLY}
    for name, text in values.items():
        assert ast.literal_eval(text) == names[name].default
    required = {n for n, p in names.items() if p.default is p.empty}
    literal = {"return_mask", "packed"}  # without its default where it has to be given
    assert required == {*positional} - values.keys() - literal


def test_the_stub_of_the_functions_has_their_parameters():
    body, classes = stub(dl.functional)
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {*dl.functional.__all__}
    for node in functions:
        assert_same_parameters(node, getattr(dl, node.name), classes)


@pytest.mark.parametrize("name", dl.layers.__all__)
def test_the_stub_of_the_layers_has_their_parameters_and_attributes(name):
    _, classes = stub(dl.layers)
    cls = getattr(dl, name)
    layer = cls(3, 2) if name == "DropConnect" else cls()
    there = members(classes, name)
    public = {n for n in dir(layer) if n[0] != "_"} | {"__init__", "__call__"}
    assert there.keys() == public
    for member, nodes in there.items():
        if isinstance(nodes, list) and callable(getattr(cls, member)):
            for node in nodes:
                function = cls if member == "__init__" else getattr(layer, member)
                assert_same_parameters(node, function, classes)
