# SPDX-License-Identifier: BSD-3-Clause
"""Results as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from measure import Case, Result
    from parts import Part


def heading(machine: dict[str, Any]) -> str:
    """What the numbers were measured on."""
    return "\n".join(f"{name:25}{value}" for name, value in machine.items())


def title(name: str, part: Part) -> str:
    """Begin a part."""
    return f"\n{name}: {part.title}\n{'=' * (len(name) + len(part.title) + 2)}"


def rows(case: Case, results: Iterable[Result]) -> str:
    """A case: a line for each subject."""
    results = list(results)
    threads = "1 thread" if case.threads == 1 else f"{case.threads} threads"
    rounds = len(results[0].samples)
    width = max(len(result.subject) for result in results)
    lines = [
        f"{case.name}: {threads}, {rounds} rounds",
        f"{'':{width}}{case.unit:>12}{'quartiles':>20}{'ratio':>9}  to",
    ]
    for result in results:
        first, third = result.quartiles
        line = f"{result.subject:{width}}{digits(result.median):>12}"
        line += f"{digits(first) + ' .. ' + digits(third):>20}"
        if result.against:
            line += f"{result.ratio:9.2f}  {result.against}"
        notes = [verdict(result, *goal) for goal in result.goals]
        notes += [] if result.exact else ["WRONG OUTPUT"]
        lines.append("; ".join([line, *notes]))
    return "\n".join(lines) + "\n"


def digits(value: float) -> str:
    """Four that count."""
    places = 4 if value < 1 else 3 if value < 10 else 2 if value < 100 else 1
    return f"{value:.{places}f}"


def verdict(result: Result, bound: float, least: bool) -> str:
    """A goal, and whether it is met or by how much it is missed."""
    value = result.ratio if result.against else result.median
    by = bound / value - 1 if least else value / bound - 1
    goal = f"goal {'>=' if least else '<='} {bound:g}"
    return f"{goal} met" if by <= 0 else f"{goal} missed by {by:.0%}"
