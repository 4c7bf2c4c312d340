"""Dropout and drop-path for PyTorch's CPU tensors: operators and modules to copy.

The arrays are the tensors' own memory. A mask depends on its key and not on the system,
the layout, threads or the version of PyTorch. The backward pass draws it again, so that
no mask is saved; so do recomputation and the second derivative.

python examples/with_torch.py checks the operators and compares the time.
"""

import functools
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import droplayers as dl


def as_tensor(key: dl.Key) -> Tensor:
    """A key as the operators take it: its 64 bits, as a tensor with no axes."""
    return torch.from_numpy(np.array(int(key), np.uint64).view(np.int64))


def as_key(tensor: Tensor) -> dl.Key:
    """The key that such a tensor holds."""
    return dl.Key(int(tensor) % 2**64)


def fresh_key() -> Tensor:
    """A key from PyTorch's own generator: torch.manual_seed makes it the same again."""
    return torch.randint(-(2**63), 2**63 - 1, ())


def as_array(x: Tensor) -> Any:
    """A tensor's memory as an array."""
    if x.dtype == torch.bfloat16:  # is in ml_dtypes, and not in NumPy
        import ml_dtypes

        return as_array(x.view(torch.int16)).view(ml_dtypes.bfloat16)
    return x.numpy(force=True)


def make_operator(name: str, function: Callable[..., Any]) -> Any:
    """An operator ``(x, p, key)`` from a function of arrays that is linear in x."""

    @torch.library.custom_op(f"droplayers::{name}", mutates_args=(), device_types="cpu")
    def operator(x: Tensor, p: float, key: Tensor) -> Tensor:
        y = torch.empty_like(x)
        function(as_array(x), p, rng=as_key(key), out=as_array(y))
        return y

    def remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, ctx.p, key = inputs
        ctx.save_for_backward(key)

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return operator(grad, ctx.p, *ctx.saved_tensors), None, None

    operator.register_fake(lambda x, p, key: torch.empty_like(x))
    operator.register_autograd(backward, setup_context=remember)
    return operator


dropout = make_operator("dropout", functools.partial(dl.dropout, mode="train"))
drop_path = make_operator("drop_path", functools.partial(dl.drop_path, training=True))


class Keyed(nn.Module):
    """A module that remembers the key of its last pass in training."""

    last_key: Tensor | None = None

    def drop(self, operator: Any, x: Tensor, p: float, key: Tensor | None) -> Tensor:
        """x in evaluation and where p is 0; else with a mask of key, or a fresh one."""
        if not self.training or p == 0:
            return x
        self.last_key = fresh_key() if key is None else key
        result: Tensor = operator(x, p, self.last_key)
        return result


class Dropout(Keyed):
    """Drops elements, as nn.Dropout does."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        dl.Dropout(p)  # checks it
        self.p = p

    def forward(self, x: Tensor, key: Tensor | None = None) -> Tensor:
        return self.drop(dropout, x, self.p, key)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class DropPath(Keyed):
    """Drops samples of a residual branch, as timm's DropPath does."""

    def __init__(self, drop_prob: float = 0.0) -> None:
        super().__init__()
        dl.DropPath(drop_prob)  # checks it
        self.drop_prob = drop_prob

    def forward(self, x: Tensor, key: Tensor | None = None) -> Tensor:
        return self.drop(drop_path, x, self.drop_prob, key)

    def extra_repr(self) -> str:
        return f"drop_prob={self.drop_prob}"


def check() -> None:
    """Both operators, by PyTorch's own tests of operators and of gradients."""
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    key = as_tensor(dl.Key(2**63 + 7))
    for operator in dropout, drop_path:
        torch.library.opcheck(operator, (x, 0.3, key))
        torch.autograd.gradcheck(functools.partial(operator, p=0.3, key=key), (x,))
        torch.autograd.gradgradcheck(functools.partial(operator, p=0.3, key=key), (x,))


def milliseconds(module: nn.Module, n: int, *, backward: bool) -> float:
    """The least time of a pass over n elements, on one processor."""
    x, calls = torch.ones(n, requires_grad=True), max(1, 2**22 // n)
    forward = functools.partial(module, x)
    call = (lambda: forward().backward(x.detach())) if backward else forward
    times = timeit.repeat(call, timer=time.process_time, repeat=7, number=calls)
    return 1e3 * min(times) / calls


def main() -> None:
    """Check the operators, and time them on one thread."""
    check()
    torch.set_num_threads(1)
    dl.set_num_threads(1)
    for n in 2**12, 2**18, 2**24:
        for backward in False, True:
            ours = milliseconds(Dropout(0.1), n, backward=backward)
            theirs = milliseconds(nn.Dropout(0.1), n, backward=backward)
            what = f"{4 * n >> 10:6} KiB{' and backward' * backward:13}"
            print(f"{what} {ours:8.3f} ms, PyTorch {theirs:8.3f} ms")


if __name__ == "__main__":
    main()
