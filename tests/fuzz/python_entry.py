# SPDX-License-Identifier: BSD-3-Clause
"""atheris on the functions: arguments that raise, lie, and change what they gave.

    python tests/fuzz/python_entry.py [libFuzzer's options] [CORPUS]

A call succeeds, or raises one of ERRORS; where it raises before a mask is drawn, out is
as it was. Anything else, a crash among it, is a finding.
"""

import sys

import atheris

with atheris.instrument_imports(include=["droplayers"]):
    import droplayers as dl

import numpy as np


class Mine(Exception):
    """An error of the user's own."""


ERRORS = (TypeError, ValueError, OverflowError, MemoryError, AttributeError, Mine)
# What an array that changed under a call is, where it is noticed.
CHANGED = (RuntimeError, IndexError, BufferError)

KINDS = ["f4", "f8", "f2", ">f4", "F", "g", "i4", "u1", "?", "O", "S3", "M8[s]", "V3"]
FUNCTIONS = [
    *(dl.dropout, dl.replace, dl.spatial_dropout, dl.alpha_dropout),
    *(dl.gaussian_dropout, dl.drop_path, dl.drop_block, dl.alpha_dropout_backward),
]
WORDS = ["train", "test", "eval", "inverted", "classic", "sample", "batch", "fixed"]


class Source:
    """Arguments by the bytes of a case."""

    def __init__(self, data):
        self.data = atheris.FuzzedDataProvider(data)
        self.made = []  #: arrays, which others may change

    def below(self, n):
        return self.data.ConsumeIntInRange(0, n - 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def shape(self):
        return tuple(self.below(9) for _ in range(self.below(6)))

    def array(self):
        x = np.zeros(self.shape(), self.pick(KINDS[:9] if self.below(4) else KINDS))
        if self.below(3) == 0:
            x = x.T
        if self.below(4) == 0 and x.ndim:
            x = x[:: self.pick([1, -1, 2])]
        if self.below(8) == 0:
            x.flags.writeable = False
        self.made.append(x)
        return x

    def change(self):
        """Takes memory away from an array, or the array's shape or dtype."""
        if not self.made:
            return
        x = self.pick(self.made)
        way = self.below(3)
        try:
            if way == 0:
                x.resize(self.shape(), refcheck=False)
            elif way == 1:
                x.shape = x.shape[::-1]
            else:
                x.dtype = self.pick(["u1", "f4", "i2"])
        except (ValueError, TypeError, AttributeError):
            pass

    def number(self):
        usual = [0, 1, 0.5, -1, 1.5, float("nan"), 2**64, -(2**63), None, True]
        return self.pick([*usual, 1e-300, np.float32(0.3), np.array(0.5), "0.5"])

    def simple(self):
        way = self.below(6)
        if way == 0:
            return self.number()
        if way == 1:
            return self.shape()
        if way == 2:
            return self.pick(WORDS)
        if way == 3:
            return self.pick([None, True, False, dl.Key(3), 7, [1, 2]])
        return self.array()

    def value(self):
        return self.hostile() if self.below(4) == 0 else self.simple()

    def hostile(self):
        source = self

        def answer(*_, **__):
            if source.below(3) == 0:
                source.change()
            if source.below(4) == 0:
                raise Mine
            return source.simple()

        def numbered(*_):
            answer()
            return source.number()

        methods = {
            "__array__": answer,
            "__float__": numbered,
            "__index__": numbered,
            "__bool__": numbered,
            "__len__": numbered,
            "__getitem__": answer,
            "__iter__": answer,
            "ndim": property(answer),
            "shape": property(answer),
            "dtype": property(answer),
            "bit_generator": property(answer),
            "__array_interface__": property(self.interface),
        }
        names = [name for name in methods if self.below(3) == 0]
        return type("Hostile", (), {name: methods[name] for name in names})()

    def interface(self, _):
        """An honest one, but for what is no memory at all."""
        x = np.zeros(64, "u1")
        self.made.append(x)
        told = {"version": 3, "typestr": self.pick(["<f4", "|u1", ">f8", "no", 4])}
        told["shape"] = self.pick([(4,), (2, 2), (), (-1,), "4", (2**62, 8), None])
        told["data"] = (
            self.pick([x, None, 5]) if self.below(2) else (x.ctypes.data, False)
        )
        return told


def one_case(data):
    source = Source(data)
    function = source.pick(FUNCTIONS)
    x = source.array() if source.below(4) else source.value()
    arguments = {}
    # Half of the calls are such that most arguments are good.
    usual = {"p": 0.5, "rng": np.random.default_rng(1), "out": None, "mask": None}
    names = function.__kwdefaults__ or {}
    for name in [*names, *function.__code__.co_varnames[1:3]]:
        if name in usual and source.below(2):
            arguments[name] = usual[name]
        elif source.below(4) == 0:
            arguments[name] = source.value()
    if function is dl.drop_path and source.below(2):
        arguments.update(training=True)
    try:
        function(x, **arguments)
    except (*ERRORS, *CHANGED):
        pass


if __name__ == "__main__":
    np.seterr(all="ignore")
    atheris.Setup(sys.argv, one_case)
    atheris.Fuzz()
