"""The C extension; everything else is in pyproject.toml."""

import os
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from glob import glob
from typing import Any

import numpy
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import PlatformError

# One wheel serves all versions, but a free-threaded Python has no stable ABI.
STABLE = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Everything in src: what does not fit the machine compiles to nothing.
SOURCES = sorted(glob("src/**/*.c", recursive=True))


class Wheel(bdist_wheel):
    """A wheel that says which versions it serves."""

    def finalize_options(self) -> None:
        if STABLE:
            self.py_limited_api = "cp311"
        super().finalize_options()


def compile_on_all_cores(compiler: Any, *args: Any, **options: Any) -> list[str]:
    """The compiler's own method, which goes from file to file, with as many files at
    once as this process may use cores."""
    compile_one, jobs = compiler._compile, []
    affinity = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    with ThreadPoolExecutor(len(affinity(0))) as pool:
        compiler._compile = lambda *file: jobs.append(pool.submit(compile_one, *file))
        objects = type(compiler).compile(compiler, *args, **options)
        compiler._compile = compile_one
    for job in jobs:
        job.result()
    return objects


class Build(build_ext):
    """On Windows only clang-cl compiles: cl lacks the builtins of gcc and clang, and
    gcc puts vectors of 32 bytes on a stack that is aligned to 16 (GCC bug 54412)."""

    def build_extensions(self) -> None:
        if sys.platform == "win32":
            self.use_clang_cl(self.compiler)
        else:
            self.compiler.compile = partial(compile_on_all_cores, self.compiler)
        super().build_extensions()

    def use_clang_cl(self, compiler: Any) -> None:
        wanted = "droplayers needs clang-cl as its compiler on Windows"
        if compiler.compiler_type != "msvc":
            raise PlatformError(f"{wanted}, got {compiler.compiler_type}")
        clang = shutil.which("clang-cl")
        if clang is None:
            raise PlatformError(f"{wanted}, and found none: put LLVM's bin on PATH")
        if not compiler.initialized:
            compiler.initialize(self.plat_name)
        compiler.cc = clang
        machine = {"win-amd64": "x86_64", "win-arm64": "aarch64"}.get(self.plat_name)
        if machine is None:
            raise PlatformError(f"{self.plat_name} is neither win-amd64 nor win-arm64")
        for extension in self.extensions:
            # What its driver does not know itself goes on to clang.
            flags = [f"/clang:{flag}" for flag in extension.extra_compile_args]
            target = f"--target={machine}-pc-windows-msvc"
            extension.extra_compile_args = [target, *flags]
            extension.libraries = [*extension.libraries, "bcrypt"]


core = Extension(
    "droplayers._core",
    sources=SOURCES,
    depends=glob("src/**/*.h", recursive=True),
    include_dirs=["src", numpy.get_include()],
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if STABLE else [],
    py_limited_api=STABLE,
    # -ffp-contract: product and sum are rounded each. No flag asks for an
    # instruction set, and none relaxes the arithmetic.
    extra_compile_args=["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"],
)

if sysconfig.get_platform().startswith("linux"):
    # An overwritten return address ends the process, what the loader has linked
    # becomes read-only, and no stack is executable.
    core.extra_compile_args += ["-fstack-protector-strong"]
    core.extra_link_args += ["-Wl,-z,relro,-z,now,-z,noexecstack"]

setup(ext_modules=[core], cmdclass={"bdist_wheel": Wheel, "build_ext": Build})
