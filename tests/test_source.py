# SPDX-License-Identifier: BSD-3-Clause
"""Rules that hold for the source's text."""

import ast
import collections
import graphlib
import pathlib
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parents[1]

# --- Python ---------------------------------------------------------------------------

PACKAGE = ROOT / "droplayers"
ROOMS = [
    {"layers", "autograd"},
    {"functional"},
    {"_lib"},
    {"keys", "config", "schedules"},
    {"_validation", "_core"},
]
FLOORS = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = {*FILES, "droplayers._core"}


def imported(name):
    """The modules of the package that a module imports: in functions too, and what
    only type checkers read."""
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            folder = package.split(".")[: 1 - node.level or None] if node.level else []
            origin = ".".join([*folder, *filter(None, [node.module])])
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= (names & MODULES) | ({origin} if names - MODULES else set())
    return found & MODULES


IMPORTS = {name: imported(name) for name in FILES}


def room(name):
    return name.split(".")[1]


@pytest.mark.parametrize(
    "name", sorted({*FILES} - {"droplayers", "droplayers.__main__"})
)
def test_no_module_imports_one_of_a_floor_above(name):
    assert not [
        other
        for other in IMPORTS[name]
        if other == "droplayers" or FLOORS[room(other)] < FLOORS[room(name)]
    ]


def test_imports_have_no_cycle():
    order = [*graphlib.TopologicalSorter(IMPORTS).static_order()]
    assert set(order) == MODULES


def test_each_function_of_the_core_is_called_in_one_place():
    several = {"uniforms", "choices"}  # numbers, from which masks are made in two ways
    places = collections.defaultdict(list)
    for name in FILES.keys() - {"droplayers.config"}:
        for node in ast.walk(ast.parse(FILES[name].read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "_core":
                places[node.attr].append(name)
    assert len(places) > 5
    assert not {
        function: names
        for function, names in places.items()
        if len(names) > 1 and function not in several
    }


GONE = {
    "booleans",
    "fits",
    "meet",
    "select_rows",
    "FreshKey",
    "Option",
    "Pass",
    "Source",
}


@pytest.mark.parametrize("name", FILES)
def test_names_that_are_gone_stay_away(name):
    nodes = [*ast.walk(ast.parse(FILES[name].read_text()))]
    fields = "id", "arg", "attr", "name"
    names = {getattr(node, field, None) for node in nodes for field in fields}
    assert not names & GONE


def code_lines(tree):
    """The number of lines with statements, docstrings apart."""
    outer = ast.FunctionDef | ast.ClassDef | ast.Module
    lines = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            last = node.lineno if isinstance(node, outer) else node.end_lineno
            lines |= {*range(node.lineno, last + 1)}
    for node in ast.walk(tree):
        if isinstance(node, outer) and ast.get_docstring(node):
            lines -= {*range(node.body[0].lineno, node.body[0].end_lineno + 1)}
    return len(lines)


@pytest.mark.parametrize("name", FILES)
def test_files_and_functions_are_short(name):
    tree = ast.parse(FILES[name].read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert code_lines(tree) <= 250
    assert not [f.name for f in functions if code_lines(f) > 45]


def test_every_folder_is_a_package_of_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {module_name(path) for path in PACKAGE.rglob("__init__.py")}
    assert set(settings["tool"]["setuptools"]["packages"]) == packages
