# SPDX-License-Identifier: BSD-3-Clause
"""Usual calls take a path in C, which gives what the long way through Python gives."""

import ast
import inspect
import pathlib
from unittest import mock

import ml_dtypes
import numpy as np
import pytest
from arrays import KERNELS, RATES, arrays, assert_same, layouts, shapes
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import _core, _validation

PACKAGE = pathlib.Path(dl.__file__).parent
ENTRIES = ["dropout", "spatial_dropout", "drop_path", "keep_mask", "elementwise"]
ENTRIES += ["fractal_join", "replace"]
X = np.arange(1.0, 25.0, dtype=np.float32).reshape(2, 3, 4)
OUT = X.copy()
BF16 = X.astype(ml_dtypes.bfloat16)
RNG = np.random.default_rng(1)

# --- the same results, errors and draws -----------------------------------------------


def declined():
    """All calls go the long way in a ``with`` block."""
    no = dict.fromkeys(ENTRIES, lambda *_: NotImplemented)
    return mock.patch.multiple(_core, **no)


def usually(usual, unusual):
    """What most calls pass, and at times something else."""
    often, seldom = st.sampled_from(usual), st.sampled_from(unusual)
    return st.integers(0, 15).flatmap(lambda i: often if i < 15 else seldom)


@st.composite
def probabilities(draw):
    """Real numbers of all kinds, at times beyond the bounds, and what is no number."""
    kind = draw(st.sampled_from([float, float, np.float64, np.float32, np.array]))
    p = kind(draw(st.sampled_from(RATES) | st.floats(0, 1)))
    whole = [0, 1, -0.0, np.int8(1), np.uint64(0), np.array(1), np.longdouble(1) / 3]
    unusual = [-0.1, 2, 10**400, np.nan, np.float32(1.5), np.int64(-1)]
    unusual += [True, np.True_, None, "0.5", 0.5j, [0.5], np.array([0.5])]
    unusual += [np.complex64(0.5), np.datetime64(1, "s"), np.array(None)]
    return draw(usually([p, p, draw(st.sampled_from(whole))], unusual))


@st.composite
def alike(draw, x):
    """Another array of x's shape and dtype, most often in C order."""
    return draw(st.just(x.copy("C")) | layouts(x, x.dtype))


@st.composite
def rates(draw, shape):
    """One for each sample: mostly as the fast path takes them."""
    values = np.random.default_rng(draw(st.integers(0, 9))).random(shape or (3,))
    values[::3] = draw(st.sampled_from([0.0, 1.0, 0.5]))
    values[1::3] = draw(usually([0.0, 1.0, 0.25], [-0.0, np.nan, 1.5, -1.0]))
    if draw(st.booleans()):
        values = np.round(values)
    strange = [values.astype("f4"), values.tolist(), values[1:], values[::-1]]
    return draw(usually([values], [*strange, values.astype(">f8")]))


def mask_shape(name, x, options):
    """That of the mask of a call whose options are right, else anything."""
    if name == "drop_path":
        return x.shape[:1] if options["per"] == "sample" else (1,)
    shared = options.get("shared_axes", ())
    if name == "spatial_dropout":
        channel = options["channel_axis"]
        shared = [i for i in range(1, x.ndim) if i not in (channel, x.ndim + channel)]
    shared = {shared} if isinstance(shared, int) else set(np.ravel(shared))
    axes = range(x.ndim)
    return tuple(1 if {i, i - x.ndim} & shared else x.shape[i] for i in axes)


@st.composite
def masks(draw, shape):
    """Keep masks of all layouts; at times bytes that are not 0 or 1, or no mask."""
    keep = np.random.default_rng(draw(st.integers(0, 9))).random(shape) < 0.7
    usual = draw(layouts(keep, np.bool_, stretch=True))
    twos = np.where(keep, np.uint8(2), np.uint8(0)).view(np.bool_)
    unusual = [twos, twos.copy("F"), keep.astype("u1"), keep[None], keep.tolist()]
    return draw(usually([None, None, None, usual], unusual))


