# SPDX-License-Identifier: BSD-3-Clause
"""Rules that hold for the source's text."""

import ast
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


def test_every_folder_is_a_package_of_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {module_name(path) for path in PACKAGE.rglob("__init__.py")}
    assert set(settings["tool"]["setuptools"]["packages"]) == packages
