"""What runs here: the instruction set, and what decides it."""

from __future__ import annotations

import os
import warnings
from typing import Any, Literal, overload

from . import _core

STREAM = 1  #: version of the mask stream (STREAM.md)


def use_environment() -> None:
    """Take the instruction set that the environment asks for."""
    isa = os.environ.get("DROPLAYERS_ISA")
    if isa is None:
        return
    try:
        _core.use(isa)
    except ValueError:
        warnings.warn(
            f"DROPLAYERS_ISA must be one of {', '.join(_core.isas())} on this machine,"
            f" got {isa!r}; using {_core.isa()}",
            RuntimeWarning,
            stacklevel=2,
        )


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
    from . import __version__

    if mode not in ("stdout", "dicts"):
        raise ValueError(f"mode must be 'stdout' or 'dicts', got {mode!r}")
    config = {
        "version": __version__,
        "stream": STREAM,
        "isa": _core.isa(),
        "isas": _core.isas(),
        "num_threads": 1,
    }
    if mode == "dicts":
        return config
    for name, value in config.items():
        print(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    return None
