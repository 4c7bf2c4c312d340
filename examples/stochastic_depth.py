"""
Stochastic depth, and the time that it saves
============================================

Each block of a deep residual network drops its branch for some samples, the more the
deeper it lies. With ``drop_path`` the branch is computed for all of them and then
dropped; with ``stochastic_depth`` it runs on the kept ones alone: the same function
under the same Keys, in less time. Roundings differ, and training makes these grow: the
losses are the same in the first epochs, and after some dozens as far apart as those of
two seeds. Look at how ``Block`` goes forward and back in both ways.

Paper: G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger, "Deep Networks with Stochastic
Depth", ECCV 2016. ::

    python examples/stochastic_depth.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import sys
import time
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from data import Data
from network import Floats, Linear, Relu, accuracy, cross_entropy, fit
from options import choose, parse
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

import droplayers as dl

# %%
# What is compared
# ----------------
#
# A network that drops nothing, and two that drop the same: after the branch was
# computed, or before.

WIDTH, HIDDEN, BLOCKS, CLASSES = 64, 256, 20, 10
RATE = 0.6  # of the last block

PLAIN, AFTER, SKIPPED = "no dropping", "drop_path", "stochastic_depth"
#: How far both ways may differ: in the loss of the first epoch, and in accuracy.
ROUNDING, BAND = 1e-3, 0.05
#: The share of the time that is left at the most, where 1 - RATE / 2 of the rows are.
TIME = 0.93


class Plan(NamedTuple):
    """How many images to train on, and how long."""

    images: int
    epochs: int
    batch: int
    seed: int = 0


#: Batches are large, or the steps of the weights would take most of the time.
PLANS = {"digits": Plan(900, 150, 300), "fashion": Plan(6000, 20, 300)}


class Result(NamedTuple):
    """Of a variant, each epoch's loss, test accuracy and seconds."""

    losses: Floats
    accuracies: Floats
    seconds: Floats
    rows: int  #: that branches were computed for in training
    most: int  #: that they would have been, had none been skipped


# %%
# A block in both ways
# --------------------
#
# ``stochastic_depth`` calls the branch with the kept rows, and adds what it returns to
# these rows of x, scaled by :math:`1/(1-p)`. ``stochastic_depth_backward`` does the
# same with the gradient.


class Block:
    """``x + branch(x)``, where the branch is dropped for some samples in training."""

    def __init__(self, rate: float, variant: str, rng: np.random.Generator):
        self.rate = 0.0 if variant == PLAIN else rate
        self.skips = variant == SKIPPED
        self.first = Linear(WIDTH, HIDDEN, 1.0, rng)
        self.relu = Relu()
        self.second = Linear(HIDDEN, WIDTH, 0.1, rng)
        self.linears = [self.first, self.second]
        self.rows = 0

    def branch(self, x: Floats) -> Floats:
        self.rows += len(x)
        return self.second.forward(self.relu.forward(self.first.forward(x)))

    def branch_backward(self, grad: Floats) -> Floats:
        return self.first.backward(self.relu.backward(self.second.backward(grad)))

    def forward(self, x: Floats, training: bool, key: dl.Key) -> Floats:
        self.key = key
        if self.skips:
            y: Floats = dl.stochastic_depth(
                x, self.branch, self.rate, training, rng=key
            )
        else:
            y = dl.drop_path(self.branch(x), self.rate, training, residual=x, rng=key)
        return y

    def backward(self, grad: Floats) -> Floats:
        if not self.skips:
            part = dl.drop_path(grad, self.rate, True, rng=self.key)
            return grad + self.branch_backward(part)
        for linear in self.linears:  # the branch may not have run at all
            linear.gradients = [np.zeros_like(x) for x in linear.parameters]
        result: Floats = dl.stochastic_depth_backward(
            grad, self.branch_backward, self.rate, True, rng=self.key
        )
        # The branch saw unscaled gradients, and its weights' are theirs.
        _, scale = dl.kept_rows(len(grad), self.rate, rng=self.key)
        for linear in self.linears:
            linear.gradients = [x * np.float32(scale) for x in linear.gradients]
        return result


# %%
# The network
# -----------
#
# ``drop_path_rates`` grow with depth, from 0 to the rate of the last block.


class Network:
    """From the pixels of images to a score for each class."""

    def __init__(self, pixels: int, variant: str, rng: np.random.Generator):
        self.first = Linear(pixels, WIDTH, 1.0, rng)
        rates = dl.drop_path_rates(RATE, BLOCKS)
        self.blocks = [Block(rate, variant, rng) for rate in rates]
        self.last = Linear(WIDTH, CLASSES, 0.1, rng)
        branches = [linear for block in self.blocks for linear in block.linears]
        self.linears = [self.first, *branches, self.last]

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        x = self.first.forward(x)
        for block, k in zip(self.blocks, key.split(BLOCKS), strict=True):
            x = block.forward(x, mode == "train", k)
        return self.last.forward(x)

    def backward(self, grad: Floats) -> None:
        grad = self.last.backward(grad)
        for block in reversed(self.blocks):
            grad = block.backward(grad)
        self.first.backward(grad)


