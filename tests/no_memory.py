# SPDX-License-Identifier: BSD-3-Clause
"""A process in which the n-th allocation of each call fails, for n = 0, 1, ... until
none does: ``python no_memory.py python|numpy|malloc 1``. With 3 in the place of 1 it is
n = 0, 3, 6, ..."""

import ctypes
import faulthandler
import gc
import itertools
import linecache
import mmap
import os
import re
import sys
import tempfile

import every_call
import numpy as np
from every_call import LAYERS, RNG, SUCCESSES

from droplayers import _core

BITS = RNG.bit_generator
START = BITS.state
ARRAYS = [x for x in vars(every_call).values() if isinstance(x, np.ndarray)]
ARRAYS += every_call.OTHERS.values()
HELD = [*ARRAYS, RNG, BITS, BITS.lock, every_call.KEY, every_call.LAYER, np.ndarray]

#: What CPython, NumPy and pandas say instead of MemoryError, and never this module.
FOREIGN = {
    SystemError: ("without setting an exception", "without exception set", "is set"),
    RuntimeError: ("can't allocate lock", "Error in computing overlap"),
}
OURS = [f"function {name}>" for name in dir(_core)]

#: Objects that a layer makes after its call has drawn, which Python's allocator may
#: refuse: the Key's number, and what it remembers of the pass.
REMEMBERED = 12

#: of Python's memory that may be left: NumPy's caches, and what its errors keep.
BLOCKS = 1500


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
    """Makes a call whose n-th allocation fails; says whether one did, and the error."""
    memory.fail_at(n)
    try:
        call()
    except BaseException as error:
        return memory.has_failed(), error
    return memory.has_failed(), None


def faults(name, call, memory, numbers, progress):
    """What is wrong with a call of which one allocation after the other fails; progress
    is the number of that one."""
    advanced = 0
    for n in numbers:
        progress[:] = n.to_bytes(len(progress))
        BITS.state = START
        before = [x.tobytes() for x in ARRAYS]
        failed, error = attempt(call, memory, n)
        if error is not None:
            if not is_fair(error):
                yield f"{name}, n = {n}: {error!r}"
            if before != [x.tobytes() for x in ARRAYS]:
                yield f"{name}, n = {n}: an array has changed"
            advanced += repr(BITS.state) != repr(START)
        if not failed:
            break
    is_layer = name in LAYERS or name == "a layer"
    if advanced > (REMEMBERED if is_layer and isinstance(memory, Python) else 0):
        yield f"{name}: {advanced} failures have advanced the generator"


def leaks(name, call, memory, numbers, progress):
    """The same, and what such calls leave behind. CPython itself leaks arguments where
    it has no memory for the frame of a function."""
    for _ in range(50):
        call()
    gc.collect()
    before, blocks = [*map(sys.getrefcount, HELD)], sys.getallocatedblocks()
    yield from faults(name, call, memory, numbers, progress)
    gc.collect()
    if not isinstance(memory, Python):
        more = sys.getallocatedblocks() - blocks
        if more > BLOCKS:
            yield f"{name}: {more} blocks of memory are left"
        if before != [*map(sys.getrefcount, HELD)]:
            yield f"{name}: references are left"


def is_fair(error):
    """Whether an error is one of memory, or a foreign one that stands for it."""
    said = str(error)
    foreign = any(text in said for text in FOREIGN.get(type(error), ()))
    return isinstance(error, MemoryError) or (
        foreign and not any(name in said for name in OURS)
    )


def survey(name, call, memory, every):
    """Prints what is wrong with a call, which is made in a process of its own. CPython
    crashes in places of its own: a crash counts where a function of ours runs."""
    n = -every
    while n is not None:
        progress = mmap.mmap(-1, 8)
        with tempfile.TemporaryFile("w+") as said:
            process = os.fork()
            if process == 0:
                faulthandler.enable(said)
                numbers = itertools.count(n + every, every)
                for fault in leaks(name, call, memory, numbers, progress):
                    print(fault, flush=True)
                os._exit(0)
            status = os.waitpid(process, 0)[1]
            n = int.from_bytes(progress[:]) if os.WIFSIGNALED(status) else None
            said.seek(0)
            place = re.search(r'File "(.*)", line (\d+)', said.read())
        line = linecache.getline(place[1], int(place[2])) if place else ""
        if status and ("_core." in line or not line):
            print(f"{name}, n = {n}: status {status} at {line.strip()}", flush=True)


def main(kind, every):
    """Prints what is wrong, and nothing else."""
    memory = allocator(kind)
    for name, call in SUCCESSES.items():
        survey(name, call, memory, int(every))


if __name__ == "__main__":
    main(*sys.argv[1:])
