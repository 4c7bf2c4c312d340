# SPDX-License-Identifier: BSD-3-Clause
"""What an import takes, each in a new process."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from measure import Case, Goal, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = """
import time
{before}
begin = time.perf_counter()
import {module}
print(time.perf_counter() - begin)
"""
AFTER = "import numpy"


def cases() -> Iterator[Case]:
    """NumPy's own import, and what comes on top of it."""
    yield Case("import", 1, imports, seconds=2.5, unit="ms")


def imports() -> dict[str, Subject]:
    """Above NumPy's own time."""
    return {
        "numpy": importing("numpy"),
        "droplayers, after numpy": importing("droplayers", AFTER, Goal(5.0, 5.0)),
        "numpy.random, after numpy": importing("numpy.random", AFTER),
    }


def importing(module: str, before: str = "", *goals: Goal) -> Subject:
    """The import of a module, by the clock of the process that imports it."""
    code = CODE.format(before=before, module=module)
    # -P: the folder droplayers of a checkout is not what was installed
    command = [sys.executable, "-P", "-c", code]
    # Bytecode is cached by the first run, as it is where pip has installed.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

    def seconds(number: int) -> float:
        run = functools.partial(
            subprocess.check_output, command, text=True, env=environment
        )
        return sum(float(run()) for _ in range(number))

    return Subject(seconds, goals=goals)
