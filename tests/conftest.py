# SPDX-License-Identifier: BSD-3-Clause
"""Settings of all tests, and the instruction sets that they run on."""

from zlib import crc32

import pytest
from hypothesis import Phase, settings

from droplayers import _core

# What test_typing.py runs and checkers read; what .ci/fuzz runs.
collect_ignore = ["typing", "fuzz"]

# --hypothesis-profile takes another: few where an interpreter is what is tested, first
# where the first that fails is enough, many and new ones where there is time.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=120)
settings.register_profile("few", settings.get_profile("same"), max_examples=24)
settings.register_profile(
    "first", settings.get_profile("few"), phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("many", deadline=None, max_examples=3000)
settings.load_profile("same")


def pytest_addoption(parser):
    parser.addoption(
        "--share",
        metavar="K/N",
        default="0/1",
        help="run the tests of share K of N, which their names decide, and those "
        "marked with interpreter",
    )


def pytest_collection_modifyitems(config, items):
    """Keeps the tests of a share, and those that are in each."""
    which, shares = map(int, config.getoption("share").split("/"))
    mine = [
        crc32(item.nodeid.encode()) % shares == which
        or item.get_closest_marker("interpreter") is not None
        for item in items
    ]
    others = [item for item, taken in zip(items, mine, strict=True) if not taken]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item, taken in zip(items, mine, strict=True) if taken]


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


def pytest_terminal_summary(terminalreporter):
    """Lists the kernels that test_kernels.py ran without Python, and how."""
    ways = {}
    for report in terminalreporter.getreports("passed"):
        for key, value in report.user_properties:
            if key == "kernels":
                ways.setdefault(value[0], []).append(value[1])
    if ways:
        terminalreporter.section("kernels that ran without Python")
    for kernels, names in ways.items():
        terminalreporter.write_line(f"{kernels:8}{', '.join(names)}")
