# SPDX-License-Identifier: BSD-3-Clause
"""Arrays in layouts by chance: axes in any order, with steps of any sign, gaps, places
that repeat, at any address. Results are the oracle's, and what lies between the
elements of out is as it was.

DROPLAYERS_LAYOUTS is how many cases there are, 5,000 in CI's long form.
"""

import math
import os
import random

import ml_dtypes
import numpy as np
import pytest
from arrays import values
from calls import compare

import droplayers as dl

CASES = int(os.environ.get("DROPLAYERS_LAYOUTS", 60))

DTYPES = ["f2", "f4", "f4", "f8", "F", "D", "g", "?", "i2", ">f4", ml_dtypes.bfloat16]
NAMES = ["dropout", "dropout", "alpha_dropout", "gaussian_dropout", "drop_path"]
NAMES += ["spatial_dropout", "replace", "replace"]
RATES = [0.0, 2.0**-40, 0.001, 0.1, 1 / 3, 0.5, 0.9, 1 - 2.0**-40, 1.0]
LONG = [255, 257, 511, 513, 1023, 1025, 2049, 4097, 8193]


class Memory:
    """An array's whole memory and a view of it, which has a shape."""

    def __init__(self, chance, shape, dtype, is_read=True):
        order = list(range(len(shape)))
        chance.shuffle(order)
        step = [chance.choice([1, 1, 1, -1, 2, -3]) for _ in shape]
        if math.prod(shape) * abs(math.prod(step)) > 1_000_000:
            step = [-1] * len(shape)
        repeats = [is_read and chance.random() < 0.1 for _ in shape]
        used = [1 if repeats[i] else shape[i] * abs(step[i]) for i in range(len(shape))]
        whole = [used[i] + chance.choice([0, 0, 0, 1, 7]) for i in order]
        content = values(dtype, whole, chance.getrandbits(32))
        at = chance.choice([0, 0, 0, 1, 4, 8])
        self.bytes = np.empty(at + content.size * np.dtype(dtype).itemsize, np.uint8)
        self.whole = np.ndarray(whole, dtype, self.bytes, at)
        self.whole[...] = content
        cut = self.whole[(..., *(slice(used[i]) for i in order))]
        view = cut.transpose(np.argsort(order).astype(int))
        steps = [None if repeats[i] else step[i] for i in range(len(shape))]
        view = view[(..., *(slice(None, None, s) for s in steps))]
        self.view = np.broadcast_to(view, shape) if any(repeats) else view

    def between(self):
        """The bytes that are no element's."""
        elements = np.zeros(self.bytes.size, bool)
        size, view = self.whole.itemsize, self.view
        first = view.__array_interface__["data"][0] - self.bytes.ctypes.data
        if view.size:
            of_view = np.ndarray(
                (*view.shape, size), bool, elements, first, (*view.strides, 1)
            )
            of_view[...] = True
        return self.bytes[~elements]


def any_shape(chance, least):
    """Up to five axes, short and long ones, of not too many elements."""
    kinds = [lambda: chance.randint(1, 12), lambda: chance.randint(1, 200)]
    kinds += [kinds[0], lambda: chance.choice(LONG)]
    shape = [chance.choice(kinds)() for _ in range(chance.randint(least, 5))]
    most = chance.choice([300, 3000, 20000, 20000, 200000])
    while math.prod(shape) > most:
        i = chance.randrange(len(shape))
        shape[i] = max(1, shape[i] // chance.choice([2, 3, 7]))
    if shape and chance.random() < 0.05:
        shape[-1] = 0
    return tuple(shape)


def any_block(chance, shape):
    """full_shape and start, rows about a segment apart among them; or neither."""
    most = chance.choice([0, 0, 3, 600, 5000 if len(shape) < 5 else 600])
    if not most:
        return {}
    start = [chance.randint(0, most) for _ in shape]
    behind = [chance.randint(0, most) for _ in shape]
    full = [sum(part) for part in zip(start, shape, behind, strict=True)]
    return {"full_shape": tuple(full), "start": tuple(start)}


def any_call(chance):
    """A function, its options and the shape of its mask."""
    name = chance.choice(NAMES)
    least = {"drop_path": 1, "spatial_dropout": 2}.get(name, 0)
    shape = any_shape(chance, least)
    axes, own = range(len(shape)), set(range(len(shape)))
    options = {"p": chance.choice(RATES), **any_block(chance, shape)}
    if name in ("dropout", "alpha_dropout", "replace") and shape:
        shared = chance.sample(axes, chance.choice([0, 0, 1, len(shape) // 2]))
        options["shared_axes"] = tuple(shared)
        own -= set(shared)
    if name == "drop_path":
        options["prob"], options["training"] = options.pop("p"), True
        own = {0}
    if name == "spatial_dropout":
        options["channel_axis"] = chance.choice(axes[1:])
        own = {0, options["channel_axis"]}
    if name == "gaussian_dropout":
        options["p"] = min(options["p"], 0.9)
    else:
        options["return_mask"] = chance.random() < 0.3
    of_mask = tuple(shape[i] if i in own else 1 for i in axes)
    return name, shape, options, of_mask[:1] if name == "drop_path" else of_mask


def add_operands(chance, name, x, of_mask, options):
    """A mask, a residual and a value in layouts of their own. Returns those of x's."""
    operands, dtype = [x], x.whole.dtype
    if name in ("dropout", "drop_path") and chance.random() < 0.3:
        operands.append(Memory(chance, x.view.shape, dtype))
        options["residual"] = operands[-1].view
    if name == "replace":
        shape = [n if chance.random() < 0.5 else 1 for n in x.view.shape]
        value = Memory(chance, chance.choice([x.view.shape, shape, ()]), dtype)
        options["value"] = value.view
    if name != "gaussian_dropout" and chance.random() < 0.3:
        options["mask"] = Memory(chance, of_mask, np.bool_).view
        if name == "replace":
            del options["p"]
    return operands


def any_out(chance, dtype, operands):
    """None, memory of its own, or that of an operand."""
    kind = chance.choice(["none", "own", "own", "operand"])
    fitting = [
        m for m in operands if m.whole.dtype == dtype and 0 not in m.view.strides
    ]
    if kind == "operand" and fitting:
        return chance.choice(fitting)
    shape = operands[0].view.shape
    return None if kind == "none" else Memory(chance, shape, dtype, is_read=False)


@pytest.mark.parametrize("seed", range(CASES))
def test_any_layout_gives_the_defined_results(seed):
    chance = random.Random(seed)
    name, shape, options, of_mask = any_call(chance)
    dtypes = [d for d in DTYPES if name != "alpha_dropout" or d not in ("F", "D")]
    x = Memory(chance, shape, np.dtype(chance.choice(dtypes)))
    operands = add_operands(chance, name, x, of_mask, options)
    dtype = x.whole.dtype.newbyteorder("=")
    if name != "replace" and dtype.kind in "bi":
        dtype = np.dtype(np.float64)
    out = any_out(chance, dtype, operands)
    between = None if out is None else out.between()
    with dl.num_threads(chance.choice([1, 2, 3])):
        compare(name, x.view, None if out is None else out.view, **options)
    if out is not None:
        np.testing.assert_array_equal(out.between(), between)
