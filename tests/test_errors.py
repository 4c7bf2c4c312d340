# SPDX-License-Identifier: BSD-3-Clause
"""Bad arguments are errors that name them, and nothing has happened."""

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import as_strided

import droplayers as dl

X = np.arange(24, dtype=np.float32).reshape(4, 6)
KEEP = X > 5
MASKED = np.ma.array(X, mask=KEEP)
BF16 = X.astype(ml_dtypes.bfloat16)


class Collection:
    """What looks like an array of Dask."""

    shape, dtype, ndim = X.shape, X.dtype, X.ndim

    def __dask_graph__(self):
        return {}

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("was computed")


def read_only():
    out = np.full_like(X, 7)
    out.flags.writeable = False
    return out


OUT_OF_RANGE = [
    math.nan, -0.1, 1.5, math.inf, -math.inf, -5e-324, np.nextafter(1, 2), 2, -1,
    Fraction(3, 2), np.float32(1.5), np.array(math.nan), np.longdouble(-1), np.int8(3),
    10**400, -Fraction(10**400, 3),
]  # fmt: skip
NO_REAL = [
    True, False, np.True_, "0.5", b"0.5", None, 0.5j, np.complex64(0.5), object(), {},
    np.array("0.5"), np.array(True), np.str_("0.5"), np.array(0.5j),
    np.array(True, object), np.array("0.5", object),
    np.timedelta64(1, "s"), np.datetime64("2000-01-01"), len,
]  # fmt: skip
NO_NUMBER = [[0.5], np.array([0.5]), np.array([0.5], object)]
# Some have the characters of NumPy's own dtypes, and one has the name of another's.
FOREIGN = [
    X.astype(kind) for kind in vars(ml_dtypes).values()
    if isinstance(kind, type) and issubclass(kind, np.generic)
    and kind is not ml_dtypes.bfloat16
]  # fmt: skip
FOREIGN += [np.zeros((4, 6), np.dtype((type("bfloat16", (np.void,), {}), 2)))]
NO_ARRAY = [
    np.array([[None] * 6] * 4), [["a"] * 6] * 4, np.full((4, 6), b"a"), MASKED,
    np.zeros((4, 6), "M8[s]"), np.zeros((4, 6), "m8[s]"), np.zeros((4, 6), "V4"),
    np.zeros((4, 6), "f4,f4"), *FOREIGN, Collection(),
]  # fmt: skip
NO_FLAG = [1, 0, None, "True", "test", np.int64(1), 1.0, [], object()]
NO_OUT = [
    (TypeError, X.tolist()),
    (TypeError, pd.DataFrame(X)),
    (TypeError, True),
    (TypeError, MASKED.copy()),
    (ValueError, np.zeros(24, "f4")),
    (ValueError, np.zeros((6, 4), "f4")),
    (ValueError, np.zeros((1, 4, 6), "f4")),
    (ValueError, read_only()),
    (ValueError, as_strided(np.zeros(6, "f4"), (4, 6), (0, 4))),
    (ValueError, as_strided(np.zeros(9, "f4"), (4, 6), (4, 4))),
    (ValueError, as_strided(np.zeros(40, "f4"), (4, 6), (8, 12))),
    (ValueError, as_strided(np.zeros(40, "f4"), (4, 6), (24, 3))),
    (ValueError, as_strided(np.zeros(40, "f4")[30:], (4, 6), (-8, -12))),
    *((TypeError, np.zeros((4, 6), dtype)) for dtype in ("?", "i4", "u8", "O", "S4")),
    *((TypeError, np.zeros((4, 6), dtype)) for dtype in ("M8[s]", "V4", "f4,f4")),
]  # fmt: skip
NO_BLOCK = [
    (ValueError, "start", {"start": (0, 0)}),
    (ValueError, "full_shape", {"full_shape": (4,)}),
    (ValueError, "full_shape", {"full_shape": 24}),
    (ValueError, "full_shape", {"full_shape": (4, 5)}),
    (ValueError, "full_shape", {"full_shape": (4, 6), "start": (1, 0)}),
    (ValueError, "full_shape", {"full_shape": (9, 9), "start": (6, 0)}),
    (ValueError, "full_shape", {"full_shape": (9, 9), "start": (0, 2**64)}),
    (ValueError, "full_shape", {"full_shape": (-4, 6)}),
    (ValueError, "full_shape", {"full_shape": (2**32, 2**32 + 1)}),
    (ValueError, "full_shape", {"full_shape": (4, 2**70)}),
    (ValueError, "start", {"full_shape": (9, 9), "start": (0,)}),
    (ValueError, "start", {"full_shape": (9, 9), "start": 0}),
    (ValueError, "start", {"full_shape": (9, 9), "start": (-1, 0)}),
    (TypeError, "full_shape", {"full_shape": (9.0, 9)}),
    (TypeError, "full_shape", {"full_shape": (True, 9)}),
    (TypeError, "full_shape", {"full_shape": ("9", "9")}),
    (TypeError, "full_shape", {"full_shape": "99"}),
    (TypeError, "start", {"full_shape": (9, 9), "start": (1.5, 0)}),
    (TypeError, "start", {"full_shape": (9, 9), "start": (None, 0)}),
]
NO_RESIDUAL = [
    *((TypeError, "residual", {"residual": r}) for r in NO_ARRAY),
    *((ValueError, "residual", {"residual": r}) for r in (X.T, X[:1], 1.0, X[0], [])),
    (TypeError, "residual", {"x": X.astype("f2"), "residual": BF16}),
    (TypeError, "residual", {"x": BF16, "residual": X.astype("f2")}),
    (TypeError, "out", {"residual": X.astype("F")}),
]