@st.composite
def calls(draw, name):
    """x and options of a function: usual ones, others, and some that are wrong."""
    axes = draw(usually([2 if name == "spatial_dropout" else 1], [0]))
    dtype = draw(usually([*KERNELS, "i4", "?", "F"], [">f4", ">i4"]))
    x = draw(arrays(draw(shapes(axes)), [dtype]))
    options = {
        "rng": draw(usually([0, 1], [2, 3])),
        "return_mask": draw(usually([False, False, True], [1])),
    }
    if name == "drop_path":
        options["prob"] = draw(probabilities() | rates(x.shape[:1]))
        options["training"] = draw(usually([True, False], [np.True_, "test"]))
        options["per"] = draw(usually(["sample", "batch"], ["row", None]))
        options["scale_by_keep"] = draw(usually([True, False], [1, None]))
    else:
        options["p"] = draw(probabilities())
        options["mode"] = draw(usually(["train", "test", "eval"], ["Train", None]))
    if name in ("dropout", "drop_path"):
        residuals = [None, x, draw(alike(x))]
        options["residual"] = draw(usually(residuals, [x.T, np.ones(x.shape)]))
    if name in ("dropout", "drop_path"):
        options["scaling"] = draw(usually(["inverted", "classic"], ["none", None]))
    if name in ("dropout", "alpha_dropout"):
        axes = [(), (), 0, -1, (0,), (-1,)]
        options["shared_axes"] = draw(usually(axes, [[0], np.int64(0), (0, 0), 7, 1.0]))
    if name == "spatial_dropout":
        options["channel_axis"] = draw(usually([1, 1, -1], [0, 2, 7, np.int64(1), 1.0]))
    if name == "gaussian_dropout":
        del options["return_mask"]
    else:
        options["mask"] = draw(masks(mask_shape(name, x, options)))
    larger = tuple(n + 3 for n in x.shape)
    shapes_ = usually([None, None, larger, x.shape], [list(x.shape), larger[1:], 1.0])
    options["full_shape"] = draw(shapes_)
    if options["full_shape"] == larger or draw(st.integers(0, 15)) == 15:
        starts = usually([None, (2,) * x.ndim], [(4,) * x.ndim, [1] * x.ndim, 0, -1])
        options["start"] = draw(starts)
    outs = [None, None, x, draw(alike(x))]
    unusual = [*overlapping(x), x.ravel()[:3], "out"]
    options["out"] = draw(usually(outs, unusual))
    return x, options


def overlapping(x):
    """Arrays of x's memory, of which some lie like x; the last has one place for
    several elements."""
    together = np.lib.stride_tricks.as_strided(x, x.shape, (0,) * x.ndim)
    turned = [x[::-1], x[..., ::-1], x.swapaxes(0, -1)] if x.ndim else []
    return [x[...], *turned, x.T, together]


RNGS = [dl.Key, np.random.default_rng, lambda seed: seed, lambda seed: f"{seed}"]


def native(y):
    """A copy in native byte order."""
    return np.array(y, y.dtype.newbyteorder("="))


def outcome(function, x, rng, options):
    """All that can be seen of a call."""
    out = options.get("out")
    try:
        result = function(x, **options)
    except Exception as error:
        return type(error), str(error)
    values = result if isinstance(result, tuple) else (result,)
    seen = [(type(y), y.dtype, y is x, y is out, native(y)) for y in values]
    state = getattr(rng, "bit_generator", None)
    return seen, None if state is None else state.state


def assert_same_outcome(function, x, options):
    """With the fast path, and without."""
    first = x if isinstance(x, (list, tuple)) else [x]
    arrays = [y for y in [*first, *options.values()] if isinstance(y, np.ndarray)]
    arrays = [y for y in arrays if y.flags.writeable]
    copies = [y.copy() for y in arrays]
    make = RNGS[options.pop("rng")]

    def run():
        for y, copy in zip(arrays, copies, strict=True):
            y[...] = copy
        rng = make(5)
        return outcome(function, x, rng, {**options, "rng": rng})

    fast = run()
    with declined():
        slow = run()
    if isinstance(fast[0], type):
        assert fast == slow
        return
    assert fast[1] == slow[1]
    for a, b in zip(fast[0], slow[0], strict=True):
        assert a[:-1] == b[:-1]
        assert_same(a[-1], b[-1])


@given(st.data())
@pytest.mark.parametrize(
    "name",
    ["dropout", "spatial_dropout", "drop_path", "alpha_dropout", "gaussian_dropout"],
)
def test_the_fast_path_and_the_long_way_give_the_same(name, data):
    x, options = data.draw(calls(name))
    with np.errstate(all="ignore"):
        assert_same_outcome(getattr(dl, name), x, options)


