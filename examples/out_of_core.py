"""
Dropout over an array that is larger than memory, with Dask
===========================================================

A file of activations goes through dropout and a layer of ReLU units many times, each
time with another mask; the mean and the spread of what comes out say how sure a network
is. Only some chunks are in memory at once. Look at the digests: ``droplayers.dask``
gives the same bits for all chunks, and on a cluster of two processes; the usual idiom,
a generator for each block, gives others for other chunks. (This one writes gigabytes,
and was not run for the site.)

Paper: Y. Gal, Z. Ghahramani, "Dropout as a Bayesian Approximation", ICML 2016. ::

    python examples/out_of_core.py [--gib 64] [--passes 8] [--folder /scratch]
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import dask
import dask.array as da
import distributed
import numpy as np
import psutil
from dask.diagnostics import ProgressBar
from numpy.lib.format import open_memmap
from tqdm.auto import tqdm

import droplayers as dl
import droplayers.dask

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Dropout = Callable[[da.Array, int], da.Array]

# %%
# The array
# ---------
#
# Activations in a file of NumPy's. Workers open it and read the block that they need.

FEATURES, RATE, KEY = 1024, 0.1, dl.Key(2026)
MIB = 2**20


class Run(NamedTuple):
    """What one way to compute took, and what came out."""

    name: str
    digest: int  #: of all bits of the mean and the spread, and of where they are
    spread: float  #: the mean of all standard deviations
    seconds: float
    mib: float  #: more than before, at the most; without the pages of the file


def write(path: pathlib.Path, rows: int) -> None:
    """Write activations as a file of NumPy's, some rows at a time."""
    rng = np.random.default_rng(0)
    x = open_memmap(path, "w+", np.float32, (rows, FEATURES))
    step = 4 * MIB // FEATURES
    for first in tqdm(range(0, rows, step), "writing", unit="block", file=sys.stderr):
        part = x[first : first + step]
        rng.standard_normal(part.shape, np.float32, part)


def read(path: pathlib.Path, chunks: tuple[int, int]) -> da.Array:
    """The file as a Dask array: a worker opens it and reads a block."""
    x = np.load(path, mmap_mode="r")
    chunks = da.core.normalize_chunks(chunks, x.shape)
    meta = np.empty((0, 0), x.dtype)
    return da.map_blocks(read_block, path, chunks=chunks, meta=meta, dtype=x.dtype)


def read_block(path: pathlib.Path, block_info: Any = None) -> NDArray[np.float32]:
    place = block_info[None]["array-location"]
    x = np.load(path, mmap_mode="r")
    return np.array(x[tuple(slice(*edges) for edges in place)])


# %%
# Dropout of blocks
# -----------------
#
# ``droplayers.dask.dropout`` gives each block its part of the whole array's mask. The
# idiom seeds a generator with the number of the block, which changes with the chunks.


def ours(x: da.Array, i: int) -> da.Array:
    """Dropout by droplayers, with a Key for each pass."""
    return droplayers.dask.dropout(x, RATE, rng=KEY.child(i))


def idiom(x: da.Array, i: int) -> da.Array:
    """Dropout as it is mostly written, with a generator for each block."""
    return x.map_blocks(idiom_block, i, dtype=x.dtype, meta=x._meta)


def idiom_block(
    x: NDArray[np.float32], i: int, block_id: Any = None
) -> NDArray[np.float32]:
    rng = np.random.default_rng([i, *block_id])
    return x * ((rng.random(x.shape, np.float32) >= RATE) * np.float32(1 / (1 - RATE)))


# %%
# Monte-Carlo dropout
# -------------------
#
# Each pass has a key of its own. Sums run over passes, never over blocks, so that what
# differs differs by its masks.


def monte_carlo(
    x: da.Array, dropout: Dropout, passes: int
) -> tuple[da.Array, da.Array]:
    """The mean and the standard deviation of ReLU units over passes. Each is a chain of
    sums and products of single elements: no order of summation can change a bit."""
    weight = da.from_array(np.linspace(-1, 1, FEATURES, dtype=np.float32))
    weight = weight.rechunk(x.chunks[1])
    outputs = [da.maximum(dropout(x, i) * weight + 0.125, 0) for i in range(passes)]
    mean = sum(outputs[1:], outputs[0]) / np.float32(passes)
    apart = [(y - mean) ** 2 for y in outputs]
    return mean, da.sqrt(sum(apart[1:], apart[0]) / np.float32(passes))


def digests(x: da.Array) -> da.Array:
    """Of each block a sum of the elements' bits, each times an odd number of its place,
    modulo 2**64. The sum of all is the same in any order."""
    info = {"dtype": np.uint64, "meta": np.empty((0, 0), np.uint64)}
    ones = tuple((1,) * n for n in x.numblocks)
    return x.map_blocks(digest_block, chunks=ones, **info)


