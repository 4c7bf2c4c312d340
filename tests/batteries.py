# SPDX-License-Identifier: BSD-3-Clause
"""Feeds the bits of masks to dieharder, and fails where one of its tests fails.

    python tests/batteries.py [--quick] [--order NAME] [--source NAME] [--key KEY]

Masks have p = 0.5, so that each of their bits is as likely 0 as 1. They come from the
library, or from the oracle (`--source reference`), in three orders:

    bytes      the packed masks of one segment after the other, under one key
    positions  a bit of each of 2**20 neighbouring segments, at the same position in
               all of them, then a bit of each at the next position, under one key
    calls      the packed mask of segment 0 under key, key + 1, key + 2, ...

The key fixes all that dieharder reads, and so the outcome. dieharder says FAILED where
a p-value is within 1e-6 of 0 or 1, which happens to good bits in one of some 3,000 runs
of all tests, and WEAK where it is within 0.005: each hundredth p-value of good bits.
Its Debian package is called dieharder. On a quiet machine all tests take some fifteen
minutes, the quick ones three.
"""

import argparse
import itertools
import shutil
import subprocess
import sys

import numpy as np
import reference as ref

import droplayers as dl

KEY = 0x243F6A8885A308D3
SEGMENT = 512

# The tests that dieharder calls good, by number, with the options of those that need
# some. Test 204 is left out, for it tests dieharder itself.
QUICK = {
    "0": [],  # birthdays
    "4": [],  # bitstream
    "8": [],  # count the 1s, stream
    "10": [],  # parking lot
    "11": [],  # minimum distance, 2d
    "12": [],  # minimum distance, 3d
    "15": [],  # runs
    "100": [],  # monobit
    "102": [],  # serial, of 1 to 16 bits
    "202": ["-n", "5"],  # permutations
    "206": [],  # cosine transform
    "208": [],  # fill tree
}
SLOW = {
    "1": [],  # overlapping permutations
    "2": [],  # ranks of 32 x 32 bits
    "3": [],  # ranks of 6 x 8 bits
    "9": [],  # count the 1s, byte
    "13": [],  # squeeze
    "16": [],  # craps
    "17": ["-t", "1000000"],  # greatest common divisors; by default it reads 8 GB
    "101": [],  # runs of bits
    "200": ["-n", "6"],  # distribution of bits
    "201": ["-n", "3"],  # minimum distance, 3d, generalised
    "203": ["-n", "7"],  # lagged sums
    "205": [],  # distribution of bytes
    "207": [],  # fill tree, another
    "209": [],  # monobit, of 2 to 12 words
}


# --- masks, a row of 64 bytes for each segment ----------------------------------------


def numbers(first, count):
    """Neighbouring 64-bit numbers; the one after 2**64 - 1 is 0."""
    return np.uint64(first % 2**64) + np.arange(count, dtype=np.uint64)


def library_segments(key, first, count):
    """The masks of neighbouring segments under one key."""
    at = {"full_shape": (2**64,), "start": (SEGMENT * first,)}
    n, key = SEGMENT * count, dl.Key(key)
    packed = dl.keep_mask(n, 0.5, rng=key, packed=True, **at)
    return packed.reshape(count, SEGMENT // 8)


def library_calls(key, first, count):
    """The masks of segment 0 under neighbouring keys."""
    keys = map(dl.Key, numbers(key + first, count).tolist())
    masks = [dl.keep_mask(SEGMENT, 0.5, rng=key, packed=True) for key in keys]
    return np.concatenate(masks).reshape(count, SEGMENT // 8)


def reference_masks(key, segment):
    """Masks at p = 0.5 are the first plane, eight outputs of a segment."""
    plane = list(itertools.islice(ref.segment_outputs(key, segment), 8))
    return np.stack(plane, axis=1).astype("<u8").view(np.uint8)


def reference_segments(key, first, count):
    """What library_segments() gives."""
    return reference_masks(key, numbers(first, count))


def reference_calls(key, first, count):
    """What library_calls() gives."""
    return reference_masks(numbers(key + first, count), 0)


# --- the three orders -----------------------------------------------------------------


def row_by_row(rows):
    """The bytes as they are."""
    yield rows


def by_position(rows):
    """Bit 0 of each row, then bit 1 of each, and so on, packed anew."""
    for column in np.ascontiguousarray(rows.T):
        for bit in range(8):
            yield np.packbits(column & (1 << bit), bitorder="little")


# Segments and calls of each source.
SOURCES = {
    "library": (library_segments, library_calls),
    "reference": (reference_segments, reference_calls),
}

# Which of the two, how its rows are arranged, and how many of them at once.
ORDERS = {
    "bytes": (0, row_by_row, 2**14),
    "positions": (0, by_position, 2**20),
    "calls": (1, row_by_row, 2**12),
}


def endless(source, order, key, test):
    """Bytes without end; each test has segments, or keys, of its own."""
    which, arranged, count = ORDERS[order]
    for first in itertools.count(int(test) * 2**32, count):
        yield from arranged(SOURCES[source][which](key, first, count))


# --- dieharder ------------------------------------------------------------------------


def run(test, options, parts):
    """The lines of dieharder's table about some bytes; it stops reading them."""
    fields = ["test_name", "ntuple", "pvalues", "assessment"]
    command = ["dieharder", "-g", "200", "-d", test, *options]
    command += [word for field in fields for word in ("-D", field)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, bufsize=0, **pipes) as process:
        try:
            for part in parts:
                process.stdin.write(part)
        except BrokenPipeError:
            pass
        table = process.stdout.read().decode()
    lines = [line for line in table.splitlines() if line.count("|") == 3]
    if process.returncode or not lines:
        raise RuntimeError(f"{' '.join(command)} says: {table}")
    return lines


def main():
    """Print the table, a line for each p-value; the exit status is 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the quick tests alone")
    parser.add_argument("--order", choices=ORDERS, help="one order, not all three")
    parser.add_argument("--source", choices=SOURCES, default="library")
    parser.add_argument("--key", type=int, default=KEY)
    options = parser.parse_args()
    if not shutil.which("dieharder"):
        parser.error("dieharder is not installed")
    failed = 0
    for order in [options.order] if options.order else ORDERS:
        for test, given in (QUICK if options.quick else QUICK | SLOW).items():
            parts = endless(options.source, order, options.key, test)
            for line in run(test, given, parts):
                print(f"{order:10}{line}", flush=True)
                failed += "FAILED" in line
    print(f"{failed} FAILED")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
