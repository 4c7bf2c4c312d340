# SPDX-License-Identifier: BSD-3-Clause
"""A copy whose stores go past the caches. glibc's memcpy has such stores too, but only
from a size on that may be beyond the arrays here; Numba, where installed, at any size.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Words = NDArray[np.uint32]

AVAILABLE = importlib.util.find_spec("numba") is not None
LINE = 16  # words in a cache line


def copy(x: Words, out: Words) -> Callable[[], None]:
    """The copy of x to out: whole cache lines of out, and what is left at both ends."""
    head = -out.ctypes.data % (4 * LINE) // 4
    tail = head + (x.size - head) // LINE * LINE
    lines = loop()

    def call() -> None:
        np.copyto(out[:head], x[:head])
        lines(out[head:tail], x[head:tail])
        np.copyto(out[tail:], x[tail:])

    return call


@functools.cache
def loop() -> Callable[[Words, Words], None]:
    """A compiled loop over cache lines."""
    import numba
    from llvmlite import ir
    from numba.extending import intrinsic

    @intrinsic
    def store_line(typing: Any, out: Any, x: Any, i: Any) -> Any:
        """Out's line i becomes x's, by a load and a non-temporal store."""

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            line = ir.VectorType(ir.IntType(32), LINE).as_pointer()
            places = [
                builder.bitcast(
                    builder.gep(
                        context.make_array(array)(context, builder, value).data,
                        [builder.mul(values[2], values[2].type(LINE))],
                    ),
                    line,
                )
                for array, value in zip(signature.args[:2], values, strict=False)
            ]
            stored = builder.store(builder.load(places[1], align=4), places[0], 64)
            one = builder.module.add_metadata([ir.IntType(32)(1)])
            stored.set_metadata("nontemporal", one)
            return context.get_dummy_value()

        return numba.void(out, x, i), code

    @numba.njit(nogil=True)
    def copy_lines(out: Words, x: Words) -> None:
        for i in range(out.size // LINE):
            store_line(out, x, i)  # type: ignore[call-arg]

    compiled: Callable[[Words, Words], None] = copy_lines
    return compiled
