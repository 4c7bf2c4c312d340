# SPDX-License-Identifier: BSD-3-Clause
"""atheris on every public function and layer: arguments that raise, lie, and change
what they gave.

    python tests/fuzz/python_entry.py [libFuzzer's options] [CORPUS]

A call succeeds, or raises TypeError, ValueError, MemoryError, or what an argument
raises. Then the generator, the layer and the arrays that no argument has changed are as
before; after a success all but `out` are. All else, a crash among it, is a finding.
"""

import inspect
import math
import sys

import atheris

with atheris.instrument_imports(include=["droplayers"]):
    import droplayers as dl

import numpy as np


class Mine(Exception):
    """An error of the user's own."""


class MineToo(Mine, AttributeError):
    """One that says that there is no such attribute."""


ERRORS = (TypeError, ValueError, MemoryError, Mine)
KEY = dl.Key(3)
PUBLIC = [getattr(dl, name) for name in dl.__all__]
LAYERS = [kind for kind in PUBLIC if hasattr(kind, "backward")]
FUNCTIONS = [f for f in PUBLIC if f not in LAYERS]
FUNCTIONS += [dl.Key.fresh, KEY.child, KEY.split]
PARAMETERS = {
    f: [p for p in inspect.signature(f).parameters.values() if p.name != "more"]
    for f in LAYERS + FUNCTIONS
}

KINDS = ["f4", "f8", "f2", ">f4", "F", "g", "i2", "u1", "?", "O", "S3", "M8[s]", "V3"]
WORDS = ["train", "test", "eval", "inverted", "classic", "sample", "batch", "fixed"]
WORDS += ["local", "global", "bernoulli", "dicts"]
#: What most calls have for a parameter that is neither array nor flag.
USUAL = {
    **{name: [0.5] for name in ("p", "drop_prob", "rate", "step", "stop", "total")},
    "mode": ["train", "train", "test"],
    "scaling": ["inverted", "classic"],
    "sampling": ["bernoulli", "fixed", "local", "global"],
    "per": ["sample", "batch"],
    "shared_axes": [0, -1, ()],
    "channel_axis": [1, -1],
    "block_size": [1, 2, 7],
    "column": [None, 0, 1],
    "depths": [[2, 3], 4],
    **{name: [2, 3] for name in ("n", "i", "in_features", "out_features")},
}


def state_of(x):
    return x.shape, x.strides, x.dtype, x.tobytes()


