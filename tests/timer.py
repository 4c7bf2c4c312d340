# SPDX-License-Identifier: BSD-3-Clause
"""A timer of the processor's time, and the signal that it sends.

A machine that has other work to do changes no moment of it.
"""

import contextlib
import gc
import signal
import time

import pytest

clock = time.process_time
FAR = 3600.0  #: seconds that no test lasts


def start(seconds):
    """Send the signal after so many seconds, and not again; never, if they are 0."""
    signal.setitimer(signal.ITIMER_PROF, seconds, FAR if seconds else 0)


def since():
    """The seconds since the signal, or since a start with FAR; 0 if there is no timer.

    The timer's own: Linux counts whole ticks for it, which are a tenth more than clock
    has where other machines take the processor.
    """
    left = signal.getitimer(signal.ITIMER_PROF)[0]
    return FAR - left if left else 0.0


@contextlib.contextmanager
def handled_by(handler):
    """The handler for the timer's signal, and no collection of garbage.

    What a handler raises in a callback of the collector ends there.
    """
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timers")
    before = signal.signal(signal.SIGPROF, handler)
    gc.disable()
    try:
        yield
    finally:
        start(0)
        gc.enable()
        signal.signal(signal.SIGPROF, before)
