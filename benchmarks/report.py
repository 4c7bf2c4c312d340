# SPDX-License-Identifier: BSD-3-Clause
"""The picture and tables of README.md and docs/speed.md, from the results of the parts
`sizes` and `family`, and the site's page of the machine, from those of all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import page
import store
from subjects import COPIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "speed.png"
PAGES = ROOT / "docs" / "speed"
README = ROOT / "README.md"
SPEED = ROOT / "docs" / "speed.md"
COLUMNS = {1 << 18: "1 MiB", 1 << 26: "256 MiB"}  # float32 elements
COPY = "copy"
NAMES = {
    "non-temporal copy": "a copy past the caches",
    "dropout p=0.5": "`dropout`, p = 0.5",
    "dropout p=0.1": "`dropout`, p = 0.1",
    "drop_path prob=0.1": "`drop_path`, prob = 0.1",
    "np.random.binomial": "`x * (np.random.binomial(1, 1-p, x.shape) / (1-p))`",
    "rng.random(float32) >= p": "`x * ((rng.random(x.shape, 'f4') >= p) * scale)`",
    "torch F.dropout": "PyTorch `F.dropout`",
    "Numba loop": "Numba, a fused loop",
    "JAX jit, its own threads": "JAX `jit`, on threads of its own",
    "Keras on NumPy": "Keras on NumPy",
}
README_ROWS = (  # of NAMES
    "dropout p=0.1",
    "drop_path prob=0.1",
    "np.random.binomial",
    "rng.random(float32) >= p",
    "torch F.dropout",
    "Numba loop",
)
COLOURS = {
    COPY: "0.6",
    "non-temporal copy": "0.8",
    "dropout p=0.5": "#08519c",
    "dropout p=0.1": "#3182bd",
    "drop_path prob=0.1": "#7bafd4",
    "np.random.binomial": "#d94801",
    "rng.random(float32) >= p": "#f2a15f",
    "torch F.dropout": "#7a0177",
    "Numba loop": "#238b45",
    "JAX jit, its own threads": "#8c6d31",
    "Keras on NumPy": "#c51b8a",
}

Curves: TypeAlias = dict[str, dict[int, float]]


def write(file: Path) -> None:
    """Make the pictures and the page, put the tables into the others and print them."""
    parts = store.load(file) if file.exists() else {}
    for name in ("sizes", "family"):
        if name not in parts:
            raise SystemExit(f"{file} has no {name}: run `python benchmarks {name}`")
    found = curves(parts["sizes"]["results"])
    PAGES.mkdir(exist_ok=True)
    for picture in (PICTURE, PAGES / f"{file.stem}.png"):
        draw(found, parts["sizes"]["machine"], picture)
    (PAGES / f"{file.stem}.md").write_text(page.text(parts, f"{file.stem}.png"))
    put(README, "speed", table(found, parts["sizes"], README_ROWS))
    put(SPEED, "speed", table(found, parts["sizes"], NAMES))
    put(SPEED, "family", relatives(parts["family"]))


def put(page: Path, name: str, text: str) -> None:
    """Replace a block of a page."""
    block = re.compile(f"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    page.write_text(block.sub(lambda m: f"{m[1]}{text}\n{m[2]}", page.read_text()))
    print(text)


def relatives(part: dict[str, Any]) -> str:
    """Markdown: the first subject of each case and the fastest that is set against
    it, if there is one."""
    cases: dict[str, list[dict[str, Any]]] = {}
    for result in part["results"]:
        cases.setdefault(result["case"], []).append(result)
    lines = ["| | | beside | | times ours |", "|---|--:|---|--:|--:|"]
    for ours, *others in cases.values():
        peers = [other for other in others if other["against"] == ours["subject"]]
        if peers:
            peer = min(peers, key=lambda other: other["median"])
            lines.append(
                f"| `{ours['subject']}` | {time(ours)} | {peer['subject']}"
                f" | {time(peer)} | {peer['ratio']:.3g} |"
            )
    lines += [
        "",
        f"float32, one thread, {part['machine']['cpu']}, {part['machine']['isa']}:"
        f" `python benchmarks family`, {part['date']}.",
    ]
    return "\n".join(lines)


def time(result: dict[str, Any]) -> str:
    """A median with its unit."""
    unit = result["unit"].replace("ns/element", "ns")
    return f"{result['median']:.3g} {unit}"


def curves(results: list[dict[str, Any]]) -> Curves:
    """Nanoseconds an element by number of elements, and of the faster copy."""
    found: Curves = {COPY: {}}
    for result in results:
        name = COPY if result["subject"] in COPIES else result["subject"]
        points = found.setdefault(name, {})
        n = result["elements"]
        points[n] = min(result["median"], points.get(n, result["median"]))
    return {name: found[name] for name in COLOURS if name in found}


def table(found: Curves, part: dict[str, Any], names: Iterable[str]) -> str:
    """Markdown: what an element takes of some names, and how many copies that is."""
    machine = part["machine"]
    columns = [n for n in COLUMNS if n in found[COPY]]
    head = "".join(f" {COLUMNS[n]}: ns/element | copies |" for n in columns)
    lines = [f"| |{head}", "|---|" + "--:|" * (2 * len(columns))]
    lines.append(f"| a copy |{cells(found[COPY], found[COPY], columns)}")
    for name in names:
        if name in found:
            row = cells(found[name], found[COPY], columns)
            lines.append(f"| {NAMES[name]} |{row}")
    versions = ", ".join(versions_of(machine))
    lines += [
        "",
        f"float32, one thread, p = 0.1 where nothing else is said; {machine['cpu']},"
        f" {machine['isa']}; {versions}. `dropout` and `drop_path` store into a warm"
        " `out`; the copy is the faster of `np.copyto` and a vector loop. Medians,"
        " taken in turns in one run, of outputs checked to the bit:"
        f" `python benchmarks sizes`, {part['date']}.",
    ]
    return "\n".join(lines)


def cells(points: dict[int, float], copy: dict[int, float], columns: list[int]) -> str:
    """The columns of a line."""
    text = ""
    for n in columns:
        if n in points:
            text += f" {points[n]:.3g} | {points[n] / copy[n]:.3g} |"
        else:
            text += " | |"
    return text


def versions_of(machine: dict[str, Any]) -> Iterator[str]:
    """What was compared."""
    for name in ("NumPy", "PyTorch", "Numba", "JAX", "Keras"):
        version = machine[{"PyTorch": "torch"}.get(name, name.lower())]
        if version != "not installed":
            yield f"{name} {version.split('+')[0]}"


def draw(found: Curves, machine: dict[str, Any], path: Path) -> None:
    """The picture: both axes logarithmic, our lines thick."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for name, points in found.items():
        ours = name.startswith("drop")
        axes.plot(
            list(points),
            list(points.values()),
            color=COLOURS[name],
            linewidth=6 if name == COPY else 2.2 if ours else 1.3,
            marker="o" if ours else None,
            markersize=4,
            label=name,
            zorder=2 + ours if name != COPY else 1,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator([1 << i for i in range(8, 29, 4)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: size(int(n))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.set_xlabel("array of float32")
    axes.set_ylabel("ns per element")
    axes.set_title(
        f"Dropout at p = 0.1, one thread, {machine['cpu']}, {machine['isa']}",
        fontsize=10,
        loc="left",
    )
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    last = {name: list(points.values())[-1] for name, points in found.items()}
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(zip(handles, labels, strict=True), key=lambda pair: -last[pair[1]])
    axes.legend(
        *zip(*order, strict=True),
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
    )
    figure.savefig(path, dpi=110)
    plt.close(figure)


def size(n: int) -> str:
    """Of an array of float32."""
    bytes_ = 4 * n
    for unit in ("bytes", "KiB", "MiB"):
        if bytes_ < 1024:
            return f"{bytes_} {unit}"
        bytes_ //= 1024
    return f"{bytes_} GiB"
