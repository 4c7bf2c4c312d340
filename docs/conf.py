# SPDX-License-Identifier: BSD-3-Clause
"""How Sphinx builds the documentation: ``python -m sphinx -W docs build/site``.

Pages are MyST Markdown. Those with cells of code run while the site is built, and what
they show is what came out; a cell that fails stops the build. So do the programs of
examples/, in their short form. The notebooks of notebooks/ are pages with the outputs
that are stored in them, which the tests compare with what their cells give.
"""

from __future__ import annotations

import os
import sys
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
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["images/*.py", "gallery/*.ipynb"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = ["notebooks/*"]
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_output_stderr = "remove-warn"  # a page whose code warns is not built

# A page for each program; the others of the folder are what they share, and PyTorch's.
PROGRAMS = (
    "augmentation", "dropconnect", "fractalnet", "monte_carlo", "out_of_core",
    "stochastic_depth", "train_classifier",
)  # fmt: skip
sys.path.insert(0, os.path.dirname(__file__))  # of short_form
os.environ["TQDM_DISABLE"] = "1"  # a page shows no progress
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": rf"^(?!({'|'.join(PROGRAMS)})\.py$)",
    "filename_pattern": r"/(?!out_of_core)[^/]*$",  # which writes gigabytes: not run
    "reset_argv": "short_form.arguments",
    "run_stale_examples": True,
    "parallel": os.cpu_count(),
    "abort_on_example_error": True,
    "capture_repr": (),
    "default_thumb_file": os.path.join(os.path.dirname(__file__), "images/masks.png"),
    "image_srcset": ["2x"],
    "show_signature": False,
    "write_computation_times": False,  # a page that loads scripts from elsewhere
}

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
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
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


def copy_notebooks(app: Sphinx) -> None:
    """Put the notebooks where Sphinx looks for pages, with links as they are there."""
    folder = app.srcdir / "notebooks"
    folder.mkdir(exist_ok=True)
    for notebook in (app.srcdir.parent / "notebooks").glob("*.ipynb"):
        text = notebook.read_text().replace("](../docs/", "](../")
        (folder / notebook.name).write_text(text)


def inline_math(writer: HTML5Translator, node: math) -> None:
    """A formula in a line, as MathML: browsers show it without a script."""
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode


def display_math(writer: HTML5Translator, node: math_block) -> None:
    """A formula on a line of its own."""
    writer.body.append(tex2mathml(node.astext(), as_block=True))
    raise SkipNode


def setup(app: Sphinx) -> None:
    """Add the renderer of formulas, and the notebooks."""
    app.connect("builder-inited", copy_notebooks)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
