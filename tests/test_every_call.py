# SPDX-License-Identifier: BSD-3-Clause
"""What holds for every call: of every public function and layer, on every path."""

import ctypes
import pathlib
import platform
import re

import every_call
import numpy as np
import pytest
from every_call import ERRORS, SUCCESSES, error_of

import droplayers as dl


def test_every_public_name_is_called_and_fails():
    text = pathlib.Path(every_call.__file__).read_text()
    successes, _, errors = text.partition("\nERRORS = {")
    names = {*dl.__all__}
    assert names - {*re.findall(r"\bdl\.(\w+)", successes)} == set()
    # get_num_threads takes no argument; num_threads fails in with_threads.
    others = {"get_num_threads", "num_threads"}
    assert names - {*re.findall(r"\bdl\.(\w+)", errors)} == others


LIBM = ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
X86 = platform.machine() == "x86_64"
INEXACT = 0x20 if X86 else 0x10  #: which any sum of two Python floats may raise
FLAGS = 0x1D if X86 else 0x0F  #: FE_ALL_EXCEPT but that
UPWARD = 0x800 if X86 else 0x400000  #: FE_UPWARD
MXCSR = slice(28, 32)  #: in x86-64's fenv_t
SUBNORMALS = 0x8040  #: its bits that flush results and operands to zero


def environment():
    """fenv_t as bytes."""
    room = ctypes.create_string_buffer(64)
    assert LIBM.fegetenv(room) == 0
    return room.raw


def control():
    """The rounding mode and, on x86-64, all control bits of MXCSR."""
    mxcsr = int.from_bytes(environment()[MXCSR], "little") & ~0x3F if X86 else 0
    return LIBM.fegetround(), mxcsr


def flush_subnormals():
    raw = bytearray(environment())
    mxcsr = int.from_bytes(raw[MXCSR], "little") | SUBNORMALS
    raw[MXCSR] = mxcsr.to_bytes(4, "little")
    assert LIBM.fesetenv(bytes(raw)) == 0


@pytest.fixture
def restored():
    before = environment()
    yield
    LIBM.fesetenv(before)


needs_fenv = pytest.mark.skipif(
    not LIBM or platform.machine() not in ("x86_64", "aarch64"),
    reason="the numbers are those of glibc on x86-64 and AArch64",
)


@needs_fenv
@pytest.mark.parametrize("name", SUCCESSES)
def test_a_call_leaves_the_floating_point_environment_alone(name, restored):
    call = SUCCESSES[name]
    call()
    LIBM.fesetround(UPWARD)
    if X86:
        flush_subnormals()
    before = control()
    assert before[0] == UPWARD
    call()
    after = control()
    assert after == before
    LIBM.feclearexcept(FLAGS)
    with np.errstate(all="raise"):
        call()
    assert LIBM.fetestexcept(FLAGS) == 0


@needs_fenv
def test_values_that_raise_flags_raise_none_here(restored):
    x = np.array([np.inf, np.nan, 3e38, 1e-45, 0.1] * 20_000, np.float32)
    y = -x
    for call in (
        lambda: dl.dropout(x, 0.9, rng=every_call.KEY),
        lambda: dl.dropout(x[:9], 0.9, residual=y[:9], rng=every_call.KEY),
        lambda: dl.drop_path(x[None], 0.3, True, residual=y[None], rng=1),
        lambda: dl.fractal_join([x, x, y], 0.5, True, rng=every_call.KEY),
    ):
        LIBM.feclearexcept(FLAGS | INEXACT)
        call()
        assert LIBM.fetestexcept(FLAGS) == 0
        LIBM.feraiseexcept(FLAGS | INEXACT)
        call()
        assert LIBM.fetestexcept(FLAGS | INEXACT) == FLAGS | INEXACT


@needs_fenv
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_leaves_the_floating_point_environment_alone(name, restored):
    LIBM.fesetround(UPWARD)
    before = control()
    error_of(ERRORS[name])
    assert control() == before
