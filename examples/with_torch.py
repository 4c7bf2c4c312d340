"""Dropout and drop-path for PyTorch's CPU tensors: operators and modules to copy.

The arrays are the tensors' own memory, without a copy. A mask depends on a key, and not
on the system, the number of threads or the version of PyTorch. The backward pass draws
it again, so that no mask is saved; so do recomputation and the second derivative.

python examples/with_torch.py checks the operators and compares the time.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import droplayers as dl


def to_int64(key: dl.Key) -> int:
    """A key as the signed integer that operators of PyTorch take."""
    return int(np.array(int(key), np.uint64).view(np.int64))


def from_int64(number: int) -> dl.Key:
    """The key that a signed integer stands for."""
    return dl.Key(number % 2**64)


def fresh_key() -> dl.Key:
    """A key from PyTorch's own generator: torch.manual_seed makes it the same again."""
    return from_int64(int(torch.randint(-(2**63), 2**63 - 1, ())))


def make_operator(name: str, function: Callable[..., Any]) -> Any:
    """An operator ``(x, p, key)`` from a function of arrays that is linear in x."""

    @torch.library.custom_op(f"droplayers::{name}", mutates_args=(), device_types="cpu")
    def operator(x: Tensor, p: float, key: int) -> Tensor:
        y = torch.empty_like(x)
        function(x.detach().numpy(), p, rng=from_int64(key), out=y.numpy())
        return y

    def remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, ctx.p, ctx.key = inputs

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return operator(grad, ctx.p, ctx.key), None, None

    operator.register_fake(lambda x, p, key: torch.empty_like(x))
    operator.register_autograd(backward, setup_context=remember)
    return operator


dropout_operator = make_operator("dropout", dl.dropout)
drop_path_operator = make_operator(
    "drop_path", functools.partial(dl.drop_path, training=True)
)


class DropoutBase(nn.Module):
    """What the two modules share: the rate, and the key of the last forward pass."""

    operator: Any

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.last_key: dl.Key | None = None

    def forward(self, x: Tensor, key: dl.Key | None = None) -> Tensor:
        """x in evaluation and where p is 0; else with a mask of key, or a fresh one."""
        if not self.training or self.p == 0:
            return x
        self.last_key = fresh_key() if key is None else key
        result: Tensor = self.operator(x, self.p, to_int64(self.last_key))
        return result

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout(DropoutBase):
    """Drops elements, as nn.Dropout does."""

    operator = staticmethod(dropout_operator)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)


class DropPath(DropoutBase):
    """Drops samples of a residual branch, as timm's DropPath does."""

    operator = staticmethod(drop_path_operator)

    def __init__(self, drop_prob: float = 0.0) -> None:
        super().__init__(drop_prob)


def check() -> None:
    """Both operators, by PyTorch's own tests of operators and of gradients."""
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    for operator in dropout_operator, drop_path_operator:
        torch.library.opcheck(operator, (x, 0.3, -7))
        torch.autograd.gradcheck(functools.partial(operator, p=0.3, key=-7), (x,))
        torch.autograd.gradgradcheck(functools.partial(operator, p=0.3, key=-7), (x,))


def seconds(call: Callable[[], Any]) -> float:
    """The time of the fastest of ten calls."""
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    """Check, and compare the time of one thread."""
    check()
    torch.set_num_threads(1)
    x = torch.ones(2**24)
    layer = Dropout(0.1)
    with dl.num_threads(1), torch.no_grad():
        ours, theirs = seconds(lambda: layer(x)), seconds(lambda: nn.Dropout(0.1)(x))
    print(f"droplayers {ours * 1e3:.1f} ms, PyTorch {theirs * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
