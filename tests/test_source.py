# SPDX-License-Identifier: BSD-3-Clause
"""The rules that hold for the source files."""

import ast
import collections
import graphlib
import re
import shutil
import sys
import sysconfig
import tomllib

import numpy as np
import pytest
from c_build import ROOT, SRC, compile_all, run, shipped_flags

import droplayers as dl
from droplayers import _core

# --- C --------------------------------------------------------------------------------

# From the top down: a file uses its own room and those below it.
C_ROOMS = ("python", "ops", "array", "kernels", "stream", "base")


def text(name):
    """A C file without its comments."""
    return re.sub(r"/\*.*?\*/", "", (SRC / name).read_text(), flags=re.DOTALL)


NAMES = sorted(str(path.relative_to(SRC)) for path in SRC.rglob("*.[ch]"))
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<].+?[">])', re.MULTILINE)
INCLUDES = {name: INCLUDE.findall(text(name)) for name in NAMES}


def c_room(name):
    return name.split("/")[0]


def users(pattern):
    """The files whose code has a pattern in it."""
    return {name for name in NAMES if re.search(pattern, text(name), re.MULTILINE)}


def includers(pattern):
    """The files that include something by themselves."""
    return {n for n in NAMES if any(re.search(pattern, i) for i in INCLUDES[n])}


def test_every_file_is_in_a_room():
    assert {c_room(name) for name in NAMES} == set(C_ROOMS)


@pytest.mark.parametrize("name", NAMES)
def test_includes_never_run_upward(name):
    own = [i[1:-1] for i in INCLUDES[name] if i[0] == '"' or i[1:-1] in NAMES]
    for other in own:
        if (name, other) == ("kernels/simd/target.h", "emulate.h"):
            continue  # of tests/c, in their builds alone
        assert other in NAMES, "an include is written from src/"
        assert C_ROOMS.index(c_room(name)) <= C_ROOMS.index(c_room(other))


def test_includes_run_in_no_circle():
    def follow(name, seen):
        assert name not in seen, f"includes in a circle: {[*seen, name]}"
        for other in INCLUDES.get(name, ()):
            follow(other[1:-1], (*seen, name))

    for name in NAMES:
        follow(name, ())


def test_python_and_numpy_stay_in_their_room():
    assert includers(r"Python\.h|numpy/arrayobject") == {"python/numpy_api.h"}
    assert includers("numpy/") <= {"python/numpy_api.h", "python/key_from_rng.c"}
    assert {c_room(name) for name in users(r"\bPy[A-Z_]\w+|\bNPY_\w+")} == {"python"}


def test_no_object_of_python_is_kept_in_a_static():
    """Such a variable would be filled without a lock, and shared by interpreters: what
    the module keeps is in its state."""
    objects = r"\b(?:PyObject|Py\w+Object)\s*\*+\s*\w+"
    found = {}
    for name in sorted(users(r"\bPyObject\b")):
        for declaration in re.findall(r"^\s*static\s[^;{()]*[;={]", text(name), re.M):
            if re.search(objects, declaration):
                found.setdefault(name, []).append(declaration)
    assert found == {}


def test_the_processor_is_asked_and_threads_are_started_in_one_file_each():
    asked = includers(r"cpuid\.h") | users("__builtin_cpu_")
    assert asked == {"kernels/dispatch.c"}
    calls = r"\bpthread_|\bthrd_|\b_?beginthread"
    assert includers(r"threads?\.h>") | users(calls) == {
        "base/threads_posix.h",
        "base/threads_windows.h",
    }
    assert includers(r"base/threads_\w+\.h") == {"base/threads.c"}


C11_HEADERS = {
    *("complex", "ctype", "errno", "fenv", "float", "inttypes", "limits", "math"),
    *("stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio"),
    *("stdlib", "string"),
}


def test_headers_of_a_system_stay_in_four_files():
    """<time.h> is among them: what C alone has of it measures no span of time."""
    known = {f"<{name}.h>" for name in C11_HEADERS} | {"<Python.h>"}
    known |= {"<immintrin.h>", "<arm_neon.h>"}
    foreign = {
        name: others
        for name in NAMES
        if (others := {i for i in INCLUDES[name] if i[0] == "<"} - known)
        and not all(other.startswith("<numpy/") for other in others)
    }
    assert foreign.keys() == {
        "base/threads_posix.h",
        "base/threads_windows.h",
        "kernels/dispatch.c",
        "python/key_from_rng.c",
    }
    systems = r"_WIN32|__linux__|__APPLE__|__wasm__|__GLIBC__|_MSC_VER"
    assert users(systems) <= {*foreign, "base/threads.c"}


def test_intrinsics_live_in_the_word_lists_alone():
    x86 = r"\b_mm\d*_\w+|\b__m\d+\w*|\b__mmask\d+"
    arm = r"\bv[a-z0-9]+_(?:[a-z]+_)?[usfp]\d+\b|\b\w+\d+x\d+_t\b"
    lists = {f"kernels/simd/{isa}.h" for isa in ("avx2", "avx512", "neon")}
    assert users(f"{x86}|{arm}") == lists
    assert includers(r"intrin\.h|arm_neon\.h") == {"kernels/simd/target.h"}


def test_the_flags_relax_no_arithmetic_and_ask_for_no_instruction_set():
    flags = shipped_flags()
    assert "-ffp-contract=off" in flags
    assert not [f for f in flags if re.match("-ffast|-Ofast|-funsafe|-m", f)]


def test_subnormal_numbers_survive_the_import():
    assert sys.float_info.min / 2 > 0


def symbols(path, *options):
    """The global names of a binary: those it defines, and those it wants."""
    defined, wanted = set(), set()
    for line in run("nm", "-g", *options, path).splitlines():
        name = line.split()[-1].removeprefix("_")
        (wanted if re.search(" [Uw] ", line) else defined).add(name)
    return defined, wanted


needs_nm = pytest.mark.skipif(not shutil.which("nm"), reason="no nm")


@needs_nm
def test_the_module_exports_its_init_function_alone():
    on_linux = ["-D", "--defined-only"] if sys.platform == "linux" else ["-U"]
    assert symbols(_core.__file__, *on_linux)[0] == {"PyInit__core"}


@needs_nm
def test_names_that_files_share_begin_with_drop_and_are_never_used_upward(tmp_path):
    compiler = "gcc" if shutil.which("gcc") else "cc"
    include = [f"-I{path}" for path in (SRC, np.get_include())]
    include.append(f"-I{sysconfig.get_path('include')}")
    flags = ["-std=c11", "-O0", "-ffp-contract=off", *include]
    sources = sorted(SRC.rglob("*.c"))
    where, wants = {}, {}
    for source, path in zip(
        sources, compile_all(tmp_path, sources, [compiler], flags), strict=True
    ):
        name = str(source.relative_to(SRC))
        defined, wants[name] = symbols(path)
        for symbol in defined - {"PyInit__core"}:
            assert re.match("drop_|droplayers_numpy", symbol), name
            where[symbol] = c_room(name)
    for name, symbols_ in wants.items():
        for symbol in symbols_ & where.keys():
            assert C_ROOMS.index(c_room(name)) <= C_ROOMS.index(where[symbol]), symbol


LONG_FILES = {f"kernels/simd/{isa}.h": 300 for isa in ("scalar", "avx2", "avx512")}


def function_lengths(name):
    """The lines of each function in a C file, from its type to its closing brace."""
    lines = (SRC / name).read_text().splitlines()
    lengths = {}
    for brace, line in enumerate(lines):
        if line == "{":
            first = brace
            while re.match(r"[\w ]", lines[first - 1]):
                first -= 1
            lengths[lines[first + 1]] = lines.index("}", brace) - first + 1
    return lengths


@pytest.mark.parametrize("name", NAMES)
def test_c_files_and_functions_are_short(name):
    lines = (SRC / name).read_text().count("\n")
    assert lines <= LONG_FILES.get(name, 250)
    long = {f: n for f, n in function_lengths(name).items() if n > 40}
    assert not long


def test_functions_are_found_in_nearly_every_c_source():
    without = {n for n in NAMES if n.endswith(".c") and not function_lengths(n)}
    assert without == {f"kernels/{i}.c" for i in ("scalar", "neon", "avx2", "avx512")}


def test_c_tests_are_named_after_the_file_that_they_test():
    stems = {path.stem for path in SRC.rglob("*.[ch]")}
    for path in (ROOT / "tests" / "c").glob("test_*.c"):
        parts = path.stem.split("_")[1:]
        assert stems & {"_".join(parts[:n]) for n in range(1, len(parts) + 1)}, path


# --- C and Python ---------------------------------------------------------------------

# Metaphors of earlier commits, which said nothing to a newcomer.
METAPHORS = {
    *("furrow", "law", "leaf", "leaves", "patch", "patches", "plough", "sow", "sown"),
    *("stretch", "stretches", "watch", "watches"),
}
TEXTS = [
    *SRC.rglob("*.[ch]"),
    *(path for path in (ROOT / "droplayers").rglob("*.py*") if path.suffix != ".pyc"),
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_metaphors_stay_out_of_names_and_comments(path):
    words = set(re.findall(r"[A-Za-z]+", path.read_text().lower()))
    assert not words & METAPHORS


# Names that gave way to the field's terms; comments may need the English words.
GONE_NAMES = {
    *("along", "ask", "between", "connect", "entropy", "expand32", "how", "joined"),
    *("looking", "meet", "near", "nth", "piece", "share", "sharing", "stages", "term"),
    *("turn", "visit", "walk", "worth"),
}
# CPython's name for what traverses references.
ALLOWED_NAMES = {f"python/rng_state.{end}": {"visit"} for end in "ch"}


@pytest.mark.parametrize("name", NAMES)
def test_c_names_that_are_gone_stay_away(name):
    code = re.sub(r'"(?:[^"\\]|\\.)*"', "", text(name))
    words = re.findall(r"\w+", code.lower())
    parts = {part for word in words for part in word.split("_")}
    assert parts & GONE_NAMES <= ALLOWED_NAMES.get(name, set())


# --- Python ---------------------------------------------------------------------------

PACKAGE = ROOT / "droplayers"
PYTHON_ROOMS = [
    {"layers", "autograd", "dask", "plot"},
    {"functional"},
    {"_lib"},
    {"keys", "config", "schedules"},
    {"_validation"},
    {"_conversion", "_core", "_undo"},
]
FLOORS = {room: floor for floor, rooms in enumerate(PYTHON_ROOMS) for room in rooms}


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
    several |= {"elementwise"}  # of all functions that no entry is for
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


SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_folder_is_a_package_of_the_wheel():
    packages = {module_name(path) for path in PACKAGE.rglob("__init__.py")}
    assert set(SETTINGS["tool"]["setuptools"]["packages"]) == packages


def test_the_types_are_in_the_wheel():
    patterns = SETTINGS["tool"]["setuptools"]["package-data"]["*"]
    for path in [*PACKAGE.rglob("*.pyi"), *PACKAGE.rglob("py.typed")]:
        assert any(path.match(pattern) for pattern in patterns), path


def test_the_version_is_the_same_in_both_places():
    assert SETTINGS["project"]["version"] == dl.__version__


def test_the_interpreter_counts_references():
    """Old headers' inline functions end objects that are immortal from 3.12 on."""
    used = run("nm", "-D", "--undefined-only", _core.__file__)
    assert "Py_DecRef" in used
    assert "_Py_Dealloc" not in used


# --- Workflows ------------------------------------------------------------------------

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_their_hash_and_say_their_version(path):
    used = re.findall(r"^[ -]*uses: *(.*)$", path.read_text(), re.M)
    assert used
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert not [u for u in used if not u.startswith("$/") and not pinned.fullmatch(u)]


def test_an_action_has_the_same_version_wherever_it_is_used():
    versions = collections.defaultdict(set)
    for path in WORKFLOWS:
        for name, version in re.findall(r"uses: *(\S+)@(.*)", path.read_text()):
            versions[name].add(version)
    assert versions
    assert not {name: found for name, found in versions.items() if len(found) > 1}


def test_workflows_may_nothing_and_jobs_what_they_say():
    for path in WORKFLOWS:
        assert re.search(r"^permissions: \{\}$", path.read_text(), re.M), path
        checkouts = path.read_text().count("actions/checkout@")
        assert path.read_text().count("persist-credentials: false") == checkouts


def test_the_module_is_hardened_where_a_linux_linker_made_it():
    if sys.platform != "linux" or not shutil.which("readelf"):
        pytest.skip("no ELF, or no readelf")
    found = run("readelf", "-lWd", "--dyn-syms", _core.__file__)
    assert "GNU_RELRO" in found
    assert "BIND_NOW" in found
    assert re.search(r"GNU_STACK.* RW ", found)
    assert "UND __stack_chk_fail" in found