@st.composite
def replacements(draw):
    """Arguments of replace, as `calls` has those of other functions."""
    usual = ["u1", "i4", "i8", "?", *KERNELS]
    x = draw(arrays(draw(shapes(1)), [draw(usually(usual, ["F", ">i4"]))]))
    numbers = [0, 1, -1, 7, 255, 2**31, 0.5, np.nan, np.inf, -0.0, 65519.0, 1e39]
    value = draw(usually([0, 1, draw(st.sampled_from(numbers))], [None, 2**64, "a"]))
    scalars = [value, True, np.uint8(3), np.float32(0.1), np.float16(7), np.True_]
    larger = tuple(n + 3 for n in x.shape)
    options = {
        "p": draw(probabilities()),
        "value": draw(usually([value], [*scalars, x, [1] * 3, np.array(2, x.dtype)])),
        "rng": draw(usually([0, 1], [2, 3])),
        "shared_axes": draw(usually([(), 0, -1], [7, [0]])),
        "full_shape": draw(usually([None, larger], [larger[1:]])),
        "return_mask": draw(usually([False, False, True], [1])),
        "out": draw(usually([None, x, np.empty_like(x)], [x.T, "out"])),
    }
    options["mask"] = draw(masks(mask_shape("replace", x, options)))
    if options["mask"] is not None:
        options["p"] = draw(usually([None], [0.5]))
    return x, options


@given(replacements())
def test_the_fast_path_and_the_long_way_give_the_same_replacement(call):
    with np.errstate(all="ignore"):
        assert_same_outcome(dl.replace, *call)


@given(
    shapes() | st.integers(0, 9) | st.sampled_from([[2, 3], (2.0,), -1, (1,) * 65]),
    probabilities(),
    usually([True, False], [1]),
    usually([0, 1], [2, 3]),
)
def test_the_fast_path_and_the_long_way_give_the_same_mask(shape, p, packed, rng):
    options = {"p": p, "packed": packed, "rng": rng}
    assert_same_outcome(dl.keep_mask, shape, options)


@st.composite
def joins(draw):
    """Paths and options of a join, as `calls` has those of other functions."""
    dtype = draw(usually(KERNELS, ["F", ">f4", "i4"]))
    x = draw(arrays(draw(shapes(1)), [dtype]))
    path = usually([x, draw(alike(x)), draw(alike(x))], [None, np.ones(x.shape), x.T])
    paths = draw(st.lists(path, min_size=1, max_size=5) | st.just([x] * 17))
    outs = usually([None, x, draw(alike(x)), paths[-1]], [*overlapping(x), "out"])
    options = {
        "prob": draw(probabilities() | usually([0.5], [[0.5] * len(paths)])),
        "training": draw(usually([True, False], [np.True_, "test"])),
        "sampling": draw(usually(["local"], ["global", "none"])),
        "per": draw(usually(["sample", "batch"], ["row", None])),
        "column": draw(usually([None], [0, 1.0])),
        "rng": draw(usually([0, 1], [2, 3])),
        "out": draw(outs),
    }
    return draw(st.sampled_from([list, tuple]))(paths), options


@given(joins())
def test_the_fast_path_and_the_long_way_give_the_same_join(join):
    def living(paths, **options):
        y = dl.fractal_join(paths, **options)
        return X if y is None else y

    with np.errstate(all="ignore"):
        assert_same_outcome(living, *join)


# --- what takes it --------------------------------------------------------------------

