"""What runs here: the instruction set and the threads, and what decides them."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _core, _validation

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "0.1.0"  #: of the package, as pyproject.toml has it
STREAM = 1  #: version of the mask stream (docs/STREAM.md)
MOST_THREADS = 8  #: by default: memory has no more to give to a ninth


def use_environment() -> None:
    """Take what the environment asks for: DROPLAYERS_ISA, DROPLAYERS_NUM_THREADS."""
    isa = os.environ.get("DROPLAYERS_ISA")
    if isa in _core.isas():
        _core.use(isa)
    elif isa is not None:
        _warn("DROPLAYERS_ISA", f"one of {', '.join(_core.isas())}", isa, _core.isa())
    _core.set_threads(_default_threads())
    threads = os.environ.get("DROPLAYERS_NUM_THREADS")
    if threads is None:
        return
    is_number = threads.isascii() and threads.isdigit() and len(threads) <= 10
    if is_number and 0 < int(threads) < 2**31:
        _core.set_threads(int(threads))
    else:
        _warn("DROPLAYERS_NUM_THREADS", "a number from 1 on", threads, _core.threads())


def _warn(name: str, expected: str, value: str, default: object) -> None:
    warnings.warn(
        f"{name} must be {expected}, got {value!r}; using {default}",
        RuntimeWarning,
        stacklevel=4,
    )


def _default_threads() -> int:
    """The number of cores that this process may use, at most MOST_THREADS."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(), MOST_THREADS))


def _quota(proc: Path = Path("/proc/self"), root: Path = Path("/sys/fs/cgroup")) -> int:
    """The number of cores in the least quota of the process's control groups."""
    cores = MOST_THREADS
    for group in _groups(proc, root):
        with contextlib.suppress(OSError, ValueError):
            quota, period = (group / "cpu.max").read_text().split()
            if quota != "max":
                cores = min(cores, int(quota) // int(period))
        with contextlib.suppress(OSError, ValueError):  # version 1
            microseconds = int((group / "cpu.cfs_quota_us").read_text())
            length = int((group / "cpu.cfs_period_us").read_text())
            if microseconds >= 0:
                cores = min(cores, microseconds // length)
    return max(1, cores)


def _groups(proc: Path, root: Path) -> Iterator[Path]:
    """The groups of a process that may have a quota, and those that hold them.

    A container sees its own group as the root, whatever its path is outside.
    """
    mounts = {"": root, "cpu": root / "cpu"}  # version 2, version 1
    yield from mounts.values()
    with contextlib.suppress(OSError, ValueError):
        for line in (proc / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for name in mounts.keys() & controllers.split(","):
                below = PurePosixPath(path.lstrip("/"))
                yield from (mounts[name] / group for group in (below, *below.parents))


def get_num_threads() -> int:
    """The number of threads that a large call uses at most.

    Returns
    -------
    int

    Examples
    --------
    >>> import droplayers as dl
    >>> with dl.num_threads(1):
    ...     dl.get_num_threads()
    1
    """
    return _core.threads()


def set_num_threads(n: int) -> None:
    """Set the number of threads that a large call uses at most.

    Threads live as long as the call, and no mask depends on their number. The default
    is the number of cores that the process may use, but at most 8; the environment
    variable DROPLAYERS_NUM_THREADS sets another.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError
        If n is no integer.
    ValueError
        If n is below 1.

    Examples
    --------
    >>> import droplayers as dl
    >>> before = dl.get_num_threads()
    >>> dl.set_num_threads(2)
    >>> dl.set_num_threads(before)
    """
    threads = _validation.integer(n, "n")
    if not 0 < threads < 2**31:
        raise ValueError(f"n must be at least 1, got {n!r}")
    _core.set_threads(threads)


@contextlib.contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Use at most n threads within a ``with`` block, for the whole process.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError
        If n is no integer.
    ValueError
        If n is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> with dl.num_threads(1):
    ...     y = dl.dropout(np.ones(10), 0.5)
    """
    before = get_num_threads()
    set_num_threads(n)
    try:
        yield
    finally:
        set_num_threads(before)


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Show the version, and what the kernels run on.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default "stdout"
        Whether to print or to return it.

    Returns
    -------
    dict or None
        ``version``, ``stream`` (the version of the mask stream), ``isa`` (the
        instruction set in use; the environment variable DROPLAYERS_ISA forces one),
        ``isas`` (those that run here) and ``num_threads``.

    Raises
    ------
    ValueError
        If mode is neither.

    Examples
    --------
    >>> import droplayers as dl
    >>> dl.show_config(mode="dicts")["stream"]
    1
    """
    returns = _validation.choice(mode, "mode", ("stdout", "dicts")) == "dicts"
    config = {
        "version": VERSION,
        "stream": STREAM,
        "isa": _core.isa(),
        "isas": _core.isas(),
        "num_threads": _core.threads(),
    }
    if returns:
        return config
    for name, value in config.items():
        print(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    return None
