"""
A residual classifier with dropout and drop-path
================================================

A residual network that learns to read digits is written from scratch in NumPy. It is
trained on few images, where a network knows all of them by heart before long, with
dropout and drop-path and without them, from three seeds each. Look at what the backward
pass remembers of a mask: the Key that draws it again. ::

    python examples/train_classifier.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import math
import sys
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
# Two networks
# ------------
#
# They have the same layers and begin with the same weights. One drops nothing. In the
# other, each block drops half of its hidden units, and the last block drops its whole
# branch for a fifth of the samples.

WIDTH, DEPTH, CLASSES = 256, 3, 10
GAIN = 1 / math.sqrt(2 * DEPTH)  # of branches, that their sum begins no larger than one


class Rates(NamedTuple):
    """How much is dropped in training."""

    dropout: float  #: of the hidden units of each block
    drop_path: float  #: of the samples in the last block; in earlier ones less


#: These rates were chosen on the digits' training half alone, some of it held out.
VARIANTS = {
    "nothing dropped": Rates(0.0, 0.0),
    "dropout and drop-path": Rates(0.5, 0.2),
}


class Plan(NamedTuple):
    """How many images to train on, and how long."""

    images: int
    epochs: int
    batch: int
    seeds: tuple[int, ...] = (0, 1, 2)


PLANS = {"digits": Plan(200, 150, 32), "fashion": Plan(2000, 60, 64)}


# %%
# A residual block, forward and back
# ----------------------------------
#
# In training, a block makes of the samples :math:`x_b`
#
# .. math:: y_b = x_b + \frac{m_b}{1 - p} f(x_b) ,
#
# where :math:`f` is two layers with dropout between them. ``drop_path`` adds the
# residual in the same pass. No mask is kept for the backward pass: the two keys are.


class Block:
    """A residual block: x plus a branch, which is two layers with dropout between them
    and is itself dropped for some of the samples."""

    def __init__(self, rates: Rates, rng: np.random.Generator):
        self.rates = rates
        self.relus = Relu(), Relu()
        self.linears = Linear(WIDTH, WIDTH, 1.0, rng), Linear(WIDTH, WIDTH, GAIN, rng)

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        p, prob = self.rates
        self.keys = key.split(2)
        h = self.linears[0].forward(self.relus[0].forward(x))
        h = dl.dropout(self.relus[1].forward(h), p, mode, rng=self.keys[0])
        h = self.linears[1].forward(h)
        return dl.drop_path(h, prob, mode == "train", residual=x, rng=self.keys[1])

    def backward(self, grad: Floats) -> Floats:
        """The steps of `forward` in reverse. Both drops are linear: they do to the
        gradient what they did to the data, and the same Key drops the same."""
        p, prob = self.rates
        g = dl.drop_path(grad, prob, True, rng=self.keys[1])
        g = dl.dropout(self.linears[1].backward(g), p, rng=self.keys[0])
        g = self.linears[0].backward(self.relus[1].backward(g))
        return grad + self.relus[0].backward(g)


# %%
# The network
# -----------
#
# Rates of drop-path grow with depth. Each block has a child of the step's key, so that
# no two places of the network share a mask.


class Network:
    """From the pixels of images to a score for each class."""

    def __init__(self, pixels: int, rates: Rates, rng: np.random.Generator):
        depths = np.arange(1, DEPTH + 1) / DEPTH
        self.first = Linear(pixels, WIDTH, 1.0, rng)
        self.blocks = [
            Block(rates._replace(drop_path=rates.drop_path * d), rng) for d in depths
        ]
        self.relu = Relu()
        self.last = Linear(WIDTH, CLASSES, 0.1, rng)
        self.linears = [
            self.first,
            *(a for b in self.blocks for a in b.linears),
            self.last,
        ]

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        h = self.first.forward(x)
        for i, block in enumerate(self.blocks):
            h = block.forward(h, mode, key.child(i))
        return self.last.forward(self.relu.forward(h))

    def backward(self, grad: Floats) -> None:
        grad = self.relu.backward(self.last.backward(grad))
        for block in reversed(self.blocks):
            grad = block.backward(grad)
        self.first.backward(grad)


# %%
# Training
# --------
#
# A seed gives the weights, the order of the images and the key of all masks. Step ``i``
# of ``fit`` has the key ``key.child(i)``.


def train(
    data: Data, rates: Rates, plan: Plan, seed: int, progress: tqdm[Any]
) -> Floats:
    """The training loss and the test accuracy of each epoch, of shape (epochs, 2)."""
    rng = np.random.default_rng(seed)  # of the weights and of the order
    key = dl.Key(seed)  # of all masks: one child for each step
    network = Network(data.train.pixels.shape[1], rates, rng)
    curves = np.empty((plan.epochs, 2))
    losses = fit(network, cross_entropy, data.train, plan.epochs, plan.batch, rng, key)
    for epoch, loss in enumerate(losses):
        scores = network.forward(data.test.pixels, "test", key)
        curves[epoch] = loss, accuracy(scores, data.test.labels)
        progress.update()
    return curves


# %%
# What it has learnt
# ------------------
#
# Choosing the class whose average image is nearest needs no training at all: a network
# has learnt something if it does better.


def nearest_mean(data: Data) -> float:
    """The test accuracy of choosing the class whose average image is nearest."""
    x, labels = data.train.pixels, data.train.labels
    classes = np.unique(labels)
    means = np.array([x[labels == c].mean(axis=0) for c in classes])
    # |x - mean|**2, without |x|**2, which is the same for all classes.
    distances = (means**2).sum(axis=1) - 2 * data.test.pixels @ means.T
    return float(np.mean(classes[distances.argmin(axis=1)] == data.test.labels))


def report(results: dict[str, Floats], plan: Plan, data: Data) -> bool:
    """Print the accuracies after the last epoch; whether every run learnt, which is to
    do better than what needs no training."""
    n, baseline = len(data.test.labels), nearest_mean(data)
    print(f"Test accuracy in % after {plan.epochs} epochs")
    print(f"{'':24}{'mean':>7}" + "".join(f"{f'seed {s}':>9}" for s in plan.seeds))
    for name, curves in results.items():
        last = 100 * curves[:, -1, 1]
        print(f"{name:24}{last.mean():7.2f}" + "".join(f"{a:9.2f}" for a in last))
    print(f"{'nearest class mean':24}{100 * baseline:7.2f}")
    error = 100 * math.sqrt(baseline * (1 - baseline) / n)
    print(f"One standard error of such a figure on {n:,} test images: {error:.2f}")
    learnt = all((curves[:, -1, 1] > baseline).all() for curves in results.values())
    if not learnt:
        print("It did not learn: the nearest class mean is as good.", file=sys.stderr)
    return learnt


# %%
# The picture
# -----------
#
# Curves are means of the seeds, in a band from the least to the most.


def draw(results: dict[str, Floats], data: Data, path: str) -> None:
    """Plot the curves: the mean of the seeds, in a band from the least to the most."""
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    figure.suptitle(f"{len(data.train.labels):,} training images")
    labels = "training loss", "test accuracy"
    for i, (axes, label) in enumerate(zip(figure.subplots(1, 2), labels, strict=True)):
        for name, curves in results.items():
            values = curves[..., i]
            epochs = np.arange(1, values.shape[1] + 1)
            low, high = values.min(axis=0), values.max(axis=0)
            axes.fill_between(epochs, low, high, alpha=0.25, linewidth=0)
            axes.plot(epochs, values.mean(axis=0), label=name)
        axes.set(xlabel="epoch", ylabel=label, yscale=("log", "linear")[i])
        axes.grid(alpha=0.3)
    baseline = nearest_mean(data)
    axes.axhline(baseline, color="gray", linestyle="--", label="nearest class mean")
    axes.set_ylim(bottom=baseline - 0.02)  # the first epochs are below
    axes.legend()
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` trains for less time and from fewer seeds; the pages of the site and
# notebooks run so. Less training loss is not the aim: the network that drops nothing
# has the smaller one.


def main() -> bool:
    """Train every variant from every seed."""
    arguments = parse(
        "Train a residual network with dropout and drop-path and without.",
        "train_classifier.png",
    )
    plan, data = choose(arguments, PLANS, shorter=8)
    if arguments.short:
        plan = plan._replace(seeds=plan.seeds[:1])
    epochs = len(VARIANTS) * len(plan.seeds) * plan.epochs
    # Matrices as small as these are not worth a second thread.
    with threadpool_limits(1), tqdm(total=epochs, unit="epoch") as progress:
        results = {
            name: np.array([train(data, rates, plan, s, progress) for s in plan.seeds])
            for name, rates in VARIANTS.items()
        }
    draw(results, data, arguments.out)
    return report(results, plan, data)


if __name__ == "__main__" and not main():
    sys.exit(1)
