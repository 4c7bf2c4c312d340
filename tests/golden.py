# SPDX-License-Identifier: BSD-3-Clause
"""Hashes of masks that a released version has promised.

`python tests/golden.py` writes data/golden.json anew from the oracle, which the library
has no part in. Lines may be added to CASES; a hash that changes is a broken promise.
"""

import functools
import hashlib
import json
import pathlib

import numpy as np
import reference as ref

FILE = pathlib.Path(__file__).parent / "data" / "golden.json"

# Key, shape, p, and for a block full_shape and start.
CASES = [
    (0, [10_000], 0.5),
    (0, [10_000], 0.25),
    (0, [10_000], 0.625),
    (0, [10_000], 0.1),
    (1, [10_000], 0.1),
    (2**32, [10_000], 0.1),
    (2**64 - 1, [10_000], 0.1),
    (0x243F6A8885A308D3, [7, 11, 13, 17], 0.3),
    (0x243F6A8885A308D3, [100_000], 2.0**-12),
    (0x243F6A8885A308D3, [100_000], 0.001),
    (0x243F6A8885A308D3, [100_000], 0.999),
    (0x243F6A8885A308D3, [65_536], 1 - 2.0**-40),
    (2026, [511], 0.5),
    (2026, [512], 0.3),
    (2026, [513], 0.9),
    (2026, [33, 129], 0.9),
    (2026, [33, 129], 1 / 3, [2**20, 2**20], [2**12 - 16, 5]),
    (2026, [20_000], 0.2, [2**64], [2**31 - 10_000]),
    (2026, [20_000], 0.2, [2**64], [2**32 - 10_000]),
    (2026, [20_000], 0.2, [2**64], [2**41 - 10_000]),
    (2026, [20_000], 0.2, [2**64], [2**63 - 10_000]),
    (2026, [20_000], 0.2, [2**64], [2**64 - 20_000]),
]


def digest(packed):
    """The hash of packed bits."""
    return hashlib.sha256(np.ascontiguousarray(packed)).hexdigest()


@functools.cache
def read():
    """The committed cases by name."""
    return json.loads(FILE.read_text())


def arguments(case):
    """Key, shape, p and a block's keywords of a case."""
    shape, at = tuple(case["shape"]), {}
    if "full_shape" in case:
        at = {name: tuple(case[name]) for name in ("full_shape", "start")}
    return int(case["key"], 16), shape, float.fromhex(case["p"]), at


def write():
    """Write the file from the oracle."""
    cases = {}
    for i, (key, shape, p, *block) in enumerate(CASES):
        case = {"key": f"{key:#018x}", "shape": shape, "p": p.hex()}
        case |= zip(("full_shape", "start"), block, strict=False)
        key, shape, p, at = arguments(case)
        case["sha256"] = digest(ref.packed(ref.keep_mask(shape, p, key, **at)))
        cases[f"{i:02}"] = case
    lines = [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    write()
