# SPDX-License-Identifier: BSD-3-Clause
"""What can be held of systems and interpreters that are not here: that src/python
compiles for them, and how setup.py builds there. Nothing of it runs."""

import re
import runpy
import shutil
import sys
import sysconfig

import numpy as np
import pytest
import setuptools
from c_build import ROOT, SRC, compile_all, run
from setuptools.errors import PlatformError
from test_kernels import ALL, ZIG

SOURCES = sorted((SRC / "python").glob("*.c"))
STABLE = "-DPy_LIMITED_API=0x030B0000"
FLAGS = ["-std=c11", "-O0", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]

# --- Windows --------------------------------------------------------------------------


@pytest.fixture
def windows_headers(machine, tmp_path):
    """Python's and NumPy's headers, with the sizes of 64-bit Windows."""
    python, numpy = tmp_path / "python", tmp_path / "numpy"
    shutil.copytree(sysconfig.get_path("include"), python)
    shutil.copy(ROOT / "tests" / "windows" / "pyconfig.h", python)
    shutil.copytree(np.get_include(), numpy)
    config = numpy / "numpy" / "_numpyconfig.h"
    text = config.read_text()
    text = re.sub(r"#define NPY_HAVE_ENDIAN_H .*", "", text)
    text = re.sub(r"(NPY_SIZEOF_LONG) \d", r"\1 4", text)
    text = re.sub(r"(NPY_SIZEOF_WCHAR_T) \d", r"\1 2", text)
    if machine == "aarch64":  # as with MSVC; zig's long double of x86-64 has 16 bytes
        text = re.sub(r"(NPY_SIZEOF_LONGDOUBLE) \d+", r"\1 8", text)
    config.write_text(text)
    return [f"-I{python}", f"-I{numpy}"]


# Functions of C, of its compiler and of the stack protector.
OF_C = r"mem(cmp|cpy|move|set)|fe(clear|test)except|__fpclassify"
OF_C += r"|_tls_index|_*(stack_chk|chkstk)\w*"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_python_part_compiles_for_windows(machine, windows_headers, tmp_path):
    """It wants of Windows what C has and one function for random bytes; the rest is
    Python's, and the C code's that test_kernels.py links for Windows."""
    if ZIG == "ziglang":
        (pytest.fail if ALL else pytest.skip)("no ziglang")
    flags = [*FLAGS, STABLE, "-fno-sanitize=undefined", f"-I{SRC}", *windows_headers]
    compiler = [ZIG, "cc", "-target", f"{machine}-windows-gnu"]
    objects = compile_all(tmp_path, SOURCES, compiler, flags)
    if machine == "x86_64" and shutil.which("nm"):  # which may not know the other
        lines = run("nm", "-g", *objects).splitlines()
        wanted = {line.split()[-1] for line in lines if " U " in line}
        assert {w for w in wanted if w.startswith("__imp_Py")}
        ours = r"__imp_(Py|_Py)\w+|drop_\w+|droplayers_numpy"
        foreign = {w for w in wanted if not re.fullmatch(f"{ours}|{OF_C}", w)}
        assert foreign == {"BCryptGenRandom"}


class Compiler:
    """What setup.py may see of setuptools' compilers."""

    def __init__(self, compiler_type):
        self.compiler_type, self.initialized, self.cc = compiler_type, False, "cl.exe"

    def initialize(self, platform):
        self.initialized = platform


@pytest.fixture
def build(monkeypatch):
    """What setup.py would build with, on Windows."""
    made = {}
    monkeypatch.setattr(setuptools, "setup", lambda **options: made.update(options))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    distribution = setuptools.Distribution({"ext_modules": made["ext_modules"]})
    command = made["cmdclass"]["build_ext"](distribution)
    command.extensions, command.plat_name = made["ext_modules"], "win-amd64"
    return command


def test_windows_is_built_by_clang_cl(build, monkeypatch):
    monkeypatch.setattr(shutil, "which", {"clang-cl": "C:/LLVM/clang-cl.exe"}.get)
    shipped = build.extensions[0].extra_compile_args
    compiler = Compiler("msvc")
    build.use_clang_cl(compiler)
    assert compiler.cc == "C:/LLVM/clang-cl.exe"
    assert compiler.initialized == "win-amd64"
    (core,) = build.extensions
    assert core.extra_compile_args[0] == "--target=x86_64-pc-windows-msvc"
    assert core.extra_compile_args[1:] == [f"/clang:{flag}" for flag in shipped]
    assert "/clang:-ffp-contract=off" in core.extra_compile_args
    assert core.libraries == ["bcrypt"]


@pytest.mark.parametrize(
    ("kind", "clang", "platform", "message"),
    [
        ("mingw32", "clang-cl", "win-amd64", "needs clang-cl .* got mingw32"),
        ("msvc", None, "win-amd64", "needs clang-cl .* found none"),
        ("msvc", "clang-cl", "win32", "win32 is neither win-amd64 nor win-arm64"),
    ],
)
def test_other_compilers_for_windows_are_refused(
    build, monkeypatch, kind, clang, platform, message
):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(shutil, "which", {"clang-cl": clang}.get)
    build.compiler, build.plat_name = Compiler(kind), platform
    with pytest.raises(PlatformError, match=message):
        build.build_extensions()


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang")
def test_clang_cl_takes_the_flags(build, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", {"clang-cl": "clang-cl"}.get)
    build.use_clang_cl(Compiler("msvc"))
    source = tmp_path / "empty.c"
    source.write_text("typedef int nothing;\n")
    driver = ["clang", "--driver-mode=cl", "/nologo", "/O2", "/MD", "/WX"]
    driver += build.extensions[0].extra_compile_args
    run(*driver, "/c", source, f"/Fo{tmp_path / 'empty.obj'}")


# --- a Python without a GIL -----------------------------------------------------------


def headers_of_pythons():
    """Python.h's folders from 3.13 on, which knows Py_GIL_DISABLED: of this Python, and
    of those that CI runs."""
    said = run(sys.executable, ROOT / ".ci" / "pythons.py")
    pythons = {sys.executable, *(p for p in said.split("\n") if p.startswith("/"))}
    ask = """import sys, sysconfig
print(*sys.version_info[:2], sysconfig.get_path("include"))"""
    for python in sorted(pythons):
        major, minor, folder = run(python, "-c", ask).strip().split(" ", 2)
        if (int(major), int(minor)) >= (3, 13):
            yield folder


def test_the_python_part_compiles_without_a_gil(tmp_path):
    """A compile check alone: no free-threaded Python has run it."""
    folders = [*headers_of_pythons()]
    if not folders:
        (pytest.fail if ALL else pytest.skip)("no Python from 3.13 on")
    compiler = ["gcc" if shutil.which("gcc") else "cc"]
    for folder in folders:
        include = [f"-I{SRC}", f"-I{folder}", f"-I{np.get_include()}"]
        compile_all(
            tmp_path, SOURCES, compiler, [*FLAGS, "-DPy_GIL_DISABLED", *include]
        )
