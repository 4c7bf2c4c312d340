# SPDX-License-Identifier: BSD-3-Clause
"""The oracle under the names of the library: a stand-in until the C code draws from
segments, for tests that compare masks with the library's."""

import reference
import reference_family


class Key(int):
    """A key as the library has it."""

    def child(self, *numbers):
        key = self
        for number in numbers:
            key = Key(reference.child(int(key), number))
        return key


def _with_rng(function):
    """A function of the oracle, that takes a Key as rng."""

    def call(*arguments, rng, **options):
        return function(*arguments, key=int(rng), **options)

    return call


keep_mask = _with_rng(reference.keep_mask)
dropout = _with_rng(reference.dropout)
drop_path = _with_rng(reference.drop_path)
spatial_dropout = _with_rng(reference_family.spatial_dropout)
block_mask = _with_rng(reference_family.drop_block_mask)
drop_connect = _with_rng(reference_family.drop_connect)
fractal_join = _with_rng(reference_family.fractal_join)