# %%
# Training, in turns
# ------------------
#
# Times are compared fairly only if the variants take turns.


def train(data: Data, plan: Plan, progress: tqdm[Any]) -> dict[str, Result]:
    """Train all variants from the same weights, in the same order and under the same
    Keys, an epoch of each in turn, so that whatever slows the machine slows all."""
    networks, runs = {}, {}
    pixels = data.train.pixels.shape[1]
    for name in (PLAIN, AFTER, SKIPPED):
        rng = np.random.default_rng(plan.seed)
        networks[name] = Network(pixels, name, rng)
        key = dl.Key(plan.seed)
        runs[name] = fit(
            networks[name], cross_entropy, data.train, plan.epochs, plan.batch, rng, key
        )
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in runs}
    rows = dict.fromkeys(runs, 0)
    for _ in range(plan.epochs):
        for name, run in runs.items():
            blocks = networks[name].blocks
            before = sum(block.rows for block in blocks)
            start = time.perf_counter()
            loss = next(run)
            seconds = time.perf_counter() - start
            rows[name] += sum(block.rows for block in blocks) - before
            scores = networks[name].forward(data.test.pixels, "test", key)
            found[name].append((loss, accuracy(scores, data.test.labels), seconds))
            progress.update()
    most = plan.epochs * len(data.train.labels) * BLOCKS
    return {
        name: Result(*np.array(values).T, rows[name], most)
        for name, values in found.items()
    }


# %%
# What is shown
# -------------
#
# Skipping must change nothing but the time.


def report(results: dict[str, Result], timed: bool = True) -> bool:
    """Print what each variant reached and took; whether skipping changed nothing but
    the time, which is less where the run is long enough to be timed."""
    base = np.median(results[AFTER].seconds)
    print(f"{'':18}{'accuracy, %':>12}{'rows, %':>10}{'s / epoch':>11}{'time':>8}")
    for name, result in results.items():
        seconds = np.median(result.seconds)
        print(
            f"{name:18}{100 * result.accuracies[-1]:12.2f}"
            f"{100 * result.rows / result.most:10.2f}{seconds:11.3f}"
            f"{seconds / base:8.2f}"
        )
    expected = 1 - np.mean(dl.drop_path_rates(RATE, BLOCKS))
    print(
        "Accuracy on test images; rows that branches were computed for, expected"
        f" {100 * expected:.2f};\ntime as a share of drop_path's"
    )
    after, skipped = results[AFTER], results[SKIPPED]
    share = skipped.rows / skipped.most
    first = abs(skipped.losses[0] / after.losses[0] - 1)
    claims = {
        "both ways lose the same in the first epoch": first < ROUNDING,
        "both ways are as accurate": abs(skipped.accuracies[-1] - after.accuracies[-1])
        < BAND,
        "drop_path computes all rows": after.rows == after.most,
        "stochastic_depth computes the kept rows alone": abs(share - expected) < 0.02,
    }
    if timed:
        less = np.median(skipped.seconds) < TIME * base
        claims["stochastic_depth takes less time"] = less
    for claim, holds in claims.items():
        if not holds:
            print(f"It does not hold that {claim}.", file=sys.stderr)
    return all(claims.values())


def draw(results: dict[str, Result], path: str) -> None:
    """Plot loss and accuracy over the time that training took."""
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True)
    for name, result in results.items():
        seconds = np.cumsum(result.seconds)
        panels[0].plot(seconds, result.losses, label=name)
        panels[1].plot(seconds, result.accuracies, label=name)
    panels[0].set(xlabel="seconds of training", ylabel="training loss", yscale="log")
    panels[1].set(xlabel="seconds of training", ylabel="test accuracy")
    for axes in panels:
        axes.grid(alpha=0.3)
    panels[1].legend(loc="lower right")
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` trains for less time and from fewer seeds; the pages of the site and
# notebooks run so. That is too short to compare times on a busy machine: the whole form
# does.


def main() -> bool:
    """Train every variant."""
    arguments = parse(
        "Train a deep residual network whose branches are skipped.",
        "stochastic_depth.png",
    )
    plan, data = choose(arguments, PLANS, shorter=10)
    # One thread, so that the times compare the work alone.
    with (
        threadpool_limits(1),
        dl.num_threads(1),
        tqdm(total=3 * plan.epochs, unit="epoch") as progress,
    ):
        results = train(data, plan, progress)
    draw(results, arguments.out)
    return report(results, timed=not arguments.short)


if __name__ == "__main__" and not main():
    sys.exit(1)
