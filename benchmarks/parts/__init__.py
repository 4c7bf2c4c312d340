# SPDX-License-Identifier: BSD-3-Clause
"""The parts by name: modules with cases, whose docstring begins with their title."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import (
    cache,
    cliffs,
    family,
    growth,
    imports,
    masks,
    memory,
    peers,
    replacement,
    rows,
    sizes,
    small,
    strided,
    threads,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from measure import Case, Result


class Part(NamedTuple):
    """Cases with something in common."""

    title: str
    cases: Callable[[], Iterable[Case]]
    summary: Callable[[list[Result]], str] | None  #: of all its results, to print


def _part(module: ModuleType) -> Part:
    title, *_ = str(module.__doc__).split("\n\n")
    summary = getattr(module, "summary", None)
    return Part(" ".join(title.split()).rstrip("."), module.cases, summary)


PARTS = {
    "import": _part(imports),
    "small": _part(small),
    "cache": _part(cache),
    "masks": _part(masks),
    "memory": _part(memory),
    "rows": _part(rows),
    "strided": _part(strided),
    "cliffs": _part(cliffs),
    "threads": _part(threads),
    "family": _part(family),
    "replace": _part(replacement),
    "growth": _part(growth),
    "peers": _part(peers),
    "sizes": _part(sizes),
}
