"""What the examples' networks are made of and how they learn, in NumPy alone.

A layer has `forward`, and `backward`, which takes the loss's gradient in what `forward`
returned and returns that in what it was given. A network has these too, and in
`linears` its layers that learn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from data import Images
from numpy.typing import NDArray

import droplayers as dl

Floats = NDArray[np.floating[Any]]

#: From the scores of a batch and its labels to the loss and its gradient in the scores.
Loss = Callable[[Floats, NDArray[np.intp]], tuple[float, Floats]]


class Learner(Protocol):
    """A layer that learns: a gradient for each parameter, from its last `backward`."""

    parameters: list[Floats]
    gradients: list[Floats]


class Network(Protocol):
    """From the pixels of images to a score for each class."""

    @property
    def linears(self) -> Sequence[Learner]: ...

    def forward(self, x: Floats, mode: str, key: dl.Key) -> Floats: ...

    def backward(self, grad: Floats) -> object: ...


class Linear:
    """``y = x @ weight + bias``, for the rows x of a batch."""

    def __init__(
        self, inputs: int, outputs: int, gain: float, rng: np.random.Generator
    ):
        deviation = gain * math.sqrt(2 / inputs)  # He et al., 2015
        weight = deviation * rng.standard_normal((inputs, outputs), np.float32)
        self.parameters: list[Floats] = [weight, np.zeros(outputs, np.float32)]
        self.gradients: list[Floats] = []

    def forward(self, x: Floats) -> Floats:
        self.x = x
        weight, bias = self.parameters
        return x @ weight + bias

    def backward(self, grad: Floats) -> Floats:
        """Keep the loss's gradients in the parameters, and return that in x."""
        self.gradients = [self.x.T @ grad, grad.sum(axis=0)]
        return grad @ self.parameters[0].T


class Relu:
    """The positive part."""

    def forward(self, x: Floats) -> Floats:
        self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, grad: Floats) -> Floats:
        return grad * self.positive


class Adam:
    """Steps against the average gradient, each element's in units of its own root mean
    square (Kingma and Ba, 2015)."""

    def __init__(self, layers: Sequence[Learner]):
        self.layers = layers
        self.means = [np.zeros_like(x) for a in layers for x in a.parameters]
        self.squares = [np.zeros_like(x) for a in layers for x in a.parameters]
        self.steps = 0

    def step(self, rate: float) -> None:
        self.steps += 1
        # Both averages begin at zero, and are too small by these factors.
        rate *= math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        parameters = (x for a in self.layers for x in a.parameters)
        gradients = (g for a in self.layers for g in a.gradients)
        state = zip(parameters, gradients, self.means, self.squares, strict=True)
        for x, grad, mean, square in state:
            mean += 0.1 * (grad - mean)
            square += 0.001 * (grad * grad - square)
            x -= rate * mean / (np.sqrt(square) + 1e-8)


def log_softmax(scores: Floats) -> Floats:
    """The logarithms of the probabilities that the scores stand for, in each row."""
    scores = scores - scores.max(axis=-1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def cross_entropy(scores: Floats, labels: NDArray[np.intp]) -> tuple[float, Floats]:
    """The mean of ``-log(softmax(scores)[label])``, and its gradient in the scores."""
    logs = log_softmax(scores)
    each = np.arange(len(labels)), labels
    grad = np.exp(logs)
    grad[each] -= 1
    return -float(logs[each].mean()), grad / len(labels)


def accuracy(scores: Floats, labels: NDArray[np.intp]) -> float:
    """The share of rows whose class has the highest score."""
    return float(np.mean(scores.argmax(axis=1) == labels))


def fit(
    network: Network,
    loss: Loss,
    images: Images,
    epochs: int,
    batch: int,
    rng: np.random.Generator,
    key: dl.Key,
    rate: float = 1e-3,
) -> Iterator[float]:
    """Train for some epochs, and after each one yield its mean loss.

    The images come in an order that rng shuffles, each step has its own child of the
    key, and the rate falls to zero along half a cosine.
    """
    optimiser = Adam(network.linears)
    pixels, labels = images.pixels, images.labels
    batches = max(1, len(pixels) // batch)
    for _ in range(epochs):
        losses = []
        for rows in np.array_split(rng.permutation(len(pixels)), batches):
            step = optimiser.steps
            scores = network.forward(pixels[rows], "train", key.child(step))
            value, grad = loss(scores, labels[rows])
            network.backward(grad)
            done = step / (epochs * batches)
            optimiser.step(rate * (1 + math.cos(math.pi * done)) / 2)
            losses.append(value)
        yield float(np.mean(losses))
