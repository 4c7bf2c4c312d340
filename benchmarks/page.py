# SPDX-License-Identifier: BSD-3-Clause
"""The site's page of a machine: the picture, and a table for each case."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from parts import PARTS
from table import digits

if TYPE_CHECKING:
    from collections.abc import Iterator


def text(parts: dict[str, Any], picture: str) -> str:
    """Markdown: what was measured, on what, and when."""
    machine = next(iter(parts.values()))["machine"]
    lines = [
        f"# {machine['cpu']}, {machine['isa']}",
        "",
        f"![ns per element over the size of the array]({picture})",
        "",
        "Medians of rounds in which the subjects take turns. A ratio says how many",
        "times what another subject takes it is.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in machine.items()),
    ]
    for name, part in parts.items():
        lines += ["", f"## {name.capitalize()}", "", f"{PARTS[name].title}."]
        lines += [f"`python benchmarks {name}`, {part['date']}."]
        lines += tables(part["results"])
    return "\n".join(lines) + "\n"


def tables(results: list[dict[str, Any]]) -> Iterator[str]:
    """A table for each case."""
    for (case, threads, unit), rows in itertools.groupby(results, key=kind):
        count = "1 thread" if threads == 1 else f"{threads} threads"
        yield from ("", f"| {case}, {count} | {unit} | ratio | to |")
        yield "|---|--:|--:|---|"
        for row in rows:
            ratio = f"{row['ratio']:.3g}" if row["against"] else ""
            cells = code(row["subject"]), digits(row["median"]), ratio
            yield f"| {' | '.join(cells)} | {code(row['against'])} |"


def kind(result: dict[str, Any]) -> tuple[str, int, str]:
    """What the lines of a table have in common."""
    return result["case"], result["threads"], result["unit"]


def code(subject: str) -> str:
    """A subject, as a cell of a table takes it."""
    return f"`{subject}`" if subject else ""
