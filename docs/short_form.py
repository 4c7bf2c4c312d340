# SPDX-License-Identifier: BSD-3-Clause
"""The command line of the examples in the gallery."""

from __future__ import annotations

import pathlib
from typing import Any


def arguments(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """The short form, whose picture goes beside the page and not to the sources."""
    picture = pathlib.Path(script_vars["target_file"]).with_suffix(".png")
    return ["--short", f"--out={picture}"]
