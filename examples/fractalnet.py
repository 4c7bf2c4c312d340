"""
FractalNet: columns that work alone
===================================

A fractal network has many paths from its input to its output, short and long ones. When
drop-path takes some of them away at every step of the training, each column learns to
read digits alone, and can be taken out of the network afterwards; without drop-path it
cannot. Look at how one Key makes all joins choose the same column.

Paper: G. Larsson, M. Maire, G. Shakhnarovich, "FractalNet: Ultra-Deep Neural Networks
without Residuals", ICLR 2017. ::

    python examples/fractalnet.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import sys
from collections.abc import Collection
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
# The same network is trained twice, with drop-path and without it. Then its columns are
# tested alone and together.

WIDTH, BLOCKS, COLUMNS, CLASSES = 64, 4, 3, 10
STEPS = 2 ** (COLUMNS - 1)  # of a block: the layers of its deepest column
SPANS = [STEPS >> column for column in range(COLUMNS)]  # steps that a layer takes
PROB = 0.15  # of dropping a path in local sampling, as in the paper

VARIANTS = {"without drop-path": False, "with drop-path": True}

#: The columns that are taken out of a trained network to be tested.
PARTS: dict[str, Collection[int]] = {
    "full network": range(COLUMNS),
    **{f"column {c + 1}": [c] for c in range(COLUMNS)},
}
#: The accuracies above which they work, and below which they fail.
WORKS, FAILS, CHANCE = 0.6, 0.5, 1 / CLASSES


class Plan(NamedTuple):
    """How many images to train on, and how long."""

    images: int
    epochs: int
    batch: int
    seeds: tuple[int, ...] = (0, 1, 2)


PLANS = {"digits": Plan(900, 80, 32), "fashion": Plan(6000, 40, 64, (0, 1))}


# %%
# A layer
# -------
#
# A fractal is made of one kind of layer: a product with a matrix, normalised, and the
# positive part.


class Normalise:
    """Each row less its mean, and divided by its deviation (Ba et al., 2016)."""

    def forward(self, x: Floats) -> Floats:
        x = x - x.mean(axis=1, keepdims=True)
        self.scale = 1 / np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-5)
        self.y = x * self.scale
        return self.y

    def backward(self, grad: Floats) -> Floats:
        grad = grad - grad.mean(axis=1, keepdims=True)
        along = (grad * self.y).mean(axis=1, keepdims=True)
        return self.scale * (grad - along * self.y)


class Layer:
    """A linear layer, normalised, and the positive part: what a fractal is made of."""

    def __init__(self, inputs: int, rng: np.random.Generator):
        self.linear = Linear(inputs, WIDTH, 1.0, rng)
        self.normalise = Normalise()
        self.relu = Relu()

    def forward(self, x: Floats) -> Floats:
        return self.relu.forward(self.normalise.forward(self.linear.forward(x)))

    def backward(self, grad: Floats) -> Floats:
        grad = self.normalise.backward(self.relu.backward(grad))
        return self.linear.backward(grad)


# %%
# A join
# ------
#
# Paths meet in a join, which is the mean of those that are left:
#
# .. math:: y = \frac{\sum_j m_j x_j}{\sum_j m_j} .
#
# ``fractal_join_backward`` draws the same paths again from the same key, and takes
# ``None`` for paths that are dead.


class Join:
    """Where paths meet, in one pass forward and back: the same Key drops the same."""

    def __init__(self, training: bool, sampling: str, key: dl.Key):
        how = {"prob": PROB, "training": training, "sampling": sampling, "rng": key}
        self.how: dict[str, Any] = how

    def forward(self, paths: list[Floats | None]) -> Floats | None:
        self.paths = paths
        return dl.fractal_join(paths, **self.how)

    def backward(self, grad: Floats | None) -> list[Floats | None]:
        return dl.fractal_join_backward(grad, self.paths, **self.how)


# %%
# A block
# -------
#
# A block of one column is a layer. A block of one column more joins a layer with two
# blocks, one after the other.


class Block:
    """``f_C(x) = join(layer(x), f_C-1(f_C-1(x)))``, where f_1 is a layer.

    Unrolled, and with joins that follow each other made one: column c has 2**c layers,
    side by side with the last one's, and those that end at the same step are joined.
    """

    def __init__(self, inputs: int, rng: np.random.Generator):
        self.layers = {
            (column, end): Layer(inputs if end == span else WIDTH, rng)
            for column, span in enumerate(SPANS)
            for end in range(span, STEPS + 1, span)
        }

    def forward(self, x: Floats, columns: Collection[int], joins: list[Join]) -> Floats:
        """What these columns make of x: no path leads through the others."""
        self.joins = joins
        reached: list[Any] = [x]
        for join in joins:
            paths = [
                self.path(column, reached) if column in columns else None
                for column in range(COLUMNS)
            ]
            reached.append(join.forward(paths))
        return reached[-1]

    def path(self, column: int, reached: list[Floats | None]) -> Floats | None:
        """A column's path to the next step, or None: no layer of it ends there, or no
        path led to where that layer begins."""
        end = len(reached)
        if (column, end) in self.layers and (x := reached[-SPANS[column]]) is not None:
            return self.layers[column, end].forward(x)
        return None

    def backward(self, grad: Floats) -> Floats:
        """The steps of `forward` in reverse."""
        grads: list[Any] = [None] * STEPS + [grad]
        for end in range(STEPS, 0, -1):
            parts = self.joins[end - 1].backward(grads[end])
            for column, part in enumerate(parts):
                if part is not None:
                    start = end - SPANS[column]
                    part = self.layers[column, end].backward(part)
                    other = grads[start]
                    grads[start] = part if other is None else other + part
        return grads[0]


# %%
# Local and global sampling
# -------------------------
#
# Half of the steps drop paths locally: each join has a key of its own. The other half
# keep one column of the whole network: all joins have the same key, from which each of
# them draws the same column.


class Network:
    """From the pixels of images to a score for each class."""

    def __init__(self, pixels: int, drop_path: bool, rng: np.random.Generator):
        self.drop_path = drop_path
        self.blocks = [Block(WIDTH if i else pixels, rng) for i in range(BLOCKS)]
        self.last = Linear(WIDTH, CLASSES, 0.1, rng)
        layers = [layer for block in self.blocks for layer in block.layers.values()]
        self.linears = [*(layer.linear for layer in layers), self.last]

    def joins(self, training: bool, key: dl.Key) -> list[Join]:
        """All joins, in order. Half of the keys give each one a Key of its own, for
        local sampling. The others give the same to all, which choose one column."""
        coin, draw = key.split(2)
        if dl.keep_mask(1, 0.5, rng=coin).item():
            return [Join(training, "local", k) for k in draw.split(BLOCKS * STEPS)]
        return [Join(training, "global", draw) for _ in range(BLOCKS * STEPS)]

    def forward(
        self,
        x: Floats,
        mode: str,
        key: dl.Key,
        columns: Collection[int] = range(COLUMNS),
    ) -> Floats:
        joins = self.joins(self.drop_path and mode == "train", key)
        for i, block in enumerate(self.blocks):
            x = block.forward(x, columns, joins[i * STEPS : (i + 1) * STEPS])
        return self.last.forward(x)

    def backward(self, grad: Floats) -> None:
        for linear in self.linears:  # no path may have led through some
            linear.gradients = [np.zeros_like(x) for x in linear.parameters]
        grad = self.last.backward(grad)
        for block in reversed(self.blocks):
            grad = block.backward(grad)


# %%
# Training
# --------
#
# After each epoch, the whole network and each of its columns are tested.


def train(
    data: Data, drop_path: bool, plan: Plan, seed: int, progress: tqdm[Any]
) -> Floats:
    """The test accuracy of each part after each epoch, of shape (epochs, parts)."""
    rng = np.random.default_rng(seed)  # of the weights and of the order
    key = dl.Key(seed)  # of all paths: one child for each step
    network = Network(data.train.pixels.shape[1], drop_path, rng)
    curves = np.empty((plan.epochs, len(PARTS)))
    losses = fit(network, cross_entropy, data.train, plan.epochs, plan.batch, rng, key)
    for epoch, _ in enumerate(losses):
        for i, columns in enumerate(PARTS.values()):
            scores = network.forward(data.test.pixels, "test", key, columns)
            curves[epoch, i] = accuracy(scores, data.test.labels)
        progress.update()
    return curves


# %%
# What is shown
# -------------
#
# The claim is the paper's: with drop-path a column works alone, and without it fails.


def report(results: dict[str, Floats], plan: Plan) -> bool:
    """Print the accuracies after the last epoch; whether from every seed each column
    works alone if it was trained with drop-path, and fails if it was not."""
    print(f"Test accuracy in % after {plan.epochs} epochs (chance: {100 * CHANCE:.2f})")
    print(f"{'':26}" + "".join(f"{name:>14}" for name in PARTS))
    depths = [BLOCKS * STEPS // min(SPANS[c] for c in p) for p in PARTS.values()]
    print(f"{'layers deep':26}" + "".join(f"{depth:14}" for depth in depths))
    for name, curves in results.items():
        for seed, last in zip(plan.seeds, 100 * curves[:, -1], strict=True):
            row = "".join(f"{value:14.2f}" for value in last)
            print(f"{f'{name}, seed {seed}':26}{row}")
    plain, dropped = (results[name][:, -1] for name in VARIANTS)
    claims = {
        "a full network works without drop-path": plain[:, 0].min() > WORKS,
        "a column fails without drop-path": plain[:, 1:].max() < FAILS,
        "a full network works with drop-path": dropped[:, 0].min() > WORKS,
        "a column works with drop-path": dropped[:, 1:].min() > WORKS,
    }
    for claim, holds in claims.items():
        if not holds:
            print(f"It does not hold that {claim}.", file=sys.stderr)
    return all(claims.values())


def draw(results: dict[str, Floats], path: str) -> None:
    """Plot the curves: the mean of the seeds, in a band from the least to the most."""
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (name, curves) in zip(panels, results.items(), strict=True):
        for i, part in enumerate(PARTS):
            values = curves[..., i]
            epochs = np.arange(1, values.shape[1] + 1)
            low, high = values.min(axis=0), values.max(axis=0)
            axes.fill_between(epochs, low, high, alpha=0.25, linewidth=0)
            axes.plot(epochs, values.mean(axis=0), label=part)
        axes.axhline(CHANCE, color="gray", linestyle="--", label="chance")
        axes.set(title=f"trained {name}", xlabel="epoch", ylim=(0, 1))
        axes.grid(alpha=0.3)
    panels[0].set(ylabel="test accuracy")
    panels[1].legend(loc="center right")
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` trains for less time and from fewer seeds; the pages of the site and
# notebooks run so.


def main() -> bool:
    """Train with drop-path and without from every seed."""
    arguments = parse(
        "Train a fractal network with drop-path and without.",
        "fractalnet.png",
    )
    plan, data = choose(arguments, PLANS, shorter=4)
    if arguments.short:
        plan = plan._replace(seeds=plan.seeds[:1])
    epochs = len(VARIANTS) * len(plan.seeds) * plan.epochs
    # Matrices as small as these are not worth a second thread.
    with threadpool_limits(1), tqdm(total=epochs, unit="epoch") as progress:
        results = {
            name: np.array([train(data, drop, plan, s, progress) for s in plan.seeds])
            for name, drop in VARIANTS.items()
        }
    draw(results, arguments.out)
    return report(results, plan)


if __name__ == "__main__" and not main():
    sys.exit(1)