TAKEN = {
    **{
        f"p of {type(p).__name__} {p}": lambda p=p: dl.dropout(X, p, rng=RNG)
        for p in (
            0.0,
            0.5,
            1.0,
            0,
            1,
            np.float64(0.5),
            np.float32(0.1),
            np.float16(0.1),
        )
    },
    "p of a 0-d array": lambda: dl.dropout(X, np.array(0.1), rng=RNG),
    "p of an integer scalar": lambda: dl.dropout(X, np.int64(1), rng=RNG),
    "prob of a scalar": lambda: dl.drop_path(X, np.float64(0.1), True, rng=RNG),
    "mask's p of a scalar": lambda: dl.keep_mask(9, np.float64(0.1), rng=RNG),
    "a mask of p = 0": lambda: dl.keep_mask((3, 4), 0),
    "a mask of p = 1": lambda: dl.keep_mask((3, 4), 1.0, packed=True),
    "no rng": lambda: dl.dropout(X, 0.5),
    "a Key": lambda: dl.dropout(X, 0.5, rng=dl.Key(3)),
    "test mode": lambda: dl.dropout(X, 0.5, "test"),
    "eval mode": lambda: dl.dropout(X, 0.5, "eval", rng=3),
    "classic training": lambda: dl.dropout(X, 0.5, scaling="classic", rng=RNG),
    "classic test mode": lambda: dl.dropout(X, 0.5, "test", scaling="classic"),
    "classic zeros": lambda: dl.dropout(X, 1, "test", scaling="classic"),
    "shared axes": lambda: dl.dropout(X, 0.5, shared_axes=(0, -1), rng=RNG),
    "out": lambda: dl.dropout(X, 0.5, rng=RNG, out=np.empty_like(X)),
    "out in another order": lambda: dl.dropout(X, 0.5, out=np.empty_like(X.T).T),
    "in place": lambda: dl.dropout(OUT.T, 0.5, residual=OUT.T, out=OUT.T),
    "parts in place": lambda: dl.dropout(OUT[:, ::-2], 0.5, out=OUT[:, ::-2]),
    "out in test mode": lambda: dl.dropout(X, 0.5, "test", out=np.empty_like(X)),
    "a mask that is given": lambda: dl.dropout(X, 0.5, mask=X > 3),
    "a transposed mask": lambda: dl.dropout(X, 0.5, mask=(X > 3).copy("F")),
    "a mask of channels": lambda: dl.spatial_dropout(X, 0.5, mask=X[..., :1] > 5),
    "a mask of samples": lambda: dl.drop_path(X, 0.5, True, mask=X[:, 0, 0] > 5),
    "a mask of what to keep": lambda: dl.replace(X, 0, mask=X > 3),
    "the mask too": lambda: dl.dropout(X, 0.5, return_mask=True, shared_axes=1)[0],
    "the mask of samples too": lambda: dl.drop_path(X, 0.5, True, return_mask=True)[0],
    "integers": lambda: dl.dropout(np.arange(9), 0.5, rng=RNG),
    "bools": lambda: dl.dropout(X > 3, 0.5, "test", scaling="classic"),
    "a broadcast row": lambda: dl.dropout(np.broadcast_to(X[0], X.shape), 0.5, rng=RNG),
    "complex test mode": lambda: dl.dropout(X * 1j, 0.5, "test"),
    "complex": lambda: dl.dropout(X * 1j, 0.5, rng=RNG, shared_axes=1),
    "complex samples": lambda: dl.drop_path(X * 1j, 0.5, True, residual=X * 1j),
    "a block": lambda: dl.dropout(X, 0.5, full_shape=(9, 3, 9), start=(1, 0, 2)),
    "a block of channels": lambda: dl.spatial_dropout(X, 0.5, full_shape=(9, 3, 9)),
    "channels": lambda: dl.spatial_dropout(X, 0.5, rng=RNG),
    "last channels": lambda: dl.spatial_dropout(X, 0.5, channel_axis=-1, rng=RNG),
    "channels in test mode": lambda: dl.spatial_dropout(X, 0.5, "test"),
    "a byte": lambda: dl.replace(np.ones((3, 4), np.uint8), 255, 0.5, rng=RNG),
    "a bool": lambda: dl.replace(X > 3, True, 0.5, rng=RNG),
    "a token": lambda: dl.replace(np.arange(9), 103, 0.5, rng=RNG),
    "NaN": lambda: dl.replace(X, np.nan, 0.5, rng=RNG, shared_axes=-1),
    "an item": lambda: dl.replace(X, np.float32(1e38), 0.5, rng=RNG),
    "a value in a block": lambda: dl.replace(X, 0, 0.5, full_shape=(9, 3, 9)),
    "nothing replaced": lambda: dl.replace(np.arange(9), 0, 0.0),
    "a value into out": lambda: dl.replace(X, 1, 0.5, rng=RNG, out=np.empty_like(X)),
    "samples": lambda: dl.drop_path(X, 0.5, True, rng=RNG),
    "samples in test mode": lambda: dl.drop_path(X, 0.5),
    "a batch": lambda: dl.drop_path(X, 0.5, True, per="batch", rng=RNG),
    "classic samples": lambda: dl.drop_path(X, 0.5, True, scaling="classic"),
    "classic samples in test mode": lambda: dl.drop_path(X, 0.5, scaling="classic"),
    "a rate for each sample": lambda: dl.drop_path(X, np.full(len(X), 0.1), True),
    "rates and a residual": lambda: dl.drop_path(
        X, np.full(len(X), 0.1), True, residual=X, rng=RNG, out=np.empty_like(X)
    ),
    "rates that drop all": lambda: dl.drop_path(X, np.ones(len(X)), True, rng=RNG),
    "no scaling": lambda: dl.drop_path(X, 0.5, True, scale_by_keep=False, rng=RNG),
    "a residual of elements": lambda: dl.dropout(X, 0.5, residual=X, rng=RNG),
    "a residual, classic": lambda: dl.dropout(
        X, 0.5, "test", scaling="classic", residual=X
    ),
    "a residual as out": lambda: dl.dropout(X, 0.5, residual=OUT, rng=RNG, out=OUT),
    "a residual": lambda: dl.drop_path(X, 0.5, True, residual=X, rng=RNG),
    "a residual in test mode": lambda: dl.drop_path(X, 0.5, residual=X),
    "a join": lambda: dl.fractal_join([X, X], 0.5, True, rng=RNG),
    "a join of samples": lambda: dl.fractal_join(
        (X, X), 1, True, per="sample", rng=RNG
    ),
    "a join in test mode": lambda: dl.fractal_join([X, X, X]),
    "a join into out": lambda: dl.fractal_join((X, X), 0.5, True, out=np.empty_like(X)),
    "FractalJoin": lambda: dl.FractalJoin(rng=1)([X, X]),
    "alpha in test mode": lambda: dl.alpha_dropout(X, 0.5, "test"),
    "alpha's gradient": lambda: dl.alpha_dropout_backward(X, 0, shared_axes=1),
    "alpha": lambda: dl.alpha_dropout(X, 0.5, rng=RNG, shared_axes=1),
    "alpha's mask": lambda: dl.alpha_dropout(X, 0.5, return_mask=True)[0],
    "alpha by a mask": lambda: dl.alpha_dropout(X, 0.5, mask=X > 3),
    "alpha's gradient in training": lambda: dl.alpha_dropout_backward(X, 0.5, rng=RNG),
    "noise": lambda: dl.gaussian_dropout(X, 0.5, rng=RNG, out=np.empty_like(X)),
    "bfloat16": lambda: dl.dropout(BF16, 0.5, rng=RNG, residual=BF16),
    "noise of bfloat16": lambda: dl.gaussian_dropout(BF16, 0.5, rng=RNG),
    "noise in test mode": lambda: dl.gaussian_dropout(X, 0.5, "test"),
    "Dropout": lambda: dl.Dropout(0.5, rng=RNG)(X),
    "Dropout without rng": lambda: dl.Dropout(0.5)(X),
    "Dropout of a Key": lambda: dl.Dropout(0.5, rng=dl.Key(3))(X),
    "Dropout, classic": lambda: dl.Dropout(scaling="classic", shared_axes=1)(X),
    "Dropout, test": lambda: dl.Dropout(0.5).eval()(X),
    "SpatialDropout": lambda: dl.SpatialDropout(0.5, rng=1)(X),
    "SpatialDropout, test": lambda: dl.SpatialDropout(0.5).eval()(X),
    "DropPath": lambda: dl.DropPath(0.5, rng=1)(X),
    "DropPath, nothing": lambda: dl.DropPath()(X),
    "DropPath, test": lambda: dl.DropPath(0.5).eval()(X),
    "AlphaDropout": lambda: dl.AlphaDropout(0.5, rng=1)(X),
    "GaussianDropout": lambda: dl.GaussianDropout(0.5, rng=1)(BF16),
    "AlphaDropout, test": lambda: dl.AlphaDropout(0.5).eval()(X),
    "GaussianDropout, test": lambda: dl.GaussianDropout(0.5).eval()(X),
}


