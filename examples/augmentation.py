"""
Noise on data, the same from any number of workers
==================================================

Pixels, blocks and channels of uint8 images become a colour, tokens are masked as BERT
does, and cells of a table go missing completely at random. Every sample has a Key of
its own, ``key.child(epoch, index)``, so that its noise is a function of the epoch and
the sample alone: look at how ``Loader`` makes the same batches with any number of
workers.

Paper: J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, "BERT: Pre-training of Deep
Bidirectional Transformers for Language Understanding", NAACL 2019, section 3.1. ::

    python examples/augmentation.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import joblib
import matplotlib.pyplot as plt
import numpy as np
from data import LOADERS, Images
from numpy.typing import NDArray
from options import parse
from tqdm.auto import tqdm

import droplayers as dl

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# %%
# What a sample is
# ----------------
#
# An image in colour, its grey values as tokens, and the same as the cells of a table.

KEY = dl.Key(2026)
IMAGES = {"digits": 300, "fashion": 1200}
EPOCHS, BATCH, WORKERS = 2, 100, (0, 1, 4)

PIXELS, BLOCKS, CHANNELS, CELLS = 0.1, 0.2, 0.2, 0.15  #: rates
GREY = [110, 115, 120]  #: what replaces pixels and blocks, a value for each channel
LEVELS = 17  #: of brightness, which are the words of the tokens
MASK = LEVELS  #: the token that stands for a masked one
CHOSEN, MASKED, RANDOM = 0.15, 0.8, 0.1  #: BERT's rates: the last two are of the first
IGNORED = -100  #: the label of tokens that are not to be predicted


class Sample(NamedTuple):
    """What a network would learn from, with its noise."""

    image: Bytes  #: (height, width, 3)
    tokens: Ints  #: (height * width,)
    labels: Ints  #: of the tokens
    cells: Floats  #: (height * width,), NaN where one is missing


# %%
# Noise
# -----
#
# ``replace`` writes a value where it drops, keeps the dtype and scales nothing.
# ``shared_axes`` makes one draw for the channels of a pixel, or for a whole channel.


def drop_pixels(image: Bytes, p: float, key: dl.Key) -> Bytes:
    """Replace whole pixels."""
    y: Bytes = dl.replace(image, GREY, p, shared_axes=-1, rng=key)
    return y


def drop_blocks(image: Bytes, p: float, key: dl.Key) -> Bytes:
    """Replace squares of a quarter of the image's side."""
    side = max(2, len(image) // 4)
    keep = dl.block_mask(
        (1, *image.shape), p, block_size=side, channel_axis=-1, shared_channels=True,
        rng=key,
    )[0]  # fmt: skip
    y: Bytes = dl.replace(image, GREY, shared_axes=-1, mask=keep)
    return y


def drop_channels(image: Bytes, p: float, key: dl.Key) -> Bytes:
    """Replace whole channels by black."""
    y: Bytes = dl.replace(image, 0, p, shared_axes=(0, 1), rng=key)
    return y


# %%
# Nested masks
# ------------
#
# Under one key a larger rate drops all that a smaller one drops. BERT's three groups of
# tokens therefore need one key and three rates.


def mask_tokens(tokens: Ints, key: dl.Key) -> tuple[Ints, Ints]:
    """Choose tokens to predict. Of these 80 % become MASK and 10 % any token.

    Under one Key masks are nested: what a rate drops, all larger ones drop too. So the
    chosen tokens contain those that change, and these contain those that are masked.
    """
    where, what = key.split(2)
    rng = np.random.default_rng(int(what))
    others = rng.integers(0, LEVELS, tokens.shape)
    chosen = ~dl.keep_mask(tokens.shape, CHOSEN, rng=where)
    y = dl.replace(tokens, others, CHOSEN * (MASKED + RANDOM), rng=where)
    dl.replace(y, MASK, CHOSEN * MASKED, rng=where, out=y)
    return y, dl.replace(tokens, IGNORED, mask=chosen)


def lose_cells(cells: Floats, p: float, key: dl.Key) -> Floats:
    """Make cells missing completely at random."""
    y: Floats = dl.replace(cells, np.nan, p, rng=key)
    return y


# %%
# The loader
# ----------
#
# A sample has the key of its epoch and of its index in the data. Workers are processes
# of joblib's, of which one alone is this process.


def colours(images: Images) -> Bytes:
    """Grey images in the colour of their class."""
    angles = 2 * np.pi * (images.labels[:, None] / 10 + np.arange(3) / 3)
    tints = 0.6 + 0.4 * np.cos(angles)
    return (255 * images.images[..., None] * tints[:, None, None]).astype(np.uint8)


def sample(data: Images, coloured: Bytes, key: dl.Key, index: int) -> Sample:
    """A sample with the noise that its own Key gives."""
    pixels, blocks, channels, words, missing = key.split(5)
    image = drop_pixels(coloured[index], PIXELS, pixels)
    image = drop_blocks(image, BLOCKS, blocks)
    image = drop_channels(image, CHANNELS, channels)
    cells = data.pixels[index]
    tokens = np.rint(cells * (LEVELS - 1)).astype(np.int64)
    return Sample(image, *mask_tokens(tokens, words), lose_cells(cells, CELLS, missing))


class Loader:
    """Batches of some epochs, made here or by worker processes."""

    def __init__(self, data: Images, workers: int):
        self.data, self.workers = data, workers
        self.coloured = colours(data)

    def batch(self, task: tuple[int, Ints]) -> list[Sample]:
        """Some samples in an epoch: who makes them and after which others has no part
        in it."""
        epoch, indices = task
        return [
            sample(self.data, self.coloured, KEY.child(epoch, index), index)
            for index in indices.tolist()
        ]

    def tasks(self) -> Iterator[tuple[int, Ints]]:
        """The epochs' samples in an order of their own."""
        n = len(self.data.labels)
        for epoch in range(EPOCHS):
            order = np.random.default_rng([int(KEY), epoch]).permutation(n)
            for i in range(0, n, BATCH):
                yield epoch, order[i : i + BATCH]

    def __iter__(self) -> Iterator[list[Sample]]:
        if not self.workers:
            yield from map(self.batch, self.tasks())
            return
        work = joblib.delayed(self.batch)
        with joblib.Parallel(self.workers, return_as="generator") as pool:
            yield from pool(work(task) for task in self.tasks())


def digest(batches: Iterator[list[Sample]], progress: tqdm[Any]) -> str:
    """A hash of all bytes of all batches."""
    found = hashlib.sha256()
    for batch in batches:
        for one in batch:
            for array in one:
                found.update(np.ascontiguousarray(array).data)
        progress.update()
    return found.hexdigest()[:16]


# %%
# The usual idioms
# ----------------
#
# What is mostly written instead, whose result depends on who drew before.


def usual_pixels(image: Bytes, p: float, rng: np.random.Generator) -> Bytes:
    keep = rng.random((*image.shape[:2], 1), np.float32) >= p
    return np.where(keep, image, np.array(GREY, np.uint8))


def usual_values(image: Bytes, p: float, rng: np.random.Generator) -> Bytes:
    return np.where(rng.random(image.shape, np.float32) < p, 0, image)


def usual_tokens(tokens: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """As Hugging Face's DataCollatorForLanguageModeling does it, in NumPy."""
    chosen = rng.random(tokens.shape) < CHOSEN
    labels = np.where(chosen, tokens, IGNORED)
    masked = chosen & (rng.random(tokens.shape) < MASKED)
    y = np.where(masked, MASK, tokens)
    changed = chosen & ~masked & (rng.random(tokens.shape) < RANDOM / (1 - MASKED))
    y[changed] = rng.integers(0, LEVELS, tokens.shape)[changed]
    return y, labels


def usual_cells(cells: Floats, p: float, rng: np.random.Generator) -> Floats:
    y = cells.copy()
    y[rng.random(cells.shape) < p] = np.nan
    return y


def seconds(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The least time of each of some calls, which take turns."""
    found = [math.inf] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            found[i] = min(found[i], time.perf_counter() - start)
    return found


def compare_times(rounds: int) -> bool:
    """Print times beside the usual idioms; whether none is longer."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1080, 1920, 3), np.uint8)
    tokens = rng.integers(0, LEVELS, (512, 512))
    cells = rng.random((10_000, 100), np.float32)
    rows: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "values of an image": (
            lambda: dl.replace(image, 0, PIXELS, rng=KEY),
            lambda: usual_values(image, PIXELS, rng),
        ),
        "pixels of an image": (
            lambda: drop_pixels(image, PIXELS, KEY),
            lambda: usual_pixels(image, PIXELS, rng),
        ),
        "512 x 512 tokens": (
            lambda: mask_tokens(tokens, KEY),
            lambda: usual_tokens(tokens, rng),
        ),
        "10,000 x 100 cells": (
            lambda: lose_cells(cells, CELLS, KEY),
            lambda: usual_cells(cells, CELLS, rng),
        ),
    }
    print(f"\n{'milliseconds':20}{'droplayers':>12}{'NumPy idiom':>13}{'times':>8}")
    faster = []
    for name, calls in rows.items():
        ours, usual = seconds([*calls], rounds)
        print(f"{name:20}{1e3 * ours:12.2f}{1e3 * usual:13.2f}{usual / ours:8.1f}")
        faster.append(ours < usual)
    return all(faster)


# %%
# What is shown
# -------------
#
# Hashes of all batches, the shares of what is dropped, and times.


def shares(batches: Iterator[list[Sample]]) -> dict[str, tuple[float, float]]:
    """The shares of what has changed, and what they are expected to be."""
    samples = [one for batch in batches for one in batch]
    tokens = np.stack([one.tokens for one in samples])
    labels = np.stack([one.labels for one in samples])
    chosen = labels != IGNORED
    changed = (tokens != labels) & (tokens != MASK) & chosen
    return {
        "chosen tokens": (chosen.mean(), CHOSEN),
        "of them masked": ((tokens == MASK)[chosen].mean(), MASKED),
        # A random token is the same as before now and then.
        "of them another": (changed.sum() / chosen.sum(), RANDOM),
        "missing cells": (np.isnan([one.cells for one in samples]).mean(), CELLS),
    }


def report(hashes: dict[int, str], found: dict[str, tuple[float, float]]) -> bool:
    """Print hashes and shares; whether all is as claimed."""
    print(f"The batches of {EPOCHS} epochs, hashed")
    for workers, value in hashes.items():
        print(f"{workers} workers: {value}")
    print(f"\n{'share':20}{'found':>8}{'expected':>10}")
    for name, (share, expected) in found.items():
        print(f"{name:20}{share:8.4f}{expected:10.4f}")
    claims = {
        "all workers make the same batches": len({*hashes.values()}) == 1,
        **{
            f"the share is as expected: {name}": abs(share - expected) < 0.1 * expected
            for name, (share, expected) in found.items()
            if name != "of them another"
        },
        "of the chosen tokens at most a tenth are another": (
            found["of them another"][0] < 1.1 * RANDOM
        ),
    }
    for claim, holds in claims.items():
        if not holds:
            print(f"It does not hold that {claim}.", file=sys.stderr)
    return all(claims.values())


def draw(data: Images, path: str) -> None:
    """Draw images under each noise, and in three epochs under all."""
    count = 8
    coloured = colours(data)[:count]
    rows: dict[str, Callable[[int, dl.Key], Bytes]] = {
        "as it is": lambda i, key: coloured[i],
        "pixels": lambda i, key: drop_pixels(coloured[i], PIXELS, key),
        "blocks": lambda i, key: drop_blocks(coloured[i], BLOCKS, key),
        "channels": lambda i, key: drop_channels(coloured[i], CHANNELS, key),
    }
    for epoch in range(3):
        rows[f"epoch {epoch}"] = lambda i, key, epoch=epoch: (  # type: ignore[misc]
            sample(data, coloured, KEY.child(epoch, i), i).image
        )
    figure = plt.figure(figsize=(count, len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), count)
    for line, (name, noise) in zip(panels, rows.items(), strict=True):
        for i, axes in enumerate(line):
            axes.imshow(noise(i, KEY.child(9, i)))
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name)
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` takes fewer images and does not judge the times; the pages of the site and
# notebooks run so.


def main() -> bool:
    """Load, compare and draw."""
    arguments = parse("Put noise on data, alike by any workers.", "augmentation.png")
    images = arguments.images or IMAGES[arguments.data]
    data = LOADERS[arguments.data]().train
    data = data.first(images // 5 if arguments.short else images)
    batches = EPOCHS * math.ceil(len(data.labels) / BATCH)
    with tqdm(total=len(WORKERS) * batches, unit="batch") as progress:
        hashes = {n: digest(iter(Loader(data, n)), progress) for n in WORKERS}
    holds = report(hashes, shares(iter(Loader(data, 0))))
    with dl.num_threads(1):
        faster = compare_times(3 if arguments.short else 9)
    draw(data, arguments.out)
    if not faster and not arguments.short:
        print("It does not hold that the idioms take longer.", file=sys.stderr)
        return False
    return holds


if __name__ == "__main__" and not main():
    sys.exit(1)
