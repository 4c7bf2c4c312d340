# SPDX-License-Identifier: BSD-3-Clause
"""The C code without Python.

tests/c holds a program that checks a list of kernels, and all the plain C around it,
bit for bit. Here it is built and run for every list in every way that this machine
has: natively, emulated and, where everything is asked for, with sanitizers of
addresses and of undefined behaviour, and linked for macOS and wasm32. Where other
systems are asked for, which takes minutes, it is built for them too, and runs where it
can; and with the sanitizer of threads.
"""

import functools
import importlib.util
import os
import pathlib
import platform
import re
import shutil
import sys
from dataclasses import dataclass

import pytest
from c_build import ROOT, SRC, compile_all, run, shipped_flags

from droplayers import _core

TESTS = ROOT / "tests" / "c"
KNOWN_ANSWERS = ROOT / "tests" / "data" / "philox_kat.txt"

# Where this is set every list has to run, without a warning; elsewhere tools may be
# missing, and compilers may be newer than the code.
ALL = bool(os.environ.get("CI") or os.environ.get("DROPLAYERS_ALL_KERNELS"))

SYSTEMS = bool(os.environ.get("DROPLAYERS_ALL_SYSTEMS"))

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
    emulator: str = ""  # a command; NOTHING: it is built, and cannot be run
    thin: int = 1
    libraries: str = "-lm -pthread"

    def __str__(self):
        return self.name.replace(" ", "-")

    @property
    def is_native(self):
        """Whether this processor executes it."""
        return self.emulator in ("", WINE) and self.name != "SIMDe"


def zig(name, lists, target, level="-O1", **options):
    """A way by the compiler of ziglang, which has the headers and libraries of many
    systems. Without the flag about sanitizers it would add one."""
    flags = f"{WARNINGS} {level} -fno-sanitize=undefined -target {target}"
    return Way(name, lists, ZIG, flags, libraries="-lm", **options)


def find_zig():
    spec = importlib.util.find_spec("ziglang")
    return str(pathlib.Path(spec.origin).with_name("zig")) if spec else "ziglang"


ZIG = find_zig()
WINE = "wine"
WASI = f"{sys.executable} {ROOT / 'tests' / 'wasi.py'}"
NOTHING = "nothing that runs it"


GCC = "gcc" if shutil.which("gcc") else "cc"
ADDRESSES = Way(
    "gcc with address and undefined behaviour sanitizers",
    NATIVE,
    GCC,
    "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all",
    thin=4,
)
THREADS = Way(
    "gcc with thread sanitizer",
    ("scalar",),
    GCC,
    "-O1 -g -fsanitize=thread",
    thin=20,
)
OTHER_SYSTEMS = [
    zig(
        "Wine",
        ("scalar", "avx2", "avx512"),
        "x86_64-windows-gnu",
        emulator=WINE,
        thin=4,
    ),
    zig("wasm32", ("scalar",), "wasm32-wasi", emulator=WASI, thin=20),
    zig("musl", NATIVE, f"{platform.machine()}-linux-musl"),
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
    *([ADDRESSES] if ALL else []),
    *([THREADS, *OTHER_SYSTEMS] if SYSTEMS else []),
]
# Windows takes zig a minute, for it builds a C library first.
BUILT_ALONE = [
    zig(target, (), target, "-O0", emulator=NOTHING)
    for target in ["aarch64-macos", "x86_64-macos", "wasm32-wasi"] * (ALL or SYSTEMS)
    + ["aarch64-windows-gnu"] * SYSTEMS
]


def missing(way):
    """Why this machine cannot build a way, or an empty string."""
    if not shutil.which(way.compiler):
        return f"no {way.compiler}"
    if way.emulator == WASI and not importlib.util.find_spec("wasmtime"):
        return "no wasmtime"
    if way.name == "SIMDe" and not importlib.util.find_spec("simde_py"):
        return "no simde-py"
    return ""


def missing_for(kernels, way):
    """Why this machine cannot run a list in a way, or an empty string."""
    if way.emulator and not shutil.which(way.emulator.split()[0]):
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
    compiler = [way.compiler] + ["cc"] * (way.compiler == ZIG)
    objects = compile_all(folder, sources, compiler, [*flags, *includes])
    program = folder / "program"
    run(*compiler, *flags, *objects, "-o", program, *way.libraries.split())
    return program


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program of a way, built when it is first asked for."""
    return functools.cache(functools.partial(build, tmp_path_factory.mktemp("kernels")))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Of the programs: no leaks are sought, and Wine has a home of its own."""
    variables = {
        **os.environ,
        "ASAN_OPTIONS": "detect_leaks=0",
        "WINEPREFIX": str(tmp_path_factory.mktemp("wine")),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",  # .NET and a browser
    }
    has_wine = SYSTEMS and shutil.which(WINE) and ZIG != "ziglang"
    if has_wine:
        run(WINE, "wineboot", "--init", env=variables, timeout=600)
    yield variables
    if has_wine:
        run(WINE, "wineboot", "--kill", env=variables, timeout=600)


@pytest.mark.parametrize(
    ("kernels", "way"),
    [(k, way) for k in LISTS for way in WAYS if k in way.lists],
    ids=str,
)
def test_kernels_give_the_defined_bits(
    kernels, way, program, environment, record_property
):
    if reason := missing_for(kernels, way):
        pytest.skip(f"{kernels}: {reason}")
    command = [*way.emulator.split(), program(way), kernels, KNOWN_ANSWERS, way.thin]
    said = run(*command, env=environment, timeout=600)
    assert re.fullmatch(rf"{kernels}: \d+ checks\n", said)
    kind = "native" if way.is_native else "emulated"
    record_property("kernels", (kernels, f"{kind} {way.name}"))


@pytest.mark.parametrize("kernels", LISTS)
def test_no_kernels_stay_untested(kernels):
    reasons = {w.name: missing_for(kernels, w) for w in WAYS if kernels in w.lists}
    if all(reasons.values()):
        (pytest.fail if ALL else pytest.skip)(f"{kernels} run in no way: {reasons}")


@pytest.mark.parametrize("way", [w for w in WAYS if WARNINGS in w.flags], ids=str)
def test_every_list_compiles_for_its_own_machine(way, program, environment):
    if reason := missing(way):
        # Other systems are asked for; their compiler comes by pip.
        (pytest.fail if way.compiler == ZIG else pytest.skip)(reason)
    command = [*way.emulator.split(), program(way)]
    if way.emulator and not shutil.which(command[0]):
        if (ALL or SYSTEMS) and sys.platform == "linux":
            pytest.fail(f"no {way.emulator}")
        return
    tables = run(*command, expected=2, env=environment).split("tables:")[1].split()
    assert sorted(tables) == sorted(way.lists)


@pytest.mark.parametrize("way", BUILT_ALONE, ids=str)
def test_the_c_code_builds_and_links_for_other_systems(way, program):
    if reason := missing(way):
        pytest.fail(reason)
    assert program(way).stat().st_size > 100_000


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
