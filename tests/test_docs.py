# SPDX-License-Identifier: BSD-3-Clause
"""The pages of docs/ say what is there."""

import importlib
import re

import pytest
from c_build import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
ARCHITECTURE = (DOCS / "ARCHITECTURE.md").read_text()


def section(text, title):
    """What stands under a heading, up to the next of its kind."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def listed_files():
    """The files of ARCHITECTURE's tree: folders end in a slash, and a name in .[ch] is
    two files."""
    lines = re.search(r"```text\n(.*?)```", section(ARCHITECTURE, "The tree"), re.S)[1]
    folders, files = [], []
    for line in lines.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        del folders[depth:]
        if name.endswith("/"):
            folders.append(name)
            continue
        assert len(line.split()) > 1, f"{name} has no description"
        stem, both, _ = name.partition(".[ch]")
        files += [
            "".join(folders) + n
            for n in ([f"{stem}.c", f"{stem}.h"] if both else [name])
        ]
    return files


def test_the_tree_lists_each_file_once():
    suffixes = ".c", ".h", ".py", ".pyi", ".typed"
    there = [
        str(path.relative_to(ROOT))
        for folder in ("src", "droplayers")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes
    ]
    assert sorted(listed_files()) == sorted(there)


def test_the_environment_is_described_whole():
    pattern = re.compile(r"\bDROPLAYERS_[A-Z_]+\b")
    places = (ROOT / "droplayers", ROOT / "tests", ROOT / "benchmarks")
    used = {
        name
        for place in places
        for path in place.rglob("*.py")
        for name in pattern.findall(path.read_text())
        if path.name != "test_docs.py"
    }
    described = set(pattern.findall(section(ARCHITECTURE, "The environment")))
    assert described == used


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_that_pages_name_are_there(page):
    """In backticks: a path with a folder, from the root, src/ or droplayers/."""
    names = re.findall(r"`([\w./]+/[\w.]+\.(?:c|h|py|pyi|md|txt))`", page.read_text())
    roots = ROOT, ROOT / "src", ROOT / "droplayers"
    assert not [n for n in names if not any((root / n).exists() for root in roots)]


RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.json"))


@pytest.mark.parametrize("results", RESULTS, ids=lambda path: path.stem)
def test_the_page_of_a_machine_shows_its_results(results, monkeypatch):
    for name in ("threadpoolctl", "tqdm"):
        pytest.importorskip(name)
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    page, store = (importlib.import_module(name) for name in ("page", "store"))
    expected = page.text(store.load(results), f"{results.stem}.png")
    path = DOCS / "speed" / f"{results.stem}.md"
    assert path.read_text() == expected, "python benchmarks report makes it anew"
    assert path.with_suffix(".png").exists()


KERNELS = (DOCS / "KERNELS.md").read_text()
# What lists are made of, and is no word: names of one list alone.
PAIR = {"bf16x2_load", "bf16x2_store", "bf16x2_store_nt", "bf16x2_keep"}
HELPERS = {"select_lanes"} | PAIR


def described_words():
    rows = re.findall(r"^\| (`.*?) \|", section(KERNELS, "The words"), re.M)
    return {re.match(r"\w+", n)[0] for row in rows for n in re.findall("`(.*?)`", row)}


def defined_words(path):
    """The names that a list of words defines, as macros, functions, types and enums."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    names = set(re.findall(r"^#define (\w+)", text, re.M))
    names |= set(re.findall(r"^(\w+)\(", text, re.M))
    for declared in re.findall(r"^typedef (.*?);", text, re.M):
        names |= set(re.findall(r"\w+_value|u32v|u64v|f32v|f64v", declared))
    enums = re.findall(r"^enum \{(.*?)\}", text, re.M)
    return names | set(re.findall(r"(\w+) = ", " ".join(enums)))


def test_each_word_is_described():
    scalar = ROOT / "src/kernels/simd/scalar.h"
    assert described_words() == defined_words(scalar) - HELPERS


@pytest.mark.parametrize("isa", ["avx2", "avx512", "neon"])
def test_each_list_has_all_words(isa):
    missing = described_words() - defined_words(ROOT / f"src/kernels/simd/{isa}.h")
    assert not missing
