"""
Monte-Carlo dropout: what a network does not know
=================================================

A network trained with dropout is asked many times about the same image, each time with
another mask; how far its answers spread is how little it knows. Here each class is left
out of the training in turn, and known images are turned. (Not all that is strange makes
it unsure: see those on their side.) Look at how one call draws all masks: the images
are broadcast along a new axis.

Paper: Y. Gal, Z. Ghahramani, "Dropout as a Bayesian Approximation: Representing Model
Uncertainty in Deep Learning", ICML 2016. ::

    python examples/monte_carlo.py [--data fashion] [--images 500] [--short]
"""

from __future__ import annotations

import itertools
import sys
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from data import LOADERS, Data, Images
from network import Floats, Linear, Relu, accuracy, cross_entropy, fit, log_softmax
from options import parse
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

import droplayers as dl

# %%
# What is asked
# -------------
#
# Test images of known classes, as they are and turned by up to 180 degrees, and those
# of the class that the network never saw.

WIDTH, CLASSES = 256, 10
RATES = 0.1, 0.5, 0.5  # dropped of the inputs of each linear layer
ANGLES = range(0, 181, 15)  # in degrees, that known images are turned by
KNOWN, UPSIDE_DOWN, UNSEEN = "known", "known, upside down", "unseen"
#: The table's rows of known images, and which of the angles each one stands for.
TURNED = {KNOWN: 0, "known, on their side": len(ANGLES) // 2, UPSIDE_DOWN: -1}

#: What is not known has at least this many times the entropy, and this AUROC.
CLEARLY, AREA = 1.25, 0.6


class Plan(NamedTuple):
    """How much to learn from, and how often to ask."""

    images: int
    epochs: int
    batch: int
    tests: int  #: images of the known classes, and of the unseen one, at most
    passes: int = 50
    seeds: tuple[int, ...] = (0, 1, 2)


PLANS = {
    "digits": Plan(900, 60, 32, 400),
    "fashion": Plan(6000, 15, 32, 200, seeds=(0, 1)),
}


class Run(NamedTuple):
    """What a network that never saw one class makes of images: three measures of each,
    the predictive entropy, the mutual information and the entropy of one pass."""

    left_out: int  #: the class
    accuracy: float  #: on test images of the others
    turned: Floats  #: (angles, 3, n): the measures of those images, turned
    unseen: Floats  #: (3, m): the measures of test images of the class left out


# %%
# A network that drops at every layer
# -----------------------------------
#
# Monte-Carlo dropout needs dropout before each layer that has weights. The network
# takes any number of leading axes, of passes and of images, and masks each row.


class Dropped:
    """A linear layer that is given what dropout leaves."""

    def __init__(self, p: float, linear: Linear):
        self.p, self.linear = p, linear

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        self.key = key
        return self.linear.forward(dl.dropout(x, self.p, mode, rng=key))

    def backward(self, grad: Floats) -> Floats:
        return dl.dropout(self.linear.backward(grad), self.p, rng=self.key)


class Network:
    """From the pixels of images to a score for each class, with dropout before every
    layer. It takes any number of axes before the last: each of their rows is masked."""

    def __init__(self, pixels: int, classes: int, rng: np.random.Generator):
        self.linears = [
            Linear(pixels, WIDTH, 1.0, rng),
            Linear(WIDTH, WIDTH, 1.0, rng),
            Linear(WIDTH, classes, 0.1, rng),
        ]
        self.layers = [Dropped(p, a) for p, a in zip(RATES, self.linears, strict=True)]
        self.relus = Relu(), Relu()

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats:
        keys = key.split(len(self.layers))
        h = self.layers[0].forward(x, mode, keys[0])
        for relu, layer, own in zip(self.relus, self.layers[1:], keys[1:], strict=True):
            h = layer.forward(relu.forward(h), mode, own)
        return h

    def backward(self, grad: Floats) -> None:
        for layer, relu in zip(self.layers[:0:-1], self.relus[::-1], strict=True):
            grad = relu.backward(layer.backward(grad))
        self.layers[0].backward(grad)


# %%
# How uncertain it is
# -------------------
#
# The entropy of the mean answer is large where answers are uncertain or where they
# disagree. The mutual information is what is left of it without the entropy of single
# answers: it is large only where they disagree. ``np.broadcast_to`` makes the passes
# without a copy of the images, and mode "train" keeps dropping.


def entropy(logs: Floats) -> Floats:
    """The entropy in nats of each row of probabilities, given their logarithms."""
    return -(np.exp(logs) * logs).sum(axis=-1)


def measure(network: Network, x: Floats, passes: int, key: dl.Key) -> Floats:
    """How uncertain the network is of each of the n images in x, of shape (3, n).

    The predictive entropy is that of the mean answer. The mutual information is what
    remains of it without the mean entropy of an answer: how far they disagree. Last is
    the entropy of the one answer that is given when nothing is dropped.
    """
    copies = np.broadcast_to(x, (passes, *x.shape))
    answers = log_softmax(network.forward(copies, "train", key))
    total = entropy(np.logaddexp.reduce(answers) - np.log(passes))
    one = log_softmax(network.forward(x, "test", key))
    return np.stack([total, total - entropy(answers).mean(axis=0), entropy(one)])


# %%
# Images that it has not seen
# ---------------------------
#
# Known ones that are turned, and a class that is left out.


def turn(images: Floats, degrees: int) -> Floats:
    """Images turned clockwise about their middle; linear between pixels, 0 beyond."""
    height, width = images.shape[1:]
    middle = np.array([height - 1, width - 1])[:, None, None] / 2
    y, x = np.indices((height, width)) - middle
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    source = np.stack([cos * y - sin * x, sin * y + cos * x]) + middle
    last = np.array([height, width])[:, None, None]
    source = np.clip(source, -1, last) + 1  # in images with a frame of two zeros
    corner = source.astype(int)
    (i, j), (v, u) = corner, source - corner
    framed = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    above = (1 - u) * framed[:, i, j] + u * framed[:, i, j + 1]
    below = (1 - u) * framed[:, i + 1, j] + u * framed[:, i + 1, j + 1]
    return ((1 - v) * above + v * below).astype(images.dtype)


def split(images: Images, left_out: int) -> tuple[Images, Images]:
    """Those of the other classes, which are numbered anew, and those of this one."""
    known = images.labels != left_out
    labels = images.labels - (images.labels > left_out)
    return (
        Images(images.images[known], labels[known]),
        Images(images.images[~known], labels[~known]),
    )


# %%
# Training and asking
# -------------------
#
# The key of a run is split in two: one for the masks of the training, one for those of
# the questions.


def run(data: Data, left_out: int, plan: Plan, seed: int) -> Run:
    """Train a network on all classes but one, and ask it about all."""
    rng = np.random.default_rng([seed, left_out])  # of the weights and of the order
    to_learn, to_ask = dl.Key.fresh(rng).split(2)  # of all masks
    images = split(data.train, left_out)[0].first(plan.images)
    network = Network(images.pixels.shape[1], CLASSES - 1, rng)
    how = plan.epochs, plan.batch, rng, to_learn
    for _ in fit(network, cross_entropy, images, *how):
        pass
    known, unseen = (part.first(plan.tests) for part in split(data.test, left_out))
    scores = network.forward(known.pixels, "test", to_ask)
    turned = (known._replace(images=turn(known.images, a)).pixels for a in ANGLES)
    return Run(
        left_out,
        accuracy(scores, known.labels),
        np.array([measure(network, x, plan.passes, to_ask) for x in turned]),
        measure(network, unseen.pixels, plan.passes, to_ask),
    )


# %%
# Whether uncertainty tells them apart
# ------------------------------------
#
# The area under the ROC curve is the share of pairs of a known and another image in
# which the other has the larger entropy. Guessing gives 0.5.


def auroc(known: Floats, other: Floats) -> float:
    """The share of all pairs in which the other value is larger; a tie is half a pair.

    That is the area under the curve of the true against the false positive rate.
    """
    known = np.sort(known)
    sides = [np.searchsorted(known, other, side) for side in ("left", "right")]
    return float(np.mean(sides)) / len(known)


def compare(known: Floats, other: Floats) -> Floats:
    """Means of the entropy and the information, then the AUROC of each measure."""
    areas = [auroc(k, o) for k, o in zip(known, other, strict=True)]
    return np.array([*other[:2].mean(axis=1), *areas])


def summarise(runs: list[Run]) -> dict[str, Floats]:
    """The table's rows: what `compare` says, as a mean of the runs."""
    rows = {
        name: np.mean([compare(r.turned[0], r.turned[i]) for r in runs], axis=0)
        for name, i in TURNED.items()
    }
    unseen = np.array([compare(r.turned[0], r.unseen) for r in runs])
    rows[UNSEEN] = unseen.mean(axis=0)
    left_out = np.array([r.left_out for r in runs])
    for c in np.unique(left_out):
        rows[f"  class {c}"] = unseen[left_out == c].mean(axis=0)
    return rows


def report(runs: list[Run]) -> bool:
    """Print the table; whether images turned upside down and those of unseen classes
    are told from known ones by how uncertain the networks are of them."""
    rows = summarise(runs)
    right = np.mean([r.accuracy for r in runs])
    print(f"Test accuracy in % on the classes that a network knows: {100 * right:.2f}")
    print("How uncertain they are of test images, in nats, and the area under the ROC")
    print("curve when that has to tell the images of a row from known ones")
    print(f"{'':20}{'mean':>20}{'area under the curve':>30}")
    names = "entropy", "mutual", "entropy", "mutual", "one pass"
    print(f"{'':20}" + "".join(f"{name:>10}" for name in names))
    for name, row in rows.items():
        print(f"{name:20}" + "".join(f"{value:10.3f}" for value in row))
    bars = np.array([CLEARLY * rows[KNOWN][0], AREA, AREA])
    claims = {name: rows[name][[0, 2, 3]] > bars for name in (UPSIDE_DOWN, UNSEEN)}
    for name, claim in claims.items():
        if not claim.all():
            print(f"As sure as of what is known: {name}", file=sys.stderr)
    return all(claim.all() for claim in claims.values())


# %%
# The picture
# -----------
#
# How entropies are spread, and how they grow as an image turns.


def draw(runs: list[Run], path: str) -> None:
    """Plot how the entropies are spread, and how they change as images turn: the mean
    of the networks, in a band from the least to the most."""
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    groups = {name: [r.turned[i, 0] for r in runs] for name, i in TURNED.items()}
    groups[UNSEEN] = [r.unseen[0] for r in runs]
    for name, entropies in groups.items():
        left.ecdf(np.concatenate(entropies), label=name)
    left.set(xlabel="predictive entropy (nats)", ylabel="share of images below it")
    for i, name in enumerate(("predictive entropy", "mutual information")):
        values = np.array([r.turned[:, i].mean(axis=1) for r in runs])
        low, high = values.min(axis=0), values.max(axis=0)
        right.fill_between(ANGLES, low, high, alpha=0.25, linewidth=0)
        right.plot(ANGLES, values.mean(axis=0), label=name)
    right.set(xlabel="known images turned by (degrees)", ylabel="mean (nats)")
    right.set_xticks(ANGLES[::2])
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=150)


# %%
# The run
# -------
#
# ``--short`` trains for less time and from fewer seeds; the pages of the site and
# notebooks run so.


def main() -> bool:
    """Leave out every class, from every seed."""
    arguments = parse(
        "Tell what a network knows from what it does not by MC dropout.",
        "monte_carlo.png",
    )
    plan = PLANS[arguments.data]
    if arguments.short:
        plan = plan._replace(epochs=plan.epochs // 5, passes=20, seeds=plan.seeds[:1])
    data = LOADERS[arguments.data]()
    data = data._replace(train=data.train.first(arguments.images))
    total = CLASSES * len(plan.seeds)
    # Matrices as small as these are not worth a second thread.
    with threadpool_limits(1), tqdm(total=total, unit="network") as progress:
        runs = []
        for left_out, seed in itertools.product(range(CLASSES), plan.seeds):
            runs.append(run(data, left_out, plan, seed))
            progress.update()
    draw(runs, arguments.out)
    return report(runs)


if __name__ == "__main__" and not main():
    sys.exit(1)
