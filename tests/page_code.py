# SPDX-License-Identifier: BSD-3-Clause
"""The code of a page whose libraries the site's builder does not have."""

import pathlib
import re

DOCS = pathlib.Path(__file__).parents[1] / "docs"


def run(page, heading=""):
    """Run a page's Python, or that under one heading; the names that it has defined."""
    text = (DOCS / page).read_text()
    if heading:
        text = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert blocks
    names = {"__name__": page}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names
