# SPDX-License-Identifier: BSD-3-Clause
"""Memory that cannot be had, at every point of every call: only MemoryError comes out,
arrays and generators are as before, and nothing is left behind."""

import os
import pathlib
import platform
import sys
import sysconfig

import numpy as np
import pytest
from c_build import run

import droplayers as dl

TESTS = pathlib.Path(__file__).parent

#: All of Python's many small allocations, or every third of them.
EVERY = 1 if os.environ.get("DROPLAYERS_ALL_MEMORY") else 3


NUMPY = tuple(map(int, np.__version__.split(".")[:2]))

# no_memory.py lets through by name what these do wrong themselves. In CPython 3.13 an
# attribute may fail for ever, once its interpreter's memory could not be had.
known = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or NUMPY != (2, 4),
    reason="without Python's memory only CPython 3.11 and NumPy 2.4 are known",
)
recent = pytest.mark.skipif(NUMPY < (2, 4), reason="NumPy's own faults are not known")


def compiled(folder, source, *flags):
    to = folder / f"{source}.so"
    shared = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    run("gcc", *shared, *flags, TESTS / f"{source}.c", "-o", to)
    return to


def assert_nothing_wrong(kind, every, folder=None, **environment):
    """Runs no_memory.py, which says what is wrong. Python tells of errors that it must
    ignore on standard error."""
    paths = os.pathsep.join(map(str, filter(None, [TESTS, folder])))
    command = [
        sys.executable,
        "-P",
        "-W",
        "ignore",
        TESTS / "no_memory.py",
        kind,
        every,
    ]
    environment = {**os.environ, "PYTHONPATH": paths, **environment}
    command = ["sh", "-c", '"$@" 2>/dev/null', "sh", *command]
    assert run(*command, env=environment, timeout=500) == ""


@known
def test_pythons_memory_cannot_be_had():
    pytest.importorskip("_testcapi", reason="CPython's own tests are not installed")
    assert_nothing_wrong("python", EVERY)


@recent
def test_memory_of_numpys_arrays_cannot_be_had(tmp_path):
    include = [np.get_include(), sysconfig.get_path("include")]
    compiled(tmp_path, "no_memory_handler", *(f"-I{path}" for path in include))
    assert_nothing_wrong("numpy", 1, tmp_path)


@recent
@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the allocator is glibc's"
)
@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="another allocator is preloaded")
def test_the_systems_memory_cannot_be_had(tmp_path):
    library = compiled(tmp_path, "no_memory_malloc")
    assert_nothing_wrong("malloc", 1, LD_PRELOAD=str(library))


BIT_GENERATORS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]


def fail(*_):
    raise ZeroDivisionError


@pytest.mark.parametrize("name", BIT_GENERATORS)
def test_a_call_that_fails_after_its_draw_has_drawn_nothing(name):
    bits = getattr(np.random, name)(1)
    generator = np.random.Generator(bits)
    generator.random(dtype=np.float32)  # half a word is left over
    for rng in (
        bits,
        generator,
        *([np.random.RandomState(bits)] * (name == "MT19937")),
    ):
        before = repr(bits.state)
        with pytest.raises(ZeroDivisionError):
            dl.stochastic_depth(np.ones(9), fail, 0.5, True, rng=rng)
        assert repr(bits.state) == before


def test_words_that_others_have_drawn_are_not_drawn_again():
    rng, expected = np.random.default_rng(1), np.random.default_rng(1)

    def draw_and_fail(_):
        rng.random()
        fail()

    with pytest.raises(ZeroDivisionError):
        dl.stochastic_depth(np.ones(9), draw_and_fail, 0.5, True, rng=rng)
    expected.random(2)
    assert rng.bit_generator.state == expected.bit_generator.state


def test_a_call_within_another_undoes_its_own_draw():
    rng, expected = np.random.default_rng(1), np.random.default_rng(1)

    def branch(x):
        with pytest.raises(ZeroDivisionError):
            dl.stochastic_depth(x, fail, 0.5, True, rng=rng)
        return x

    dl.stochastic_depth(np.ones(9), branch, 0.5, True, rng=rng)
    expected.bit_generator.random_raw()
    assert rng.bit_generator.state == expected.bit_generator.state