DROPOUT = [
    *((ValueError, "p", {"p": p}) for p in OUT_OF_RANGE),
    *((TypeError, "p", {"p": p}) for p in [*NO_REAL, *NO_NUMBER]),
    *((TypeError, "x", {"x": x}) for x in [*NO_ARRAY, None, "text", {}]),
    *((ValueError, "mode", {"mode": m}) for m in ("Train", "", None, True, 1, b"test")),
    *((ValueError, "mode", {"mode": m}) for m in (["train"], np.array(["train", "a"]))),
    *((ValueError, "scaling", {"scaling": s}) for s in ("none", None, 1, ["classic"])),
    *((ValueError, "shared_axes", {"shared_axes": a}) for a in (2, -3, (0, 5), 2**70)),
    *((ValueError, "shared_axes", {"shared_axes": a}) for a in ((0, 0), (1, -1))),
    *((TypeError, "shared_axes", {"shared_axes": a}) for a in ("0", 1.0, None, True)),
    *((TypeError, "shared_axes", {"shared_axes": a}) for a in ((False,), (None,))),
    *NO_RESIDUAL,
    *((TypeError, "mask", {"mask": m}) for m in (X, X.astype(int), "yes", MASKED > 5)),
    *((ValueError, "mask", {"mask": m}) for m in (KEEP.T, KEEP[0], True, KEEP[:3])),
    (ValueError, "mask", {"mask": KEEP, "shared_axes": 1}),
    (ValueError, "mask", {"mask": KEEP[:, :1]}),
    *((TypeError, "return_mask", {"return_mask": f}) for f in NO_FLAG),
    *((error, "out", {"out": out}) for error, out in NO_OUT),
    (TypeError, "out", {"x": X.astype("F"), "out": np.zeros((4, 6), "f8")}),
    (TypeError, "out", {"x": X.astype("F"), "out": BF16.copy()}),
    *NO_BLOCK,
]
DROP_PATH = [
    *((ValueError, "prob", {"prob": p}) for p in OUT_OF_RANGE),
    *((TypeError, "prob", {"prob": p}) for p in NO_REAL),
    *((ValueError, "prob", {"prob": p}) for p in ([0.5], [0.5] * 6, X / 24, [])),
    *((ValueError, "prob", {"prob": [0.1, 0.2, 0.3, p]}) for p in (math.nan, 1.1, -1)),
    *((TypeError, "prob", {"prob": [p] * 4}) for p in (True, "0.5", None, 0.5j, {})),
    *((TypeError, "prob", {"prob": p}) for p in (MASKED[:, 0], Collection())),
    *((ValueError, "prob", {"prob": p, "per": "batch"})
      for p in (np.full(4, 0.5), [0.5] * 4, np.zeros(4), [0, 0, 0, 0])),
    (ValueError, "prob", {"prob": np.zeros(4), "per": "batch", "training": False}),
    *((TypeError, "x", {"x": x}) for x in NO_ARRAY),
    *((ValueError, "x", {"x": x}) for x in (np.array(3.0), 3.0)),
    *((TypeError, "training", {"training": t}) for t in NO_FLAG),
    *((ValueError, "per", {"per": p}) for p in ("row", None, 0, b"batch")),
    *((TypeError, "scale_by_keep", {"scale_by_keep": f}) for f in NO_FLAG),
    *((ValueError, "scaling", {"scaling": s}) for s in ("none", None, 1, ["classic"])),
    *((ValueError, "scale_by_keep",
       {"scaling": "classic", "scale_by_keep": False, "training": t})
      for t in (True, False)),
    *((TypeError, "return_mask", {"return_mask": f}) for f in NO_FLAG),
    *NO_RESIDUAL,
    *((TypeError, "mask", {"mask": m}) for m in (X[:, 0], "yes", MASKED[0] > 5)),
    *((ValueError, "mask", {"mask": m}) for m in (KEEP, KEEP[:3, 0], True, KEEP[:1])),
    (ValueError, "mask", {"mask": KEEP[:, 0], "per": "batch"}),
    (ValueError, "mask", {"mask": KEEP, "prob": [0.5] * 4}),
    *((error, "out", {"out": out}) for error, out in NO_OUT),
    *NO_BLOCK,
]  # fmt: skip
KEEP_MASK = [
    *((ValueError, "p", {"p": p}) for p in OUT_OF_RANGE),
    *((TypeError, "p", {"p": p}) for p in [*NO_REAL, [0.5]]),
    *((ValueError, "shape", {"shape": s}) for s in (-1, (4, -6), 2**63, (0, 2**70))),
    *((ValueError, "shape", {"shape": s}) for s in ((2**40,) * 2, (2**40, 2**40, 0))),
    (ValueError, "shape", {"shape": (1,) * 65}),
    *((TypeError, "shape", {"shape": s}) for s in (4.0, "4", None, True, (4, 6.0))),
    *((TypeError, "shape", {"shape": s}) for s in ([[4]], (True, 4))),
    *((TypeError, "packed", {"packed": f}) for f in NO_FLAG),
    *NO_BLOCK,
]
USUAL = {
    dl.dropout: {"x": X, "p": 0.5},
    dl.drop_path: {"x": X, "prob": 0.5, "training": True},
    dl.keep_mask: {"shape": (4, 6), "p": 0.5},
}
TABLES = {dl.dropout: DROPOUT, dl.drop_path: DROP_PATH, dl.keep_mask: KEEP_MASK}
CASES = [(function, *case) for function in TABLES for case in TABLES[function]]
NAMES = [f"{f.__name__}-{name}-{i}" for i, (f, _, name, _) in enumerate(CASES)]
STATE = np.random.default_rng(1).bit_generator.state


