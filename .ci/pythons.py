# SPDX-License-Identifier: BSD-3-Clause
"""Lists the CPythons that a wheel for the stable ABI has to serve on this machine.

Of each minor version from 3.11 on that PATH or pyenv has: the path of the newest patch.
A version that has none to run is named on standard error, with the reasons; so is
one that the package is made for and that is not here at all.
"""

import os
import pathlib
import re
import subprocess
import sys

MADE_FOR = tuple(f"python3.{minor}" for minor in range(11, 15))
NAME = re.compile(r"python3\.(1[1-9]|[2-9][0-9])t?")

# Says its patch, or why it is not meant; it has to make virtual environments.
ASK = """
import sys, sysconfig
if sys.implementation.name != "cpython":
    sys.exit("not CPython")
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit("free-threaded, which has no stable ABI")
if sys.version_info.releaselevel != "final":
    sys.exit("not released yet")
import ensurepip, venv
print(sys.version_info.micro)
"""


def candidates() -> dict[str, list[pathlib.Path]]:
    """All that have a Python's name, by name and therefore by minor version."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    folders = [*map(pathlib.Path, os.get_exec_path()), *pyenv.glob("versions/*/bin")]
    found: dict[str, list[pathlib.Path]] = {}
    for folder in dict.fromkeys(folders):
        for path in folder.glob("python3.*"):
            if NAME.fullmatch(path.name):
                found.setdefault(path.name, []).append(path)
    return dict(sorted(found.items()))


def main() -> None:
    """Prints a path for each minor version."""
    found = candidates()
    for name in MADE_FOR:
        if name not in found:
            print(f"{name} is left out: there is none", file=sys.stderr)
    for name, paths in found.items():
        newest = -1, pathlib.Path()
        reasons = []
        for path in paths:
            done = subprocess.run([path, "-Ic", ASK], capture_output=True, text=True)
            if done.returncode == 0:
                newest = max(newest, (int(done.stdout), path))
            else:
                said = " ".join(done.stderr.split())
                reasons.append(f"{path}: {said or done.returncode}")
        if newest[0] >= 0:
            print(newest[1])
        else:
            print(f"{name} is left out: {'; '.join(reasons)}", file=sys.stderr)


if __name__ == "__main__":
    main()
