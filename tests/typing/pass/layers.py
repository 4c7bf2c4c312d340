"""Layers in nets, and subclasses of them."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

import droplayers as dl

X: NDArray[np.float32] = np.ones((4, 6), np.float32)


class Branch:
    """The end of a branch, strictly typed."""

    def __init__(self, drop_prob: float, rng: np.random.Generator) -> None:
        self.drop = dl.DropPath(drop_prob, rng=rng) if drop_prob else dl.Identity()

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.drop(x)

    def backward(self, grad: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.drop.backward(grad)


class Annealed(dl.Dropout):
    """A subclass with attributes of its own, and a pass of its own."""

    def __init__(self, steps: int, **options: Any) -> None:
        super().__init__(**options)
        self.step, self.steps = 0, steps

    def forward(self, x: Any) -> Any:
        self.p = dl.ramp(self.step, self.steps, 0.5)
        self.step += 1
        return super().forward(x)


branch = Branch(0.2, np.random.default_rng(1))
branch.backward(branch(X))
Annealed(9, p=0.1, rng=1)(X)

layer = dl.Dropout(Fraction(1, 2), shared_axes=np.array([1]))
layer.p = 0
layer.p = np.float32(0.25)
layer.p += 0.25
layer.shared_axes = range(1)
layer.training = np.True_
layer.rng = 7
layer.rng = None
layer.train(np.bool_(True)).eval()(X)
path = dl.DropPath()
path.drop_prob = None
path.drop_prob = Fraction(1, 4)
dense = dl.DropConnect(np.int64(6), 2, bias=True)
dense.weight = np.ones((6, 2)).tolist()
dense.bias = None
dense(X)
y: NDArray[np.float32] = dense.forward(X)
dl.FractalJoin([0.1, 0.2], sampling="local")([X, X])
dl.FractalJoin(sampling="global")([X, None], column=0)
