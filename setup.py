"""The C extension; everything else is in pyproject.toml."""

import sysconfig
from glob import glob

import numpy
from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel

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

setup(ext_modules=[core], cmdclass={"bdist_wheel": Wheel})
