# SPDX-License-Identifier: BSD-3-Clause
"""A process in which the n-th allocation of each call fails, for n = 0, 1, ... until
none does: ``python no_memory.py python|numpy|malloc [every]``."""

import ctypes
import gc
import itertools
import sys
import traceback

import every_call
import numpy as np
from every_call import ERRORS, LAYERS, RNG, SUCCESSES

from droplayers import _core

BITS = RNG.bit_generator
START = BITS.state
ARRAYS = [x for x in vars(every_call).values() if isinstance(x, np.ndarray)]
ARRAYS += every_call.OTHERS.values()
HELD = [*ARRAYS, RNG, BITS, BITS.lock, every_call.KEY, every_call.LAYER, np.ndarray]

#: What CPython, NumPy and pandas say instead of MemoryError, and never this module.
FOREIGN = {
    SystemError: ("without setting an exception", "without exception set", "is set"),
    RuntimeError: ("can't allocate lock",),
}
OURS = [f"function {name}>" for name in dir(_core)]

#: Objects that a layer makes after its call has drawn, which Python's allocator may
#: refuse: the Key's number, and what it remembers of the pass.
REMEMBERED = 8


class Python:
    """Python's allocators, for objects and for memory of its own; they do not say
    whether one has failed."""

    SUCCESSES = 30  #: without a failure, in which case there are no more allocations

    def __init__(self):
        import _testcapi

        self.arm = _testcapi.set_nomemory
        self.remove = _testcapi.remove_mem_hooks
        self.left = self.SUCCESSES

    def fail_at(self, n):
        """Let the n-th allocation from now on fail."""
        if n == 0:
            self.left = self.SUCCESSES
        self.arm(n, n + 1)

    def has_failed(self):
        """Whether one has failed lately, so that more may; none does now."""
        self.remove()
        self.left = self.SUCCESSES if sys.exc_info()[0] else self.left - 1
        return self.left > 0


def allocator(kind):
    """What makes allocations fail."""
    if kind == "python":
        return Python()
    if kind == "numpy":
        import no_memory_handler

        return no_memory_handler
    return ctypes.CDLL(None)


def attempt(call, memory, n):
    """What a call does whose n-th allocation fails: whether it did, the result, the
    error."""
    memory.fail_at(n)
    try:
        result = call()
    except BaseException as error:
        return memory.has_failed(), None, error
    return memory.has_failed(), result, None


def faults(name, call, memory, every):
    """What is wrong with a call. It is told of every n that is a multiple of every."""
    before = [x.copy() for x in ARRAYS]
    expected = None
    advanced = 0
    for n in itertools.count(0, every):
        BITS.state = START
        failed, result, error = attempt(call, memory, n)
        if error is None:
            yield from ()
        elif not is_fair(error):
            where = "".join(traceback.format_tb(error.__traceback__)[-3:])
            yield f"n = {n}: {error!r}\n{where}"
        if error is not None:
            advanced += repr(BITS.state) != repr(START)
            for x, y in zip(ARRAYS, before, strict=True):
                if x.tobytes() != y.tobytes():
                    yield f"n = {n}: an array has changed"
        if not failed:
            break
    del expected, result, error
    layer = name in LAYERS or name == "a layer"
    if advanced > (REMEMBERED if layer and isinstance(memory, Python) else 0):
        yield f"{advanced} failures have advanced the generator"


def is_fair(error):
    """Whether an error is one of memory, or a foreign one that stands for it."""
    said = str(error)
    foreign = any(text in said for text in FOREIGN.get(type(error), ()))
    return isinstance(error, MemoryError) or (
        foreign and not any(name in said for name in OURS)
    )


def main(kind, every=1):
    memory = allocator(kind)
    bad = 0
    for name, call in SUCCESSES.items():
        for _ in range(50):  # CPython leaks arguments of calls that it does not know yet
            call()
        gc.collect()
        references = [sys.getrefcount(thing) for thing in HELD]
        blocks = sys.getallocatedblocks()
        for fault in faults(name, call, memory, int(every)):
            print(name, fault, flush=True)
            bad += 1
        gc.collect()
        more = sys.getallocatedblocks() - blocks
        if more > 100: print(name, "blocks", more)
        if references != [sys.getrefcount(thing) for thing in HELD]:
            print(name, "references")
    print(bad)


if __name__ == "__main__":
    main(*sys.argv[1:])
