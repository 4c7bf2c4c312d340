# SPDX-License-Identifier: BSD-3-Clause
"""What the numbers were measured on."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import droplayers as dl

VERSIONS = ("droplayers", "numpy", "torch", "numba", "jax", "keras", "ml_dtypes")


def describe() -> dict[str, Any]:
    """The machine and what runs on it."""
    config = dl.show_config(mode="dicts")
    return {
        "cpu": cpu(),
        "cores": cores(),
        "caches": caches(),
        "isa": config["isa"],
        "system": f"{platform.system()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "memcpy non-temporal from": non_temporal_threshold(),
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONS},
    }


def cpu() -> str:
    """The processor's name, and its family and model where they say more."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text()
        found = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.MULTILINE))
        if "model name" in found:
            numbers = f"family {found['cpu family']} model {found['model']}"
            return f"{found['model name']} ({numbers})"
    with contextlib.suppress(OSError):
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return platform.processor()


def cores() -> int:
    """Those that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def caches() -> str:
    """Sizes of the data caches of one core, nearest first."""
    indices = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    kinds = [(path / "type").read_text().strip() for path in indices]
    return ", ".join(
        f"L{(path / 'level').read_text().strip()} {(path / 'size').read_text().strip()}"
        for path, kind in zip(indices, kinds, strict=True)
        if kind != "Instruction"
    )


def non_temporal_threshold() -> str:
    """The size from which glibc's memcpy stores past the caches."""
    with contextlib.suppress(OSError):
        loader = "/lib64/ld-linux-x86-64.so.2"
        command = [loader, "--list-tunables"]
        text = subprocess.run(command, capture_output=True, text=True).stdout
        if found := re.search(r"x86_non_temporal_threshold: (0x[0-9a-f]+)", text):
            return f"{int(found[1], 16) / 2**20:.0f} MiB"
    return "unknown"


def version(name: str) -> str:
    """Of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def free_memory() -> int:
    """Bytes that can be had without swapping, where the system tells."""
    with contextlib.suppress(OSError):
        found = re.search(r"MemAvailable: *(\d+)", Path("/proc/meminfo").read_text())
        free = 1024 * int(found[1]) if found else 2**63
        with contextlib.suppress(OSError, ValueError):
            group = Path("/sys/fs/cgroup")
            most = int((group / "memory.max").read_text())
            free = min(free, most - int((group / "memory.current").read_text()))
        return free
    return 2**63
