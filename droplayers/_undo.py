"""Draws that are undone where a call fails: its generator is then as before."""

from __future__ import annotations

import contextlib
import copy
import functools
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


class _Draw:
    """The draw of a call: from a bit generator in some state, or from none."""

    bits: np.random.BitGenerator | None = None
    state: Any = None

    def undo(self) -> None:
        """Give the bit generator its state again, unless it has drawn more than one
        word: what another thread has drawn is in use."""
        # Where there is no memory for this either, the word is lost.
        if self.bits is not None:
            with contextlib.suppress(Exception), self.bits.lock:
                twin = copy.deepcopy(self.bits)
                twin.state = self.state
                np.random.Generator(twin).integers(0, 2**64, dtype=np.uint64)
                if _are_same(twin.state, self.bits.state):
                    self.bits.state = self.state


def _are_same(a: Any, b: Any) -> bool:
    """Whether two states of a bit generator are the same."""
    if isinstance(a, dict):
        return all(_are_same(a[name], b[name]) for name in a)
    return bool(np.array_equal(a, b))


class _Calls(threading.local):
    """The innermost of a thread's calls that undo their draws."""

    draw: _Draw | None = None


_calls = _Calls()


def remember(source: Callable[[], np.random.BitGenerator | None]) -> None:
    """Remember the state of the bit generator that a key is about to be drawn from."""
    draw = _calls.draw
    if draw is not None and (bits := source()) is not None:
        draw.state = bits.state
        draw.bits = bits


def undoes_its_draw(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that draws one key. Arrays are reserved before a draw, but
    any small object after it may be the one that there is no memory for."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        outer, draw = _calls.draw, _Draw()
        _calls.draw = draw
        try:
            return function(*args, **kwargs)
        except Exception:
            draw.undo()
            raise
        finally:
            _calls.draw = outer

    return call
