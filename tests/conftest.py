# SPDX-License-Identifier: BSD-3-Clause
"""Settings of all tests, and the instruction sets that they run on."""

import pytest
from hypothesis import settings

from droplayers import _core

settings.register_profile("same", deadline=None, derandomize=True, max_examples=300)
settings.load_profile("same")


@pytest.fixture(params=_core.isas())
def isa(request):
    """Each instruction set of this machine in turn."""
    before = _core.isa()
    _core.use(request.param)
    yield request.param
    _core.use(before)
