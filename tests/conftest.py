# SPDX-License-Identifier: BSD-3-Clause
"""Settings of all tests, and the instruction sets that they run on."""

import pytest
from hypothesis import settings

from droplayers import _core

settings.register_profile("same", deadline=None, derandomize=True, max_examples=300)
settings.load_profile("same")


@pytest.fixture
def use_isa():
    """Chooses an instruction set for the time of a test."""
    before = _core.isa()
    yield _core.use
    _core.use(before)


@pytest.fixture(params=_core.isas())
def isa(request, use_isa):
    """Each instruction set of this machine in turn."""
    use_isa(request.param)
    return request.param
