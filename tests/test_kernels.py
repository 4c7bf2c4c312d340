# SPDX-License-Identifier: BSD-3-Clause
"""The C code without Python.

tests/c holds a program that checks a list of kernels, and all the plain C around it,
bit for bit. Here it is built and run for every list in every way that this machine
has: natively, emulated and, where everything is asked for, with sanitizers. Then come
the rules that hold for the C files.
"""

import ast
import functools
import importlib.util
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from droplayers import _core

ROOT = pathlib.Path(__file__).parents[1]
SRC, TESTS = ROOT / "src", ROOT / "tests" / "c"
KNOWN_ANSWERS = ROOT / "tests" / "data" / "philox_kat.txt"

# Where this is set every list has to run, without a warning; elsewhere tools may be
# missing, and compilers may be newer than the code.
ALL = bool(os.environ.get("CI") or os.environ.get("DROPLAYERS_ALL_KERNELS"))

LISTS = ("scalar", "avx2", "avx512", "neon")
NATIVE = {
    "x86_64": ("scalar", "avx2", "avx512"),
    "aarch64": ("scalar", "neon"),
    "arm64": ("scalar", "neon"),
}.get(platform.machine(), ("scalar",))

# The files that know Python.
KNOWING = ["calls", "entropy", "module", "ndarray", "plain", "products", "seeds"]
PYTHON = {"python.h", "core.h", "ndarray.h"} | {f"{name}.c" for name in KNOWING}


def shipped_flags():
    """The compiler's flags in setup.py."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == "extra_compile_args":
            return ast.literal_eval(node.value)
    raise AssertionError("setup.py has no extra_compile_args")


# --- the ways -------------------------------------------------------------------------

WARNINGS = "-Wall -Wextra -Werror" if ALL else "-Wall -Wextra"


@dataclass(frozen=True)
class Way:
    """A way to build and run some lists; of many cases one in `thin` is tested."""

    name: str
    lists: tuple[str, ...]
    compiler: str
    flags: str = WARNINGS
    emulator: str = ""
    thin: int = 1

    def __str__(self):
        return self.name.replace(" ", "-")

    @property
    def is_native(self):
        return not self.emulator and self.name != "SIMDe"


GCC = "gcc" if shutil.which("gcc") else "cc"
SANITIZERS = [
    Way(
        "gcc with address and undefined behaviour sanitizers",
        NATIVE,
        GCC,
        "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all",
        thin=4,
    ),
    Way(
        "gcc with thread sanitizer",
        ("scalar",),
        GCC,
        "-O1 -g -fsanitize=thread",
        thin=20,
    ),
]
WAYS = [
    Way("gcc", NATIVE, GCC),
    Way("clang", NATIVE, "clang"),
    Way(
        "SIMDe",
        ("avx2", "avx512", "neon"),
        GCC,
        "-O1 -w -DDROP_EMULATE -DSIMDE_ENABLE_NATIVE_ALIASES",
        thin=4,
    ),
    Way(
        "qemu-aarch64",
        ("scalar", "neon"),
        "aarch64-linux-gnu-gcc",
        f"{WARNINGS} -static",
        emulator="qemu-aarch64",
        thin=20,
    ),
    Way(
        "qemu-s390x",  # big-endian
        ("scalar",),
        "s390x-linux-gnu-gcc",
        f"{WARNINGS} -static",
        emulator="qemu-s390x",
        thin=20,
    ),
    *(SANITIZERS if ALL else []),
]


def missing(way):
    """Why this machine cannot build a way, or an empty string."""
    if not shutil.which(way.compiler):
        return f"no {way.compiler}"
    if way.name == "SIMDe" and not importlib.util.find_spec("simde_py"):
        return "no simde-py"
    return ""


def missing_for(kernels, way):
    """Why this machine cannot run a list in a way, or an empty string."""
    if way.emulator and not shutil.which(way.emulator):
        return f"no {way.emulator}"
    if way.is_native and kernels not in _core.isas():
        return f"this CPU has no {kernels}"
    return missing(way)


def run(*command, expected=0, **options):
    """Runs a command that has to end with some status; gives what it printed."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != expected:
        said = "\n".join([" ".join(command), done.stdout, done.stderr])
        pytest.fail(f"status {done.returncode}: {said}", pytrace=False)
    return done.stdout + done.stderr


