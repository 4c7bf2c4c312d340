"""
DropConnect and three ways to infer with it
===========================================

The hidden layer of a network loses single connections, others for each sample, and is
compared with dropout. At test time one would like to average over all masks: Monte
Carlo does it with many, the paper with a normal distribution of the same mean and
variance for what goes into the nonlinearity, and mean-field with the mean alone. Look
at how ``Network`` goes forward and back, and at ``predict``.

Paper: L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, "Regularization of Neural
Networks using DropConnect", ICML 2013. ::

    python examples/dropconnect.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from data import Data
from network import Floats, Linear, Relu, accuracy, cross_entropy, fit, log_softmax
from options import choose, parse
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

import droplayers as dl

# %%
# What is compared
# ----------------
#
# Three networks of the same size: one drops connections, one drops hidden units, one
# drops nothing.

WIDTH, CLASSES = 128, 10
P = 0.5  # of dropping a connection, or an element of the hidden layer
PASSES = 256  # masks of Monte Carlo, and samples of the normal distributions

VARIANTS = "nothing dropped", "dropout", "DropConnect"
MOMENTS, MEAN_FIELD = "moments", "mean-field"
#: How far below the best a variant may end, and how much nearer to Monte Carlo moments
#: have to be than mean-field.
BAND, NEARER = 0.05, 0.5


class Plan(NamedTuple):
    """How many images to train on, and how long."""

    images: int
    epochs: int
    batch: int
    seeds: tuple[int, ...] = (0, 1, 2)


PLANS = {"digits": Plan(900, 100, 64), "fashion": Plan(6000, 25, 128, (0,))}


# %%
# The network
# -----------
#
# ``drop_connect`` computes for each sample :math:`b`
#
# .. math:: y_b = \frac{x_b (M_b \odot W)}{1-p} + c
#
# and never makes an array of all masked weights. ``drop_connect_backward`` draws the
# masks :math:`M_b` again.


class Network:
    """From the pixels of images to a score for each class, by one hidden layer."""

    def __init__(self, pixels: int, variant: str, rng: np.random.Generator):
        self.variant = variant
        self.hidden = Linear(pixels, WIDTH, 1.0, rng)
        self.relu = Relu()
        self.last = Linear(WIDTH, CLASSES, 0.1, rng)
        self.linears = [self.hidden, self.last]

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        self.x, self.mode, self.key = x, mode, key
        if self.variant == "DropConnect":
            weight, bias = self.hidden.parameters
            x = dl.drop_connect(x, weight, P, mode, bias=bias, rng=key)
        else:
            x = self.hidden.forward(x)
        x = self.relu.forward(x)
        if self.variant == "dropout":
            x = dl.dropout(x, P, mode, rng=key)
        return self.last.forward(x)

    def backward(self, grad: Floats) -> None:
        grad = self.last.backward(grad)
        if self.variant == "dropout":
            grad = dl.dropout(grad, P, self.mode, rng=self.key)
        grad = self.relu.backward(grad)
        if self.variant == "DropConnect":
            weight, _ = self.hidden.parameters
            _, *self.hidden.gradients = dl.drop_connect_backward(
                grad, self.x, weight, P, self.mode, rng=self.key
            )
        else:
            self.hidden.backward(grad)


# %%
# Three ways to infer
# -------------------
#
# ``drop_connect_moments`` has the mean and the variance of :math:`y_b` over all masks.
# A normal distribution of these is cheap to draw from. Monte Carlo draws masks, and is
# what both ways are measured with.


class Inference(NamedTuple):
    """What DropConnect's three ways of inference say."""

    probabilities: dict[str, Floats]  #: of each class, by moments and by mean-field
    monte_carlo: Floats  #: the same by Monte Carlo
    z: Floats  #: of the mean that Monte Carlo finds, in its standard errors
    variances: Floats  #: that Monte Carlo finds, as a share of the moments'


def predict(network: Network, x: Floats, key: dl.Key) -> Inference:
    """The probabilities of the classes, averaged over masks in each way."""
    weight, bias = network.hidden.parameters
    masks, normals = key.split(2)

    def probabilities(hidden: Floats) -> Floats:
        scores = network.last.forward(np.maximum(hidden, 0))
        return np.exp(log_softmax(scores))

    mean, variance = dl.drop_connect_moments(x, weight, P, bias=bias)
    rng = np.random.default_rng(int(normals))
    total, square = np.zeros_like(mean), np.zeros_like(mean)
    sampled, drawn = 0.0, 0.0
    for k in masks.split(PASSES):
        hidden = dl.drop_connect(x, weight, P, bias=bias, rng=k)
        total += hidden - mean
        square += (hidden - mean) ** 2
        drawn = drawn + probabilities(hidden)
        noise = rng.standard_normal(mean.shape, np.float32)
        sampled = sampled + probabilities(mean + np.sqrt(variance) * noise)
    return Inference(
        {MOMENTS: sampled / PASSES, MEAN_FIELD: probabilities(mean)},
        drawn / PASSES,
        total / np.sqrt(PASSES * np.maximum(variance, 1e-12)),
        square.sum(axis=0) / (PASSES * variance.sum(axis=0)),
    )


