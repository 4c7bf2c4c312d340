"""What runs here: the instruction set and the threads, and what decides them."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _core, _validation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import SupportsIndex

VERSION = "0.1.0"  #: of the package, as pyproject.toml has it
STREAM = 1  #: version of the mask stream (docs/STREAM.md)
MOST_THREADS = 8  #: by default: memory has no more to give to a ninth


def use_environment() -> None:
    """Take what the environment asks for: DROPLAYERS_ISA, DROPLAYERS_NUM_THREADS,
    OMP_NUM_THREADS."""
    isa = os.environ.get("DROPLAYERS_ISA")
    if isa in _core.isas():
        _core.use(isa)
    elif isa is not None:
        _warn("DROPLAYERS_ISA", f"one of {', '.join(_core.isas())}", isa, _core.isa())
    _core.set_threads(_default_threads())
    threads = os.environ.get("DROPLAYERS_NUM_THREADS")
    if threads is None:
        return
    number = _read_number(threads)
    if number is None:
        _warn("DROPLAYERS_NUM_THREADS", "a number from 1 on", threads, _core.threads())
    else:
        _core.set_threads(number)


def _read_number(text: str) -> int | None:
    """A number of threads, or None."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    number = int(text) if is_number else 0
    return number if 0 < number < 2**31 else None


def _warn(name: str, expected: str, value: str, default: object) -> None:
    warnings.warn(
        f"{name} must be {expected}, got {value!r}; using {default}",
        RuntimeWarning,
        stacklevel=4,
    )


def _default_threads() -> int:
    """The number of cores that this process may use, at most MOST_THREADS and what
    OMP_NUM_THREADS says: schedulers and pools of processes set it in their workers."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    levels = os.environ.get("OMP_NUM_THREADS", "").split(",")  # of nested parallelism
    omp = _read_number(levels[0].strip()) or MOST_THREADS
    return max(1, min(cores, _quota(), omp, MOST_THREADS))


def _quota(proc: str = "/proc/self", root: str = "/sys/fs/cgroup") -> int:
    """The number of cores in the least quota of the process's control groups."""
    cores = MOST_THREADS
    for group in _groups(proc, root):
        with contextlib.suppress(OSError, ValueError):
            quota, period = _text(f"{group}/cpu.max").split()
            if quota != "max":
                cores = min(cores, int(quota) // int(period))
        with contextlib.suppress(OSError, ValueError):  # version 1
            microseconds = int(_text(f"{group}/cpu.cfs_quota_us"))
            length = int(_text(f"{group}/cpu.cfs_period_us"))
            if microseconds >= 0:
                cores = min(cores, microseconds // length)
    return max(1, cores)


def _groups(proc: str, root: str) -> Iterator[str]:
    """The groups of a process that may have a quota, and those that hold them.

    A container sees its own group as the root, whatever its path is outside.
    """
    mounts = {"": root, "cpu": f"{root}/cpu"}  # version 2, version 1
    yield from mounts.values()
    with contextlib.suppress(OSError, ValueError):
        for line in _text(f"{proc}/cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            for name in mounts.keys() & controllers.split(","):
                group = path.strip("/")
                while group:
                    yield f"{mounts[name]}/{group}"
                    group = group.rpartition("/")[0]


def _text(path: str) -> str:
    """What a file says, without pathlib: that would take a third of the import."""
    with open(path) as file:
        return file.read()


def register_with_threadpoolctl() -> None:
    """Let threadpoolctl see and limit our threads, where it is imported already."""
    threadpoolctl: Any = sys.modules.get("threadpoolctl")
    if not hasattr(threadpoolctl, "register"):  # it came with LibController
        return
    library = os.path.realpath(_core.__file__)
    name = os.path.basename(library)

    class Controller(threadpoolctl.LibController):  # type: ignore[misc]
        """The C module, as threadpoolctl knows libraries."""

        user_api = internal_api = "droplayers"
        filename_prefixes = (name.lower(),)
        check_symbols = (f"PyInit_{name.partition('.')[0]}",)

        def set_additional_attributes(self) -> None:
            if os.path.realpath(self.filepath) != library:
                self.dynlib = None  # another package's: without the symbol, no match

        def get_version(self) -> str:
            return VERSION

        def get_num_threads(self) -> int:
            return get_num_threads()

        def set_num_threads(self, num_threads: int) -> None:
            set_num_threads(num_threads)

    threadpoolctl.register(Controller)


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


def set_num_threads(n: SupportsIndex) -> None:
    """Set the number of threads that a large call uses at most.

    Threads live as long as the call, and no mask depends on their number. The default
    is the number of cores that the process may use, but at most 8 and at most the
    environment variable OMP_NUM_THREADS, as joblib, Dask and schedulers set it. The
    variable DROPLAYERS_NUM_THREADS sets another default. threadpoolctl limits these
    threads too, where it was imported before droplayers.

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
def num_threads(n: SupportsIndex) -> Iterator[None]:
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
