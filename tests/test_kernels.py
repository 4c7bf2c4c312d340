# SPDX-License-Identifier: BSD-3-Clause
"""The C code without Python.

tests/c holds a program that checks a list of kernels, and all the plain C around it,
bit for bit. Here it is built and run for every list in every way that this machine
has: natively, emulated and, where everything is asked for, with sanitizers.
"""

import functools
import importlib.util
import os
import platform
import re
import shutil
from dataclasses import dataclass

import pytest
from c_build import ROOT, SRC, compile_all, run, shipped_flags

from droplayers import _core

TESTS = ROOT / "tests" / "c"
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


def build(folder, way):
    """Compiles all C files but Python's with those of the test; gives the program."""
    includes = [f"-I{SRC}", f"-I{TESTS}"]
    if way.name == "SIMDe":
        import simde_py

        includes.append(f"-I{simde_py.get_include()}")
    flags = [*shipped_flags(), *way.flags.split()]
    folder = folder / str(way)
    sources = [path for path in SRC.rglob("*.c") if path.parent.name != "python"]
    sources += TESTS.glob("*.c")
    objects = compile_all(folder, sources, way.compiler, [*flags, *includes])
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
    assert sorted(tables) == sorted(way.lists)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86 has x87")
def test_arithmetic_that_keeps_more_bits_is_refused(tmp_path):
    command = [GCC, *shipped_flags(), f"-I{SRC}", "-mfpmath=387"]
    command += ["-c", SRC / "kernels" / "scalar.c", "-o", tmp_path / "scalar.o"]
    assert "doubles must be rounded to doubles" in run(*command, expected=1)


def test_each_c_test_does_alone_what_it_does_among_the_others(program):
    if reason := missing(WAYS[0]):
        pytest.skip(reason)

    def checks(*options):
        said = run(program(WAYS[0]), *options, "scalar", KNOWN_ANSWERS, 20)
        return int(re.fullmatch(r"scalar: (\d+) checks\n", said)[1])

    names = run(program(WAYS[0]), "--list").split()
    assert sum(checks("--only", name) for name in names) == checks()
