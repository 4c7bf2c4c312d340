# SPDX-License-Identifier: BSD-3-Clause
"""Results as JSON: for each part the machine, the date and a record for each subject,
on a line each."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from measure import Result


def path() -> Path:
    """The file of this kind of machine."""
    found = machine.describe()
    name = re.sub(r"[^a-z0-9]+", "-", f"{found['cpu']} {found['isa']}".lower())
    folder = Path(__file__).resolve().parent / "results"
    return Path(folder / f"{name.strip('-')}.json")


def load(file: Path) -> dict[str, Any]:
    """All parts."""
    parts: dict[str, Any] = json.loads(file.read_text())
    return parts


def add(file: Path, part: str, results: Iterable[Result], *, fresh: bool) -> None:
    """Add results of a part, or begin it anew; other parts stay."""
    parts = load(file) if file.exists() else {}
    if fresh:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        parts[part] = {"date": today, "machine": machine.describe(), "results": []}
    parts[part]["results"] += [record(result) for result in results]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(parts))


def record(result: Result) -> dict[str, Any]:
    """A result with its median, and no more digits than mean something."""
    values = dataclasses.asdict(result)
    samples = [float(f"{value:.4g}") for value in result.samples]
    ratio = float(f"{result.ratio:.4g}")
    return {**values, "ratio": ratio, "median": result.median, "samples": samples}


def text(parts: dict[str, Any]) -> str:
    """JSON with a line for each record."""
    blocks = []
    for name, part in parts.items():
        lines = ",\n".join(f"  {json.dumps(line)}" for line in part["results"])
        head = json.dumps({**part, "results": []}).removesuffix("]}")
        blocks.append(f"{json.dumps(name)}: {head}\n{lines}\n]}}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"