@pytest.mark.parametrize(("function", "error", "name", "bad"), CASES, ids=NAMES)
def test_a_bad_argument_is_named_and_nothing_happens(function, error, name, bad):
    for seed in (np.random.default_rng(1), None):
        arguments = {**USUAL[function], "rng": seed, **bad}
        out = np.full_like(X, 7)
        if function is not dl.keep_mask:
            out = arguments.setdefault("out", out)
        before = np.array(out)
        with pytest.raises(error, match=rf"^{name}\b") as caught:
            function(**arguments)
        assert len(str(caught.value)) > len(name) + 10
        np.testing.assert_array_equal(np.array(out), before)
        if seed is not None:
            assert seed.bit_generator.state == STATE


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("error", "name", "bad"), KEEP_MASK)
def test_packed_masks_refuse_what_others_do(error, name, bad, packed):
    arguments = {"shape": (4, 6), "p": 0.0, "packed": packed, **bad}
    with pytest.raises(error, match=rf"^{name}\b"):
        dl.keep_mask(**arguments)


def test_messages_say_what_was_expected_and_what_came():
    with pytest.raises(ValueError, match=r"^p must be in \[0, 1\], got 1\.5$"):
        dl.dropout(X, 1.5)
    with pytest.raises(TypeError, match=r"^training must be a bool, got 'test'$"):
        dl.drop_path(X, 0.2, "test")
    with pytest.raises(ValueError, match=r"^mode must be 'train' or .*, got 'yes'$"):
        dl.dropout(X, 0.2, "yes")
    with pytest.raises(TypeError, match=r"droplayers\.dask"):
        dl.dropout(Collection())
    with pytest.raises(np.exceptions.AxisError):
        dl.dropout(X, shared_axes=2)


OBJECTS = {
    type(bad).__name__: bad for bad in (None, {1: 2}, {1, 2}, object(), len, range)
}


@pytest.mark.parametrize("bad", OBJECTS.values(), ids=OBJECTS)
def test_what_numpy_takes_for_one_object_is_named_by_its_type(bad):
    x, came = np.ones(3), "None" if bad is None else f"a {type(bad).__name__}"
    calls = {
        "x must be a numeric array": lambda: dl.dropout(bad),
        "value must be what x's dtype takes": lambda: dl.replace(x, bad, 0.5),
        "weight must be a numeric array": lambda: dl.drop_connect(x[None], bad),
    }
    if bad is not None:
        calls |= {
            "mask must be boolean": lambda: dl.dropout(x, mask=bad),
            "residual must be a numeric array": lambda: dl.dropout(x, residual=bad),
        }
    for expected, call in calls.items():
        with pytest.raises(TypeError, match=f"^{expected}, got {came}$"):
            call()


def test_bad_arguments_are_refused_in_test_mode_too():
    for bad in ({"p": 2}, {"mask": KEEP[0]}, {"scaling": "no"}, {"full_shape": (1, 1)}):
        with pytest.raises(ValueError, match=rf"^{next(iter(bad))}\b"):
            dl.dropout(X, mode="test", **bad)
    for bad in ({"prob": [2] * 4}, {"mask": KEEP}, {"per": "no"}, {"residual": X[0]}):
        with pytest.raises(ValueError, match=rf"^{next(iter(bad))}\b"):
            dl.drop_path(X, **bad)


def test_unknown_keywords_and_modes_of_show_config_are_errors():
    with pytest.raises(TypeError):
        dl.dropout(X, rate=0.5)
    with pytest.raises(TypeError):
        dl.dropout(X, 0.5, "train", "inverted")
    with pytest.raises(ValueError, match=r"^mode must be .*, got 'json'"):
        dl.show_config("json")
