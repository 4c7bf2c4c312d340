# SPDX-License-Identifier: BSD-3-Clause
"""float32 from 64 elements to 1 GiB, all on one thread: the README's picture."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import machine
from frameworks import FRAMEWORKS, LABELS
from idioms import IDIOMS
from measure import Case
from subjects import COPIES, copies, drop_path, dropout, drops, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Subject

SIZES = [1 << i for i in range(6, 29, 2)]
ROW = 256
P = 0.1
PEER_BYTES = 56  # that an element takes in the most wasteful peer and its check


def cases() -> Iterator[Case]:
    """Each size with all that is installed."""
    for n in SIZES:
        name = f"{n:,} elements"
        yield Case(name, n, functools.partial(everything, n), memory=16 * n)


def everything(n: int) -> dict[str, Subject]:
    """The library into a warm `out`; peers as they come, where memory allows."""
    x = filled(n)
    out = x.copy()
    row = min(n, ROW)
    found = {
        **copies(x, out),
        "dropout p=0.5": drops(dropout(0.5), x, out),
        "dropout p=0.1": drops(dropout(P), x, out),
        "drop_path prob=0.1": drops(
            drop_path(P), x.reshape(-1, row), out.reshape(-1, row)
        ),
    }
    if n * PEER_BYTES < machine.free_memory():
        for label, idiom in IDIOMS.items():
            found[label] = idiom(x, P, COPIES)
        for label, framework in FRAMEWORKS.items():
            found[LABELS[label]] = framework(x, P, 1, COPIES)
    return found
