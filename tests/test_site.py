# SPDX-License-Identifier: BSD-3-Clause
"""The documentation's site is built without a warning, and its links lead somewhere."""

import html.parser
import importlib
import os
import shutil
import subprocess
import sys
import urllib.parse

import pytest
from c_build import ROOT

import droplayers as dl

# What the pages and their code need, of the extra `docs`.
NEEDED = (
    "autograd", "dask", "joblib", "matplotlib", "myst_nb", "numpydoc",
    "pydata_sphinx_theme", "sklearn", "sphinx", "sphinx_gallery", "tqdm", "xarray",
    "zarr",
)  # fmt: skip


class Page(html.parser.HTMLParser):
    """What can be linked to in a page, and what it links to or shows."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        targets = [found[name] for name in ("href", "src") if found.get(name)]
        self.links += targets
        self.loaded += targets if tag != "a" else []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site: one that is there already, or one that is built from a
    copy of what its pages are made of."""
    if built := os.environ.get("DROPLAYERS_SITE"):
        return ROOT / built
    everything = os.environ.get("DROPLAYERS_ALL_PAGES")
    for name in NEEDED:
        (importlib.import_module if everything else pytest.importorskip)(name)
    root = tmp_path_factory.mktemp("checkout")
    made = "generated", "gallery", "notebooks"
    ignore = shutil.ignore_patterns("__pycache__", *made)
    for folder in ("docs", "examples", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, root)
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", "site"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stderr
    return root / "site"


@pytest.fixture(scope="module")
def pages(site):
    """Each page by its path, parsed."""
    paths = set(site.rglob("*.html")) - {site / "_static" / "webpack-macros.html"}
    return {path: Page(path.read_text()) for path in paths}


def test_links_inside_lead_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            name = urllib.parse.unquote(parts.path)
            target = (path.parent / name).resolve() if name else path
            if target not in pages:
                found = target.is_file()
            else:
                found = not parts.fragment or parts.fragment in pages[target].anchors
            if not found:
                broken.append(f"{path.name}: {link}")
    assert not broken


def test_each_object_has_a_page(site):
    from droplayers import autograd, dask, plot

    expected = {
        f"{module.__name__}.{name}"
        for module in (dl, autograd, dask, plot)
        for name in module.__all__
        if callable(getattr(module, name))  # plot.DROPPED is a colour
    }
    found = (site / "reference").rglob("droplayers.*.html")
    assert {path.stem for path in found} == expected


def test_no_two_pages_differ_in_case_alone(pages):
    """dropout and Dropout: on some systems they would be one file."""
    names = [str(path).lower() for path in pages]
    assert len(set(names)) == len(names)


def test_pages_load_nothing_from_elsewhere(pages):
    """They work from a file, without a network."""
    loaded = [(path.name, link) for path, page in pages.items() for link in page.loaded]
    assert not [pair for pair in loaded if urllib.parse.urlsplit(pair[1]).netloc]