class Case:
    """A call's arguments, by the bytes of a case."""

    def __init__(self, data):
        self.data = atheris.FuzzedDataProvider(data)
        self.memory = np.ones(1 << 14, "u1")  #: that some arrays share
        self.made = []  #: arrays, each with its state
        self.changed = set()  #: the places of those that an argument has changed
        self.rng = np.random.default_rng(1)
        self.shape, self.dtype = self.a_shape(), self.pick(KINDS[:9])
        self.result = self.shape

    def below(self, n):
        return self.data.ConsumeIntInRange(0, n - 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def a_shape(self):
        return tuple(self.below(6) for _ in range(self.below(6)))

    def watch(self, x):
        self.made.append((x, state_of(x)))
        return x

    def array(self, shape, dtype=None):
        """One that has its memory, or a view of what is never resized."""
        dtype = dtype or (self.dtype if self.below(4) else self.pick(KINDS))
        x = (np.arange(math.prod(shape)) % 7).reshape(shape).astype(dtype)
        way = self.below(4)
        if way == 0:
            x = x.T.copy().T
        elif way == 1 and x.nbytes < 1 << 13 and x.dtype != object:
            start = self.below(64)
            x = self.memory[start : start + x.nbytes].view(x.dtype).reshape(shape)
        elif way == 2 and x.ndim:
            x = np.repeat(x, 2, axis=0)[:: self.pick([2, -2])]
        if self.below(16) == 0:
            x.flags.writeable = False
        return self.watch(x)

    def stir(self):
        """Takes memory away from an array, or its shape or dtype; or raises."""
        if self.made and self.below(2) == 0:
            which = self.below(len(self.made))
            x, way = self.made[which][0], self.below(3)
            try:
                if way == 0:
                    x.resize(self.a_shape(), refcheck=False)
                elif way == 1:
                    x.shape = self.pick([x.shape[::-1], (-1,)])
                else:
                    x.dtype = self.pick(["u1", "f4", "i2"])
                self.changed.add(which)
            except (ValueError, TypeError, AttributeError):
                pass
        if self.below(4) == 0:
            raise self.pick([Mine, MineToo])

    def number(self):
        usual = [0, 1, 0.5, -1, 1.5, float("nan"), 2**64, -(2**63), None, True]
        return self.pick(
            [*usual, 1e-300, 10**400, np.float32(0.3), np.array(0.5), "0.5"]
        )

    def simple(self):
        way = self.below(6)
        if way == 0:
            return self.number()
        if way == 1:
            return self.a_shape()
        if way == 2:
            return self.pick(WORDS)
        if way == 3:
            return self.pick([None, True, False, KEY, self.rng, 7, [1, 2]])
        return self.array(self.pick([self.shape, self.result, self.a_shape()]))

    def hostile(self):
        def answer(*_, **__):
            self.stir()
            return self.simple()

        def numbered(*_):
            self.stir()
            return self.number()

        methods = {
            **dict.fromkeys(["__array__", "__getitem__", "__iter__"], answer),
            **dict.fromkeys(["__eq__", "__call__", "__dask_graph__"], answer),
            **dict.fromkeys(["__array_function__", "__array_ufunc__"], answer),
            **dict.fromkeys(["__float__", "__index__", "__bool__"], numbered),
            "__len__": lambda _: self.stir() or self.below(9),
            "__repr__": lambda _: self.stir() or "hostile",
            **dict.fromkeys(["ndim", "shape", "dtype", "view"], property(answer)),
            "bit_generator": property(answer),
            "__array_interface__": property(self.interface),
        }
        names = {name for name in methods if self.below(3) == 0}
        kind = self.pick([object, object, float, int, str, list, np.ndarray])
        if kind is np.ndarray:  # NumPy's repr believes what it is told
            names.add("__repr__")
        given = {np.ndarray: [self.shape], str: [self.pick(WORDS)]}.get(kind, [])
        return type("Hostile", (kind,), {n: methods[n] for n in names})(*given)

    def interface(self, _):
        """An honest one, but for what is no memory at all."""
        self.stir()
        told = {"version": 3, "typestr": self.pick(["<f4", "|u1", ">f8", "no", 4])}
        told["shape"] = self.pick([(4,), (2, 2), (), (-1,), "4", (2**62, 8), None])
        address = self.memory.ctypes.data, False
        told["data"] = self.pick([address, address, self.memory, None, 5])
        return told

    def generator(self):
        """One whose parts are asked for, and change things."""

        def stir():
            if armed:
                self.stir()

        class Bits(np.random.PCG64):
            lock = property(lambda bits: stir() or super(Bits, bits).lock)

        class Changing(np.random.Generator):
            bit_generator = property(
                lambda own: stir() or super(Changing, own).bit_generator
            )

        armed = False  # while a Generator is made of it
        made = self.pick([Changing, np.random.Generator])(Bits(1))
        armed = True
        return made

    def branch(self, v):
        """May change its argument, as all else."""
        self.made.append((v, None))
        self.changed.add(len(self.made) - 1)
        self.stir()
        return self.pick([v, v, v, v * 2, v.ravel(), v.astype("F")])

    def good(self, p):
        """What fits a parameter and the others."""
        name = p.name
        if isinstance(p.default, bool):
            return self.pick([True, False])
        if name in USUAL:
            return self.pick(USUAL[name])
        if name.startswith("branch"):
            return self.branch
        if name == "rng":
            given = [self.rng, self.rng, self.rng.bit_generator, KEY, 7, None]
            return self.pick(given)
        if name == "paths":
            return [self.array(self.shape), None, self.array(self.shape)]
        if name == "prob":
            rates = np.linspace(0, 0.9, *self.shape[:1] or [1])
            return self.pick([0.5, self.watch(rates)])
        if name == "mask":
            return self.array(self.pick([self.shape, self.shape[:1]]), "?")
        if name == "value":
            return self.pick([0, 1.5, self.array(self.shape[-1:])])
        if name in ("shape", "full_shape"):
            return self.shape
        if name == "start":
            return (0,) * len(self.shape)
        if name == "weight":
            return self.array((*self.shape[1:], 3))
        if name == "bias":
            return self.array((3,))
        if name == "out":
            return self.array(self.result, self.pick([self.dtype, self.dtype, "f8"]))
        return self.array(self.result if name == "grad" else self.shape)

    def bad(self, name):
        way = self.below(4)
        if way < 2:
            return self.hostile()
        if name == "rng" and way == 2:
            return self.generator()
        return self.simple()

    def arguments(self, function):
        """Up to two of them are bad."""
        parameters = PARAMETERS[function]
        names = [p.name for p in parameters]
        if "weight" in names or "in_features" in names:
            self.shape = (*self.shape, 2, 2)[:2]
            self.result = self.shape[0], 3
        elif "block_size" in names:
            self.shape = self.result = (*self.shape, 2, 1, 4)[:4]
        worse = {self.pick(names) for _ in range(self.below(3))} if names else ()
        found = {}
        for p in parameters:
            if p.name in worse:
                found[p.name] = self.bad(p.name)
            elif p.default is p.empty or p.name == "mode" or self.below(3) == 0:
                found[p.name] = self.good(p)
        return found

    def call(self, function, *arguments, layer=None, out=None, **options):
        """Returns the result, or None of a call that failed."""
        bits, result, failed = self.rng.bit_generator, None, True
        drawn, had = bits.state, dict(getattr(layer, "__dict__", {}))
        if out is not None:
            options["out"] = out
        try:
            result = function(*arguments, **options)
            if function is dl.num_threads:
                with result:
                    pass
            failed = False
        except ERRORS:
            pass
        except RuntimeError as error:
            # What has changed after the last check is an error where it is noticed.
            noticed = self.changed and "changed" in str(error)
            if not noticed and "needs a forward pass" not in str(error):
                raise
        assert not bits.lock._is_owned()
        if failed:
            assert bits.state == drawn, "the generator has advanced"
            now = getattr(layer, "__dict__", {})
            assert [*map(id, now.values())] == [*map(id, had.values())], now
        written = np.empty(0) if failed or type(out) is not np.ndarray else out
        for i, (x, state) in enumerate(self.made):
            if i not in self.changed and not np.may_share_memory(x, written):
                assert state_of(x) == state, f"array {i} has changed"
        return result

    def use(self, layer):
        """Calls a layer, goes back, sets an attribute, or shows it."""
        names = {p.name: p for p in PARAMETERS[type(layer)] if "features" not in p.name}
        way = self.below(4)
        if way == 0 and names:
            name = self.pick([*names])
            value = self.bad(name) if self.below(2) else self.good(names[name])
            self.call(setattr, layer, name, value, layer=layer)
        elif way == 1:
            self.call(layer.train, self.bad("mode"), layer=layer)
            self.call(self.pick([repr, type(layer)._repr_html_]), layer, layer=layer)
        else:
            forward = layer.forward if way == 2 else layer.backward
            p = next(iter(inspect.signature(forward).parameters.values()))
            x = self.bad(p.name) if self.below(3) == 0 else self.good(p)
            self.call(forward, x, layer=layer)


def one_case(data):
    case = Case(data)
    function = case.pick(FUNCTIONS + LAYERS)
    result = case.call(function, **case.arguments(function))
    if function in LAYERS and result is not None:
        for _ in range(case.below(6)):
            case.use(result)


if __name__ == "__main__":
    np.seterr(all="ignore")
    atheris.Setup(sys.argv, one_case)
    atheris.Fuzz()
