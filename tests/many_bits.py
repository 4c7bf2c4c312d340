# SPDX-License-Identifier: BSD-3-Clause
"""Counts 2**40 bits of masks that are keyed by call, and fails where a count deviates.

    python tests/many_bits.py [LOG2]

A call has 2**22 bits at p = 0.5, and its key is one more than that of the call before.
Counted are ones, words of 64 bits by how many ones they have, and bits that are equal:
to those some places before in a word, to those some words before, and to those of the
call before. The keys fix the outcome. On one core 2**40 bits take a quarter of an hour.
"""

import math
import sys

import numpy as np

import droplayers as dl

KEY = 0x13198A2E03707344
CALL = 2**22  #: bits
PLACES = [1, 2, 3, 5, 8, 16, 31, 32]
WORDS = [1, 2, 4, 8, 64, 1024]  # 8 are a segment, 1024 a tile
BOUND = 5.0  #: sigmas; a fair deviate is beyond with a chance of 6e-7


def ones(words):
    """How many bits are 1."""
    return int(np.bitwise_count(words).sum(dtype=np.int64))


def calls(count):
    """The masks of calls, as words."""
    for i in range(count):
        mask = dl.keep_mask(CALL, 0.5, rng=dl.Key(KEY + i), packed=True)
        yield mask.view(np.uint64)


class Counts:
    """Counts of bits, each beside how many were looked at."""

    def __init__(self):
        self.found = {}
        self.weights = np.zeros(65, np.int64)
        self.before = None

    def add(self, name, count, n):
        """So many of n, more."""
        had, of = self.found.get(name, (0, 0))
        self.found[name] = had + count, of + n

    def take(self, words):
        """Count the bits of one call."""
        self.weights += np.bincount(np.bitwise_count(words), minlength=65)
        for d in PLACES:
            differ = (words ^ words >> np.uint64(d)) << np.uint64(d)
            self.add(f"{d} places before", ones(differ), (64 - d) * words.size)
        for d in WORDS:
            self.add(
                f"{d} words before", ones(words[d:] ^ words[:-d]), 64 * (words.size - d)
            )
        if self.before is not None:
            self.add("the call before", ones(words ^ self.before), 64 * words.size)
        self.before = words

    def deviations(self):
        """How many standard deviations each count is from its mean."""
        z = {
            f"unlike {name}": (count - n / 2) / math.sqrt(n / 4)
            for name, (count, n) in self.found.items()
        }
        n = 64 * self.weights.sum()
        z["ones"] = (self.weights @ np.arange(65) - n / 2) / math.sqrt(n / 4)
        z["ones in a word"] = self.spread()
        return z

    def spread(self):
        """Chi-squared of the words by their ones, as a normal deviate (Wilson and
        Hilferty, PNAS 17, 1931)."""
        share = np.array([math.comb(64, k) / 2**64 for k in range(65)])
        expected = self.weights.sum() * share
        usual = expected >= 10
        both = [np.append(x[usual], x[~usual].sum()) for x in (self.weights, expected)]
        chi2 = float(((both[0] - both[1]) ** 2 / both[1]).sum())
        free = len(both[0]) - 1
        part = 2 / (9 * free)
        return ((chi2 / free) ** (1 / 3) - (1 - part)) / math.sqrt(part)


def main():
    """The exit status is 1 where a count is beyond the bound."""
    log2 = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    counts = Counts()
    for words in calls(2**log2 // CALL):
        counts.take(words)
    z = counts.deviations()
    for name, deviation in z.items():
        print(f"{name:24}{deviation:8.3f}")
    worst = max(z, key=lambda name: abs(z[name]))
    print(f"2**{log2} bits, {len(z)} counts, worst: {worst}, {z[worst]:.3f} sigmas")
    return abs(z[worst]) > BOUND


if __name__ == "__main__":
    sys.exit(main())
