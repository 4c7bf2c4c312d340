# SPDX-License-Identifier: BSD-3-Clause
"""How Sphinx builds the documentation: ``python -m sphinx -W docs build/site``.

Pages are MyST Markdown. Those with cells of code run while the site is built, and what
they show is what came out; a cell that fails stops the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml

import droplayers

if TYPE_CHECKING:
    from docutils.nodes import math, math_block
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

project = "droplayers"
author = "The droplayers developers"
version = release = droplayers.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["images/*.py"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_output_stderr = "remove-warn"  # a page whose code warns is not built

# A page for each object; a class has its members on its own page.
autosummary_generate = True
default_role = "py:obj"  # `dropout` in a docstring is a link
autodoc_typehints = "none"  # numpydoc's sections say what is taken
numpydoc_show_class_members = False
templates_path = ["_templates"]

html_title = "droplayers"
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"tutorial": [], "gallery": []}  # have no pages below them
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "show_nav_level": 2,
    "show_prev_next": False,  # would cut the reference's long names
}


def inline_math(writer: HTML5Translator, node: math) -> None:
    """A formula in a line, as MathML: browsers show it without a script."""
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode


def display_math(writer: HTML5Translator, node: math_block) -> None:
    """A formula on a line of its own."""
    writer.body.append(tex2mathml(node.astext(), as_block=True))
    raise SkipNode


def setup(app: Sphinx) -> None:
    """Add the renderer of formulas."""
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
