# SPDX-License-Identifier: BSD-3-Clause
"""float32 in the nearest caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measure import Goal
from subjects import beside_copy, dropout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Case

#: names, elements, and goals at p = 0.5 and 0.1
SIZES = (
    ("64 KiB", 1 << 14, Goal(1.1, 1.3), Goal(2.0, 2.5)),
    ("1 MiB", 1 << 18, Goal(1.2, 1.3), Goal(1.6, 1.9)),
)


def cases() -> Iterator[Case]:
    """Out of place, whole calls: at 64 KiB their fixed cost is seen."""
    for name, elements, half, tenth in SIZES:
        yield beside_copy(
            f"{name}, out of place",
            (elements,),
            {
                "dropout p=0.5": (dropout(0.5), half),
                "dropout p=0.25": (dropout(0.25),),
                "dropout p=0.1": (dropout(0.1), tenth),
            },
        )