def distance(p: Floats, q: Floats) -> float:
    """Half the sum of the differences of two distributions, on average over images."""
    return float(np.abs(p - q).sum(axis=1).mean() / 2)


# %%
# Training
# --------
#
# Step ``i`` of ``fit`` has the key ``key.child(i)``.


def train(
    data: Data, variant: str, plan: Plan, seed: int, progress: tqdm[Any]
) -> tuple[Floats, Network]:
    """The test accuracy after each epoch, and the network after the last."""
    rng = np.random.default_rng(seed)  # of the weights and of the order
    key = dl.Key(seed)  # of all masks: one child for each step
    network = Network(data.train.pixels.shape[1], variant, rng)
    curve = np.empty(plan.epochs)
    losses = fit(network, cross_entropy, data.train, plan.epochs, plan.batch, rng, key)
    for epoch, _ in enumerate(losses):
        scores = network.forward(data.test.pixels, "test", key)
        curve[epoch] = accuracy(scores, data.test.labels)
        progress.update()
    return curve, network


# %%
# What is shown
# -------------
#
# Mean and variance must be those that Monte Carlo finds, and moments nearer to it than
# mean-field.


def report(
    curves: dict[str, Floats], inference: Inference, labels: Any, plan: Plan
) -> bool:
    """Print accuracies and distances; whether DropConnect learns as well as others do
    and moments are what Monte Carlo finds."""
    print(f"Test accuracy in % after {curves[VARIANTS[0]].shape[1]} epochs")
    print(f"{'':18}{'mean':>8}" + "".join(f"{f'seed {s}':>8}" for s in plan.seeds))
    for name, curve in curves.items():
        last = 100 * curve[:, -1]
        print(f"{name:18}{last.mean():8.2f}" + "".join(f"{a:8.2f}" for a in last))
    exact = inference.monte_carlo
    print(f"Inference with DropConnect, beside Monte Carlo with {PASSES} masks")
    print(f"{'':18}{'accuracy':>10}{'distance':>10}")
    print(f"{'Monte Carlo':18}{100 * accuracy(exact, labels):10.2f}")
    distances = {}
    for name, p in inference.probabilities.items():
        distances[name] = distance(p, exact)
        print(f"{name:18}{100 * accuracy(p, labels):10.2f}{distances[name]:10.4f}")
    spread, share = np.std(inference.z), np.mean(inference.variances)
    print(
        f"Its means lie {spread:.3f} of their standard errors from the moments' (chance"
        f" is 1),\nits variances are {share:.3f} times theirs"
    )
    finals = {name: curve[:, -1].mean() for name, curve in curves.items()}
    claims = {
        "DropConnect learns": finals[VARIANTS[2]] > max(finals.values()) - BAND,
        "the means are those of Monte Carlo": 0.9 < spread < 1.1,
        "the variances are those of Monte Carlo": 0.95 < share < 1.05,
        "moments are nearer to Monte Carlo than mean-field": (
            distances[MOMENTS] < NEARER * distances[MEAN_FIELD]
        ),
    }
    for claim, holds in claims.items():
        if not holds:
            print(f"It does not hold that {claim}.", file=sys.stderr)
    return all(claims.values())


def draw(curves: dict[str, Floats], inference: Inference, path: str) -> None:
    """Plot the curves, and the probabilities by moments and mean-field over those by
    Monte Carlo."""
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, curve in curves.items():
        epochs = np.arange(1, curve.shape[1] + 1)
        left.fill_between(
            epochs, curve.min(axis=0), curve.max(axis=0), alpha=0.25, linewidth=0
        )
        left.plot(epochs, curve.mean(axis=0), label=name)
    left.set(xlabel="epoch", ylabel="test accuracy", ylim=(0.8, 1))
    for name, p in reversed(inference.probabilities.items()):
        exact = inference.monte_carlo
        right.scatter(exact.ravel(), p.ravel(), s=2, alpha=0.4, label=name)
    right.plot([0, 1], [0, 1], color="gray", linewidth=1)
    right.set(xlabel="probability by Monte Carlo", ylabel="probability")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` trains for less time and from fewer seeds; the pages of the site and
# notebooks run so.


def main() -> bool:
    """Train every variant from every seed, then infer with the first DropConnect."""
    arguments = parse(
        "Train with DropConnect, dropout and neither, and infer.",
        "dropconnect.png",
    )
    plan, data = choose(arguments, PLANS, shorter=4)
    if arguments.short:
        plan = plan._replace(seeds=plan.seeds[:1])
    test = data.test.first(1000)
    curves, networks = {}, {}
    # Matrices as small as these are not worth a second thread.
    total = len(VARIANTS) * len(plan.seeds) * plan.epochs
    with threadpool_limits(1), tqdm(total=total, unit="epoch") as progress:
        for name in VARIANTS:
            runs = [train(data, name, plan, seed, progress) for seed in plan.seeds]
            curves[name] = np.array([curve for curve, _ in runs])
            networks[name] = runs[0][1]
        inference = predict(networks[VARIANTS[2]], test.pixels, dl.Key(1))
    draw(curves, inference, arguments.out)
    return report(curves, inference, test.labels, plan)


if __name__ == "__main__" and not main():
    sys.exit(1)