@pytest.mark.parametrize("name", TAKEN)
def test_usual_calls_take_it(name, monkeypatch):
    def fail(*arguments):
        raise AssertionError("the long way")

    monkeypatch.setattr(_validation, "array", fail)
    monkeypatch.setattr(_validation, "lengths", fail)
    TAKEN[name]()


class Loud(np.random.Generator):
    """A Generator with draws of its own."""

    def integers(self, *arguments, **options):
        return np.uint64(77)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: dl.dropout(X, 0.5, rng=rng),
        lambda rng: dl.dropout(X.astype(int), 0.5, rng=rng),
        lambda rng: dl.spatial_dropout(X, 0.5, rng=rng),
        lambda rng: dl.drop_path(X, 0.5, True, rng=rng),
        lambda rng: dl.alpha_dropout(X, 0.5, rng=rng),
        lambda rng: dl.gaussian_dropout(X, 0.5, rng=rng),
        lambda rng: dl.keep_mask(99, 0.5, rng=rng),
        lambda rng: dl.fractal_join([X, X + 1], 0.5, True, per="sample", rng=rng),
        lambda rng: dl.Dropout(0.5, rng=rng)(X),
    ],
)
def test_a_generator_of_a_subclass_draws_in_its_own_way(call):
    rng = Loud(np.random.PCG64(1))
    assert_same(call(rng), call(dl.Key(77)))
    assert dl.Key.fresh(rng) == dl.Key(77)
    assert rng.bit_generator.state == np.random.PCG64(1).state


