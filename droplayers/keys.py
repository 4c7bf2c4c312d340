"""Keys: the 64-bit integers that masks are a function of."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from . import _core, _validation
from ._undo import remember, undoes_its_draw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import SupportsIndex

    Generators: TypeAlias = (
        np.random.BitGenerator | np.random.Generator | np.random.RandomState
    )
    Integers: TypeAlias = np.ndarray[Any, np.dtype[np.integer[Any]]]
    Seeds: TypeAlias = (
        int | np.integer[Any] | Sequence[int] | Integers | np.random.SeedSequence
    )
    RNG: TypeAlias = "Key | Generators | Seeds | None"

WORDS = 2**64


@functools.total_ordering
class Key:
    """A key: with an index and a rate, all that a mask depends on.

    The same Key gives the same mask at every call, on every machine. Two
    operations under one Key share their bits, so take one Key for each place
    in a program that drops: ``key.child(0)``, ``key.child(1)``, ...

    Parameters
    ----------
    n : int
        The key, in [0, 2**64).

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is out of range.

    Notes
    -----
    A Key is immutable, hashable, ordered and picklable; ``int(key)`` gives `n`.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> key = dl.Key(2026)
    >>> dl.dropout(np.ones(8), 0.5, rng=key)
    array([0., 0., 2., 2., 2., 0., 0., 2.])
    >>> bool(np.all(dl.dropout(np.ones(8), 0.5, rng=key)
    ...             == dl.dropout(np.ones(8), 0.5, rng=key)))
    True
    """

    __slots__ = ("_word",)
    _word: int

    def __init__(self, n: SupportsIndex) -> None:
        object.__setattr__(self, "_word", _word(n, "n"))

    @classmethod
    @undoes_its_draw
    def fresh(cls, rng: RNG = None) -> Key:
        """Draw a Key as a call with this `rng` would.

        Parameters
        ----------
        rng : optional
            None, an int, a sequence of ints, a SeedSequence, BitGenerator, Generator,
            RandomState or Key. None draws 8 bytes from the operating system; a
            generator advances by one 64-bit word, which is the key; a Key gives an
            equal one.

        Returns
        -------
        Key

        Raises
        ------
        TypeError, ValueError
            If `rng` is none of these.

        Examples
        --------
        >>> import numpy as np
        >>> import droplayers as dl
        >>> dl.Key.fresh(np.random.default_rng(1))
        Key(9441442522235856127)
        """
        return cls(draw_key(rng))

    def child(self, i: SupportsIndex, *more: SupportsIndex) -> Key:
        """Derive a Key that is independent of this one and of its other children.

        Parameters
        ----------
        i : int
            The child's number, in [0, 2**64).
        *more : int
            The numbers of further steps: ``key.child(epoch, index)`` is
            ``key.child(epoch).child(index)``.

        Returns
        -------
        Key

        Raises
        ------
        TypeError, ValueError
            If a number is not such an integer.

        Notes
        -----
        A loader that takes ``key.child(epoch, index)`` for the sample at `index` gets
        the same masks from any number of workers, in any order, and others in the next
        epoch.

        Examples
        --------
        >>> import droplayers as dl
        >>> dl.Key(0).child(1) != dl.Key(0).child(2)
        True
        >>> dl.Key(0).child(1, 2) == dl.Key(0).child(1).child(2)
        True
        """
        steps = [_word(i, "i"), *(_word(n, f"more[{j}]") for j, n in enumerate(more))]
        return Key(functools.reduce(_core.child, steps, self._word))

    def split(self, n: SupportsIndex) -> tuple[Key, ...]:
        """Derive the children 0 to n - 1.

        Parameters
        ----------
        n : int
            How many, at least 0.

        Returns
        -------
        tuple of Key

        Raises
        ------
        TypeError, ValueError
            If `n` is not such an integer.

        Examples
        --------
        >>> import droplayers as dl
        >>> first, second = dl.Key(7).split(2)
        >>> second == dl.Key(7).child(1)
        True
        """
        return tuple(self.child(i) for i in range(_word(n, "n")))

    def __int__(self) -> int:
        return self._word

    def __repr__(self) -> str:
        return f"Key({self._word})"

    def _repr_html_(self) -> str:
        """In a notebook: the repr, and the number in base 16, as bits are drawn."""
        from html import escape

        return f"<code>{escape(repr(self))}</code> <small>{self._word:#018x}</small>"

    def __hash__(self) -> int:
        return hash(self._word)

    def __eq__(self, other: object) -> bool:
        return self._word == other._word if isinstance(other, Key) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._word < other._word if isinstance(other, Key) else NotImplemented

    def __reduce__(self) -> tuple[type[Key], tuple[int]]:
        return Key, (self._word,)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Key is immutable, cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Key is immutable, cannot delete {name!r}")


def _word(n: Any, name: str) -> int:
    """Check an unsigned 64-bit integer."""
    word = _validation.integer(n, name)
    if not 0 <= word < WORDS:
        raise ValueError(f"{name} must be in [0, 2**64), got {n!r}")
    return word


#: A Key that holds an rng in its number's place, until `draw_key` is asked for the
#: number and draws it; the rng itself if that is a Key.
lazy_key: Callable[[RNG], Key] = _core.lazy_key


def is_drawn(key: Key) -> bool:
    """Whether a Key has its number."""
    return isinstance(key._word, int)


def draw_key(rng: RNG) -> int:
    """The key of one call: SPEC 7's forms of `rng`, and Key."""
    remember(lambda: _bit_generator(rng))
    word: int = _core.draw_key(rng)
    if word is not NotImplemented:
        return word
    if isinstance(rng, Key):
        if not is_drawn(rng):
            object.__setattr__(rng, "_word", draw_key(rng._word))
        return rng._word
    if rng is None:
        return int.from_bytes(os.urandom(8), "little")
    return int(generator(rng).integers(0, WORDS, dtype=np.uint64))


def _bit_generator(rng: Any) -> np.random.BitGenerator | None:
    """The bit generator of the caller's that an rng draws from; None of a seed."""
    if isinstance(rng, Key):  # a lazy one holds no other Key
        rng = rng._word
    if isinstance(rng, np.random.RandomState):
        rng = rng._bit_generator
    rng = getattr(rng, "bit_generator", rng)
    return rng if isinstance(rng, np.random.BitGenerator) else None


def generator(rng: Any) -> np.random.Generator:
    """The Generator that SPEC 7 makes of an rng."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, np.random.RandomState):
        return np.random.Generator(rng._bit_generator)
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(
            "rng must be None, a non-negative int or a sequence of them, a"
            " SeedSequence, BitGenerator, Generator, RandomState or Key, got"
            f" {rng!r}"
        ) from error
    except Exception as error:
        _validation.note(error, rng, "rng", "what numpy.random.default_rng takes")
        raise
