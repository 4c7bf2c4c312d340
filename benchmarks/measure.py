# SPDX-License-Identifier: BSD-3-Clause
"""Time what is to be compared in turns, so that whatever else the machine does meets
all of it alike, and check what came out.

The timer is the standard library's timeit. pyperf and asv give each benchmark processes
of its own and pytest-benchmark one test after another: none can take turns."""

from __future__ import annotations

import random
import statistics
import timeit
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import machine

import droplayers as dl

if TYPE_CHECKING:
    from collections.abc import Callable

TURN = 1e-3  #: seconds that a turn takes at least, in as many calls as that needs
ROUNDS = 3, 41  #: at least and at most
UNITS = {"ns/element": 1e9, "us/call": 1e6, "ms": 1e3}


class Skip(Exception):
    """Why a case cannot run here."""


class Goal(NamedTuple):
    """A bound on a ratio, or on the time itself where there is no denominator."""

    avx512: float  #: where AVX-512 is in use
    others: float  #: on all other instruction sets
    least: bool = False  #: whether the bound is a least value

    @property
    def bound(self) -> float:
        """The one that applies here."""
        config = dl.show_config(mode="dicts")
        return self.avx512 if config["isa"] == "avx512" else self.others


class Subject(NamedTuple):
    """Something to be timed."""

    seconds: Callable[[int], float]  #: the time of that many calls
    check: Callable[[], bool] = lambda: True  #: whether a call's output is right
    against: tuple[str, ...] = ()  #: subjects, the fastest of which is the denominator
    goals: tuple[Goal, ...] = ()


def timed(
    call: Callable[[], object],
    check: Callable[[], bool],
    against: tuple[str, ...] = (),
    *goals: Goal,
) -> Subject:
    """A function that is to be timed from outside."""
    return Subject(timeit.Timer(call).timeit, check, against, goals)


@dataclass(frozen=True)
class Case:
    """Subjects that are to be compared."""

    name: str
    elements: int
    setup: Callable[[], dict[str, Subject]]
    threads: int = 1
    memory: int = 0  #: bytes that it needs
    seconds: float = 2.0  #: that it is to take, about
    unit: str = "ns/element"

    def value(self, seconds: float) -> float:
        """The time of a call in the case's unit."""
        elements = self.elements if self.unit == "ns/element" else 1
        return seconds * UNITS[self.unit] / elements


@dataclass
class Result:
    """What a subject took, in the case's unit; each round's time in `samples`."""

    case: str
    elements: int
    threads: int
    unit: str
    subject: str
    samples: list[float]
    calls: int  #: in each round
    exact: bool
    against: str = ""
    ratio: float = 1.0
    goals: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the rounds."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third."""
        first, _, third = statistics.quantiles(self.samples, method="inclusive")
        return first, third


def run(case: Case) -> list[Result]:
    """Time a case's subjects in turns, in an order that changes from round to round,
    then check what they give."""
    free = machine.free_memory()
    if case.memory > free:
        raise Skip(f"needs {case.memory / 2**30:.1f} GiB, {free / 2**30:.1f} are free")
    with dl.num_threads(case.threads):
        subjects = case.setup()
        calls = {name: calls_a_turn(subject) for name, subject in subjects.items()}
        order = random.Random(0)

        def turns() -> dict[str, float]:
            names = order.sample(list(subjects), len(subjects))
            return {name: subjects[name].seconds(calls[name]) for name in names}

        rounds = [turns()]
        least, most = ROUNDS
        wanted = int(case.seconds / sum(rounds[0].values()))
        rounds += [turns() for _ in range(max(least, min(wanted, most)) - 1)]
        results = {
            name: Result(
                case.name,
                case.elements,
                case.threads,
                case.unit,
                name,
                [case.value(turn[name] / calls[name]) for turn in rounds],
                calls[name],
                subject.check(),
            )
            for name, subject in subjects.items()
        }
    for name, subject in subjects.items():
        compare(results, results[name], subject)
    return list(results.values())


def calls_a_turn(subject: Subject) -> int:
    """How many calls take TURN; the first call, which warms up, does not count."""
    subject.seconds(1)
    calls = 1
    while (seconds := subject.seconds(calls)) < TURN:
        calls = max(2 * calls, int(calls * min(TURN / seconds, 100.0)))
    return calls


def compare(results: dict[str, Result], result: Result, subject: Subject) -> None:
    """Set a result against its denominator."""
    fastest = min(subject.against, key=lambda name: results[name].median, default="")
    result.goals = [(goal.bound, goal.least) for goal in subject.goals]
    result.against = fastest
    if fastest:
        result.ratio = result.median / results[fastest].median