def test_what_is_declined_takes_no_memory():
    """A result that would fill the address space is an error only once it is asked for:
    what comes before says that the call is for Python."""
    # No stride is 0: a new result like an array with one is Python's to make.
    huge = np.lib.stride_tricks.as_strided(np.ones(1, "f4"), (2**50, 3), (4, 4))
    common = {"x": huge, "p": 0.5, "rng": dl.Key(1), "full_shape": None, "start": None}
    others = {"mode": "train", "mask": None, "return_mask": False, "out": None}
    added = {**others, "residual": None}
    usual = {
        "dropout": common | added | {"scaling": "inverted", "shared_axes": ()},
        "spatial_dropout": common | others | {"channel_axis": 1},
        "replace": common
        | {"value": 0.5, "mask": None, "return_mask": False, "out": None}
        | {"shared_axes": ()},
        "elementwise": common
        | others
        | {"shared_axes": (), "affine": lambda p: (_core.NOISE, p, 0.0, 0.0)},
        "drop_path": common
        | added
        | {"mode": True, "scaling": "inverted", "per": "sample", "scale_by_keep": True},
        "keep_mask": common | {"x": (2**50, 3), "packed": False},
        "fractal_join": {
            "paths": [huge, huge],
            "p": 0.5,
            "mode": True,
            "sampling": "local",
            "per": "sample",
            "column": None,
            "rng": dl.Key(1),
            "out": None,
        },
    }
    unusual = {
        "rng": [7, Loud(np.random.PCG64(1)), np.random.PCG64(1), "seed"],
        "p": [2.0, np.nan, True, "0.5", 0.5j],
        "full_shape": [[*huge.shape], huge.shape[1:], (2**50, 2), (2**63, 3)],
        "start": [(0, 0), 0],
        "mask": [np.ones(3, bool)],
        "return_mask": [1, None],
        "out": [np.ones(3, "f4"), "out"],
        "mode": ["Train", 1],
        "scaling": ["none"],
        "shared_axes": [7, (0, 0), [0]],
        "channel_axis": [0, 7, 1.0],
        "per": ["row"],
        "scale_by_keep": [1],
        "residual": [np.ones(3), "r"],
        "packed": [1],
        "value": [1e39, "a", None, [1.0], np.float64(0.5), True, 2**63],
        "paths": [[huge], [huge, None], [huge, huge[1:]], huge, [huge] * 17, None],
        "sampling": ["global", None],
        "column": [0],
    }
    for name, arguments in usual.items():
        function = getattr(_core, name)
        with pytest.raises(MemoryError):
            function(*arguments.values())
        for argument in arguments.keys() & unusual.keys():
            for value in unusual[argument]:
                values = {**arguments, argument: value}
                assert function(*values.values()) is NotImplemented, (name, argument)
    lazy = _core.lazy_key(Loud(np.random.PCG64(1)))
    values = {**usual["dropout"], "rng": lazy}
    assert _core.dropout(*values.values()) is NotImplemented


# --- positions ------------------------------------------------------------------------


def stub():
    """The names of the parameters of each entry, as _core.pyi has them."""
    tree = ast.parse((PACKAGE / "_core.pyi").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f.name: [a.arg for a in f.args.posonlyargs] for f in functions}


def test_no_call_into_c_has_more_than_6_arguments_but_the_fast_ones():
    assert {name for name, args in stub().items() if len(args) > 6} <= set(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_arguments_are_passed_in_the_order_that_the_stub_says(name):
    """All entries have one enumeration of positions, and so one order of names."""
    expected = stub()[name]
    found = []
    for path in sorted((PACKAGE / "functional").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"_core.{name}":
                found.append([ast.unparse(argument) for argument in node.args])
    assert found
    for names in found:
        pairs = zip((a.lstrip("_") for a in names), expected, strict=True)
        assert [a for a, b in pairs if a not in (b, "None", "False", "()")] == []
    with pytest.raises(TypeError, match=rf"takes {len(expected)} arguments, got 0"):
        getattr(_core, name)()
    assert f"{name}({', '.join(expected)})" in inspect.getdoc(getattr(_core, name))