def build(folder, way):
    """Compiles all C files but Python's with those of the test; gives the program."""
    includes = [f"-I{SRC}", f"-I{TESTS}"]
    if way.name == "SIMDe":
        import simde_py

        includes.append(f"-I{simde_py.get_include()}")
    flags = [*shipped_flags(), *way.flags.split()]
    folder = folder / str(way)
    folder.mkdir()

    def compile_one(source):
        to = folder / f"{source.parent.name}-{source.stem}.o"
        run(way.compiler, *flags, *includes, "-c", source, "-o", to)
        return to

    sources = [path for path in SRC.glob("*.c") if path.name not in PYTHON]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, [*sources, *TESTS.glob("*.c")]))
    program = folder / "program"
    run(way.compiler, *flags, *objects, "-o", program, "-lm", "-pthread")
    return program


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program of a way, built when it is first asked for."""
    return functools.cache(functools.partial(build, tmp_path_factory.mktemp("kernels")))


@pytest.mark.parametrize(
    ("kernels", "way"),
    [(k, way) for k in LISTS for way in WAYS if k in way.lists],
    ids=str,
)
def test_kernels_give_the_defined_bits(kernels, way, program, record_property):
    if reason := missing_for(kernels, way):
        pytest.skip(f"{kernels}: {reason}")
    options = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    command = [program(way), kernels, KNOWN_ANSWERS, way.thin]
    if way.emulator:
        command.insert(0, way.emulator)
    said = run(*command, env=options, timeout=600)
    assert re.fullmatch(rf"{kernels}: \d+ checks\n", said)
    kind = "native" if way.is_native else "emulated"
    record_property("kernels", (kernels, f"{kind} {way.name}"))


@pytest.mark.parametrize("kernels", LISTS)
def test_no_kernels_stay_untested(kernels):
    reasons = {w.name: missing_for(kernels, w) for w in WAYS if kernels in w.lists}
    if all(reasons.values()):
        (pytest.fail if ALL else pytest.skip)(f"{kernels} run in no way: {reasons}")


@pytest.mark.parametrize("way", [w for w in WAYS if WARNINGS in w.flags], ids=str)
def test_every_list_compiles_for_its_own_machine(way, program):
    if reason := missing(way):
        pytest.skip(reason)
    if way.emulator and not shutil.which(way.emulator):
        program(way)
        return
    command = [way.emulator] * bool(way.emulator)
    tables = run(*command, program(way), expected=2).split("tables:")[1].split()
    assert tuple(tables) == way.lists


# --- rules ----------------------------------------------------------------------------


def text(name):
    """A C file without its comments."""
    return re.sub(r"/\*.*?\*/", "", (SRC / name).read_text(), flags=re.DOTALL)


NAMES = sorted(path.name for path in SRC.glob("*.[ch]"))
INCLUDES = {
    name: set(re.findall(r'^\s*#\s*include\s+["<](.+?)[">]', text(name), re.MULTILINE))
    for name in NAMES
}


def reached(name, seen=()):
    """All that a file includes, directly or not."""
    assert name not in seen, f"includes in a circle: {[*seen, name]}"
    found = INCLUDES.get(name, set())
    return found.union(*(reached(other, (*seen, name)) for other in found))


def users(pattern):
    """The files whose code has a pattern in it."""
    return {name for name in NAMES if re.search(pattern, text(name), re.MULTILINE)}


def includers(pattern):
    """The files that include something by themselves."""
    return {n for n in NAMES if any(re.match(pattern, i) for i in INCLUDES[n])}


def test_includes_run_one_way():
    for name in NAMES:
        reached(name)
    kernels = [name for name in NAMES if name.startswith("kernels")]
    stages = ["philox", "bernoulli", "normal", "expand", "turn", "apply", "connect"]
    tables = {"kernels.h", "law.h", "stages.h"} | {f"{stage}.h" for stage in stages}
    lists = {name for name in NAMES if name.startswith("simd_")}
    for name in kernels:
        assert reached(name) & set(NAMES) <= tables | lists | {"bytes.h", "target.h"}
    assert includers("dispatch.h") <= PYTHON | {"dispatch.c"}
    assert includers("parallel.h") == {"parallel.c", "share.c", "masked.c"}


def test_few_files_know_python():
    assert {name for name in NAMES if "Python.h" in reached(name)} == PYTHON
    assert includers("Python.h") == {"python.h"}
    assert includers("numpy/") <= {"python.h", "entropy.c"}


def test_the_processor_is_asked_and_threads_are_started_in_one_file_each():
    assert includers("cpuid.h") | users("__builtin_cpu_") == {"dispatch.c"}
    assert includers("pthread.h") | users(r"\bpthread_") == {"parallel.c"}


def test_intrinsics_live_in_the_word_lists_alone():
    x86 = r"\b_mm\d*_\w+|\b__m\d+\w*|\b__mmask\d+"
    arm = r"\bv[a-z0-9]+_(?:[a-z]+_)?[usfp]\d+\b|\b\w+\d+x\d+_t\b"
    lists = {"simd_avx2.h", "simd_avx512.h", "simd_neon.h"}
    assert users(f"{x86}|{arm}") == lists
    assert includers(r".*intrin\.h|arm_neon\.h") == {"target.h"}


def test_the_flags_relax_no_arithmetic_and_ask_for_no_instruction_set():
    flags = shipped_flags()
    assert "-ffp-contract=off" in flags
    assert not [f for f in flags if re.match("-ffast|-Ofast|-funsafe|-m", f)]


def test_subnormal_numbers_survive_the_import():
    assert sys.float_info.min / 2 > 0


def names_in(path, *options):
    """The global names that a binary defines."""
    if not shutil.which("nm"):
        pytest.skip("no nm")
    lines = run("nm", "-g", *options, path).splitlines()
    return [line.split()[-1].removeprefix("_") for line in lines if " U " not in line]


def test_the_module_exports_its_init_function_alone():
    on_linux = ["-D", "--defined-only"] if sys.platform == "linux" else ["-U"]
    assert set(names_in(_core.__file__, *on_linux)) == {"PyInit__core"}


def test_names_that_files_share_begin_with_drop(program):
    if reason := missing(WAYS[0]):
        pytest.skip(reason)
    for path in program(WAYS[0]).parent.glob("src-*.o"):
        for line in names_in(path):
            assert line.startswith("drop_"), path.name