def digest_block(x: NDArray[np.float32], block_info: Any = None) -> NDArray[np.uint64]:
    (first, last), (left, right) = block_info[0]["array-location"]
    rows = np.arange(first, last, dtype=np.uint64)[:, None] * np.uint64(2 * FEATURES)
    places = rows + np.arange(left, right, dtype=np.uint64) * np.uint64(2)
    odd = places * np.uint64(0x9E3779B97F4A7C16) + np.uint64(1)
    bits = np.ascontiguousarray(x).view(np.uint32).astype(np.uint64)
    return (bits * odd).sum(keepdims=True)


# %%
# Memory and time
# ---------------
#
# Measured while it runs, in this process and its children.


class Memory(threading.Thread):
    """Looks often how much memory this process and its children have."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.most = self.now()
        self.ended = threading.Event()

    def now(self) -> int:
        own, total = psutil.Process(), 0
        for process in [own, *own.children(recursive=True)]:
            try:
                info = process.memory_info()
            except psutil.Error:  # it has ended
                continue
            total += info.rss - getattr(info, "shared", 0)
        return total

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.most = max(self.most, self.now())

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()


def run(name: str, x: da.Array, dropout: Dropout, passes: int, client: Any) -> Run:
    """Compute it with progress, on a cluster if there is one."""
    mean, deviation = monte_carlo(x, dropout, passes)
    parts = digests(mean), digests(deviation), deviation.mean()
    print(name, file=sys.stderr)
    with Memory() as memory:
        start = time.perf_counter()
        if client is None:
            with ProgressBar(out=sys.stderr):
                means, deviations, spread = dask.compute(*parts, scheduler="threads")
        else:
            parts = client.persist(parts)
            blocks = distributed.futures_of(parts)
            done = distributed.as_completed(blocks)
            for _ in tqdm(done, total=len(blocks), unit="block", file=sys.stderr):
                pass
            means, deviations, spread = client.compute(parts, sync=True)
        seconds = time.perf_counter() - start
    bits = (int(means.sum()) + 3 * int(deviations.sum())) % 2**64
    mib = (memory.most - memory.before) / MIB
    return Run(name, bits, float(spread), seconds, mib)


def compare(
    path: pathlib.Path, chunk_mib: float, passes: int
) -> tuple[list[Run], list[Run]]:
    """Runs of ours and of the idiom in some chunkings, and of ours on two processes."""
    size = int(chunk_mib * MIB / 4)
    widths = {"rows": FEATURES, "columns": 96, "tiles": 400}
    chunks = {name: (max(1, size // width), width) for name, width in widths.items()}
    own = [
        run(f"droplayers.dask, {name}", read(path, cut), ours, passes, None)
        for name, cut in chunks.items()
    ]
    usual = [
        run(f"map_blocks, {name}", read(path, chunks[name]), idiom, passes, None)
        for name in ("rows", "tiles")
    ]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        name = "droplayers.dask, rows, two processes"
        own.append(run(name, read(path, chunks["rows"]), ours, passes, client))
    return own, usual


# %%
# What is shown
# -------------
#
# One digest for all chunks and for two processes.


def report(own: list[Run], usual: list[Run]) -> bool:
    """Print the table; whether ours agree, and the idiom does not."""
    print(f"{'':38}{'digest':>18}{'spread':>9}{'seconds':>9}{'MiB':>7}")
    for r in (*own, *usual):
        numbers = f"{r.digest:18x}{r.spread:9.5f}{r.seconds:9.1f}{r.mib:7.0f}"
        print(f"{r.name:38}{numbers}")
    alike = len({r.digest for r in own}) == 1
    others = len({r.digest for r in usual}) == len(usual)
    if not alike:
        print("Results depend on the chunks", file=sys.stderr)
    if not others:
        print("The idiom's results should depend on the chunks", file=sys.stderr)
    return alike and others


def main() -> int:
    parser = argparse.ArgumentParser(description="Dropout over more than memory holds.")
    parser.add_argument("--gib", type=float, default=1, help="the file, 1 by default")
    parser.add_argument(
        "--passes", type=int, default=4, help="of dropout, 4 by default"
    )
    parser.add_argument("--chunk-mib", type=float, default=16, help="16 by default")
    parser.add_argument("--folder", help="for the file, one of the system by default")
    arguments = parser.parse_args()
    rows = int(arguments.gib * 2**30 / 4 / FEATURES)
    if rows < 1 or arguments.passes < 1 or arguments.chunk_mib <= 0:
        parser.error("--gib, --passes and --chunk-mib must be positive")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = pathlib.Path(folder) / "activations.npy"
        write(path, rows)
        return 0 if report(*compare(path, arguments.chunk_mib, arguments.passes)) else 1


if __name__ == "__main__":
    sys.exit(main())
