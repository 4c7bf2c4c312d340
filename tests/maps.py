# SPDX-License-Identifier: BSD-3-Clause
"""Maps by chance, and how blocks of them are dropped."""

import math

from arrays import blocks
from hypothesis import strategies as st


@st.composite
def map_shapes(draw):
    """Shapes with one to three spatial axes. Any length may be 0."""
    spatial = draw(st.integers(1, 3))
    side = st.integers(0, 6) if spatial > 1 else st.sampled_from([1, 7, 64, 130])
    lengths = draw(st.lists(side, min_size=spatial + 1, max_size=spatial + 1))
    return (draw(st.integers(0, 3)), *lengths)


@st.composite
def map_options(draw, shape):
    """The options that give blocks their geometry; in some cases that of whole maps in
    a larger array."""
    options = {
        "block_size": draw(st.sampled_from([1, 2, 3, 4, 7, 2**40])),
        "channel_axis": draw(st.sampled_from([1, -1, 2])),
        "shared_channels": draw(st.booleans()),
    }
    if draw(st.booleans()):
        axes = 0, options["channel_axis"] % len(shape)
        full_shape, start = list(shape), [0] * len(shape)
        part = draw(blocks([shape[axis] for axis in axes]))
        for axis, n, i in zip(axes, *part, strict=True):
            full_shape[axis], start[axis] = n, i
        most = 2**64 // math.prod(n or 1 for n in full_shape[1:])
        full_shape[0] = min(full_shape[0], most)
        start[0] = min(start[0], full_shape[0] - shape[0])
        options |= {"full_shape": tuple(full_shape), "start": tuple(start)}
    return options
