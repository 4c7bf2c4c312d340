# SPDX-License-Identifier: BSD-3-Clause
"""Arrays and numbers of other libraries, in every place that takes an array: what is
like one is taken, what is none is refused by the argument's name."""

import itertools
import re
from typing import NamedTuple

import numpy as np
import pytest
from arrays import assert_same

import droplayers as dl

KEY = dl.Key(3)
RNG = np.random.default_rng(0)
X, OTHER = RNG.normal(size=(2, 4, 6))
MAPS = RNG.normal(size=(4, 3, 5, 5))
WEIGHT, BIAS = RNG.normal(size=(6, 3)), RNG.normal(size=3)
GRAD = RNG.normal(size=(4, 3))
KEEP = X > 0
RATES = np.array([0.1, 0.4, 0.0, 0.9])


class Place(NamedTuple):
    """An argument that takes an array: its name in errors, a call with a value in its
    place, a good value, and whether None has a meaning of its own."""

    name: str
    call: object
    value: np.ndarray
    takes_none: bool = False

    def __str__(self):
        return self.name


def a_layer(layer, value, name="x"):
    """A layer's result for x, or its gradient for grad."""
    layer.rng = KEY
    if name == "x":
        return layer(value)
    layer(X)
    return layer.backward(value)


def a_weighted_layer(name, value):
    layer = dl.DropConnect(6, 3, rng=KEY)
    setattr(layer, name, value)
    return layer(X)


PLACES = [
    Place("x", lambda v: dl.dropout(v, rng=KEY), X),
    Place("x", lambda v: dl.dropout(v, mode="test", scaling="classic"), X),
    Place("mask", lambda v: dl.dropout(X, mask=v), KEEP, True),
    Place("residual", lambda v: dl.dropout(X, residual=v, rng=KEY), OTHER, True),
    Place("x", lambda v: dl.replace(v, 0.0, 0.4, rng=KEY), X),
    Place("value", lambda v: dl.replace(X, v, 0.4, rng=KEY), OTHER),
    Place("mask", lambda v: dl.replace(X, 0.0, mask=v), KEEP, True),
    Place("x", lambda v: dl.spatial_dropout(v, rng=KEY), X),
    Place("mask", lambda v: dl.spatial_dropout(X, mask=v), KEEP, True),
    Place("x", lambda v: dl.alpha_dropout(v, rng=KEY), X),
    Place("grad", lambda v: dl.alpha_dropout_backward(v, rng=KEY), X),
    Place("x", lambda v: dl.gaussian_dropout(v, rng=KEY), X),
    Place("x", lambda v: dl.drop_block(v, block_size=2, rng=KEY), MAPS),
    Place("mask", lambda v: dl.drop_block(MAPS, mask=v), MAPS > 0, True),
    Place("x", lambda v: dl.drop_path(v, 0.4, True, rng=KEY), X),
    Place(
        "residual",
        lambda v: dl.drop_path(X, 0.4, True, residual=v, rng=KEY),
        OTHER,
        True,
    ),
    Place("prob", lambda v: dl.drop_path(X, v, True, rng=KEY), RATES),
    Place("mask", lambda v: dl.drop_path(X, 0.4, True, mask=v), KEEP[:, 0], True),
    Place("x", lambda v: dl.stochastic_depth(v, np.sin, 0.4, True, rng=KEY), X),
    Place(
        "branch's result",
        lambda v: dl.stochastic_depth(X, lambda rows: v),
        OTHER,
    ),
    Place(
        "grad", lambda v: dl.stochastic_depth_backward(v, np.sin, 0.4, True, rng=KEY), X
    ),
    Place("x", lambda v: dl.drop_connect(v, WEIGHT, bias=BIAS, rng=KEY), X),
    Place("weight", lambda v: dl.drop_connect(X, v, bias=BIAS, rng=KEY), WEIGHT),
    Place("bias", lambda v: dl.drop_connect(X, WEIGHT, bias=v, rng=KEY), BIAS, True),
    Place("grad", lambda v: dl.drop_connect_backward(v, X, WEIGHT, rng=KEY)[0], GRAD),
    Place("x", lambda v: dl.drop_connect_backward(GRAD, v, WEIGHT, rng=KEY)[1], X),
    Place("weight", lambda v: dl.drop_connect_backward(GRAD, X, v, rng=KEY)[0], WEIGHT),
    Place("x", lambda v: dl.drop_connect_moments(v, WEIGHT, 0.4)[1], X),
    Place("weight", lambda v: dl.drop_connect_moments(X, v, 0.4)[1], WEIGHT),
    Place(
        "bias", lambda v: dl.drop_connect_moments(X, WEIGHT, 0.4, bias=v)[0], BIAS, True
    ),
    Place("paths", lambda v: dl.fractal_join(v, 0.4, True, rng=KEY), np.stack([X] * 3)),
    Place(
        "paths[1]", lambda v: dl.fractal_join([X, v], 0.4, True, rng=KEY), OTHER, True
    ),
    Place("prob", lambda v: dl.fractal_join([X] * 4, v, True, rng=KEY), RATES),
    Place(
        "grad", lambda v: dl.fractal_join_backward(v, [X] * 3, rng=KEY)[2], OTHER, True
    ),
    Place("x", lambda v: a_layer(dl.Dropout(), v), X),
    Place("x", lambda v: a_layer(dl.DropConnect(6, 3, rng=KEY), v), X),
    Place("paths[0]", lambda v: a_layer(dl.FractalJoin(), [v, X]), OTHER, True),
    # To a layer, a gradient of None is that of no result.
    Place("grad", lambda v: a_layer(dl.Dropout(), v, "grad"), OTHER, True),
    Place(
        "grad",
        lambda v: a_layer(dl.DropConnect(6, 3, rng=KEY), v, "grad"),
        GRAD,
        True,
    ),
    Place("weight", lambda v: a_weighted_layer("weight", v), WEIGHT),
    Place("bias", lambda v: a_weighted_layer("bias", v), BIAS, True),
]
RATE_PLACES = [
    Place("p", lambda v: dl.dropout(X, v, rng=KEY), np.array(0.3)),
    Place("p", lambda v: dl.replace(X, 0, v, rng=KEY), np.array(0.3)),
    Place("p", lambda v: dl.keep_mask(X.shape, v, rng=KEY), np.array(0.3)),
    Place("p", lambda v: dl.block_mask(MAPS.shape, v, rng=KEY), np.array(0.3)),
    Place("prob", lambda v: dl.drop_path(X, v, True, rng=KEY), np.array(0.3)),
    Place("prob", lambda v: dl.kept_rows(9, v, rng=KEY)[0], np.array(0.3)),
    Place("p", lambda v: a_layer(dl.Dropout(v), X), np.array(0.3)),
    Place("rate", lambda v: dl.drop_path_rates(v, 3), np.array(0.3)),
    Place("step", lambda v: dl.ramp(v, 3, 0.5), np.array(1.5)),
    Place("total", lambda v: dl.ramp(1, v, 0.5), np.array(1.5)),
    Place("stop", lambda v: dl.ramp(1, 3, v), np.array(0.3)),
    Place("start", lambda v: dl.ramp(1, 3, 1, v), np.array(0.3)),
]
EACH_PLACE = pytest.mark.parametrize("place", PLACES, ids=str)
EACH_RATE = pytest.mark.parametrize("place", RATE_PLACES, ids=str)


class Wrapped:
    """An array in an object that may have another backend: the protocol that xarray's
    and pint's have. No graph: this one is in memory."""

    def __init__(self, value):
        self.value = np.asarray(value)
        self.shape, self.ndim = self.value.shape, self.value.ndim
        self.dtype = self.value.dtype

    def __dask_graph__(self):
        return None

    def __array__(self, dtype=None, copy=None):
        return self.value

    def __float__(self):
        return float(self.value)

    def __len__(self):
        return len(self.value)

    def __getitem__(self, where):
        return Wrapped(self.value[where])


class Collection(Wrapped):
    """A Dask collection, which must not be computed."""

    def __dask_graph__(self):
        return {"a": 1}

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("was computed")

    __float__ = __array__


def xarray_of(value):
    return pytest.importorskip("xarray").DataArray(value)


def pint_of(value):
    return pytest.importorskip("pint").UnitRegistry().Quantity(value)


def dask_of(value):
    return pytest.importorskip("dask.array").from_array(value)


@EACH_PLACE
@pytest.mark.parametrize("wrap", [Wrapped, xarray_of, pint_of])
@pytest.mark.filterwarnings("ignore:The unit of the quantity is stripped")
def test_an_array_in_another_librarys_object_is_an_array(place, wrap):
    expected = place.call(place.value)
    assert np.any(expected)
    result = place.call(wrap(place.value))
    assert type(result) is np.ndarray
    assert_same(result, expected)


@EACH_RATE
@pytest.mark.parametrize("wrap", [Wrapped, xarray_of, pint_of])
def test_a_number_in_another_librarys_object_is_a_number(place, wrap):
    assert_same(place.call(wrap(place.value)), place.call(float(place.value)))


@EACH_PLACE
@pytest.mark.parametrize("wrap", [Collection, dask_of])
def test_a_dask_collection_is_refused_and_not_computed(place, wrap):
    refused = wrap(place.value)
    for value in (refused, [refused] * 4, [[refused]] * 4):
        with pytest.raises(
            TypeError, match=r"must be array-like, got a Dask"
        ) as caught:
            place.call(value)
        assert str(caught.value).startswith(place.name)
        assert "droplayers.dask" in str(caught.value)


@EACH_PLACE
def test_masks_of_masked_arrays_are_not_lost(place):
    masked = np.ma.array(place.value, mask=place.value > 0.5)
    rows = list(masked) if masked.ndim > 1 else [masked]
    for refused in (masked, rows, tuple(rows), [[masked], [masked]]):
        with pytest.raises(
            TypeError, match=r" must be a plain array, got a Masked"
        ) as e:
            place.call(refused)
        assert str(e.value).startswith(place.name)


@EACH_RATE
def test_a_masked_number_is_no_rate(place):
    with pytest.raises(TypeError, match=f"^{place.name} must be a real number"):
        place.call(np.ma.array(0.3, mask=True))


@EACH_PLACE
def test_what_is_no_array_is_no_zero_dimensional_one(place):
    sparse = pytest.importorskip("scipy.sparse")
    refused = [
        (row for row in place.value),
        sparse.csr_matrix(np.eye(3)),
        sparse.coo_array(np.eye(3)),
        {},
        object(),
    ]
    for value in refused if place.takes_none else [None, *refused]:
        with pytest.raises(TypeError) as caught:
            place.call(value)
        name, came = re.fullmatch(
            "(.*) must be (?:a numeric array|an array|boolean|a sequence of arrays|what"
            r" x's dtype takes|a real number in \[0, 1\]), got (?:a )?(.*)",
            str(caught.value),
            re.DOTALL,
        ).groups()
        assert name == place.name
        assert came in (type(value).__name__, repr(value))


class Mine(Exception):
    """An error of the user's own."""


class Raises:
    """Raises its own error, or one of Python's, from whatever it is asked."""

    def __init__(self, error):
        self.error = error

    def __array__(self, *args, **kwargs):
        raise self.error

    __float__ = __index__ = __iter__ = __len__ = __array__


NAMED = [
    *PLACES,
    *RATE_PLACES,
    Place("n", dl.Key, None),
    Place("i", dl.Key(1).child, None),
    Place("n", dl.set_num_threads, None),
    Place("shape", lambda v: dl.keep_mask(v, 0.5), None),
    Place("shape", lambda v: dl.keep_mask((2, v), 0.5), None),
    Place("full_shape", lambda v: dl.dropout(X, full_shape=v), None),
    Place("start", lambda v: dl.dropout(X, full_shape=(9, 9), start=(v, 0)), None),
    Place("shared_axes", lambda v: dl.dropout(X, shared_axes=v), None),
    Place("channel_axis", lambda v: dl.spatial_dropout(X, channel_axis=v), None),
    Place("block_size", lambda v: dl.drop_block(MAPS, block_size=v), None),
    Place("depths", lambda v: dl.drop_path_rates(0.5, v), None),
    Place("n", lambda v: dl.kept_rows(v, 0.5), None),
    Place("rng", lambda v: dl.dropout(X, rng=[v]), None),
]


@pytest.mark.parametrize("place", NAMED, ids=str)
@pytest.mark.parametrize("kind", [Mine, TypeError, ValueError, OverflowError])
def test_an_error_of_a_conversion_names_the_argument(place, kind):
    if place.name == "rng" and np.lib.NumpyVersion(np.__version__) >= "2.5.0":
        pytest.skip("NumPy 2.5 hides what a seed raises")
    mine = kind("is mine")
    with pytest.raises(kind) as caught:
        place.call(Raises(mine))
    told = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    assert [line for line in told if line.startswith(f"{place.name} must be ")], told
    assert mine in (caught.value, caught.value.__cause__, caught.value.__context__)


class Dtype:
    """A dtype of a library whose dtypes have no kind."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"other.{self.name}"


class Scalar:
    """A tensor of one element."""

    ndim = 0

    def __init__(self, dtype, value=1.0):
        self.dtype, self.value = Dtype(dtype), value

    def __float__(self):
        return self.value


@EACH_RATE
def test_bools_and_complexes_of_any_library_are_no_rates(place):
    assert_same(place.call(Scalar("float32", 0.75)), place.call(0.75))
    for refused in (
        Scalar("bool"),
        Scalar("complex64"),
        Wrapped(True),
        Wrapped(0.5j),
        xarray_of(True),
        xarray_of(0.5j),
        pint_of(np.array(True)),
    ):
        with pytest.raises(TypeError, match=f"^{place.name} must be a real number"):
            place.call(refused)


def test_a_self_referring_list_is_an_error():
    endless = [1.0]
    endless.append(endless)
    with pytest.raises(ValueError, match=r"^x must be array-like"):
        dl.dropout(endless)


def test_only_autograds_own_box_is_traced():
    """A package of that name is not yet HIPS's."""

    class Tensor(Wrapped):
        pass

    Tensor.__module__ = "autograd.tensor"
    assert_same(dl.dropout(Tensor(X), rng=KEY), dl.dropout(X, rng=KEY))

    autograd = pytest.importorskip("autograd")
    seen = []

    def loss(x):
        for given, name in ((x, "x"), ([x, x], "x"), ([[x], [x]], "x")):
            with pytest.raises(TypeError, match=f"^{name} must .* autograd traces"):
                dl.dropout(given, rng=KEY)
            seen.append(given)
        assert_same(dl.dropout(Tensor(X), rng=KEY), dl.dropout(X, rng=KEY))
        return (x * x).sum()

    autograd.grad(loss)(X)
    assert len(seen) == 3


def test_lists_are_looked_through_whatever_else_they_hold():
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    plain = [0.5, 1.5]
    for place in range(3):
        rows = [plain, plain, plain]
        rows[place] = masked
        with pytest.raises(TypeError, match=r"^x must be a plain array"):
            dl.dropout(rows)
        with pytest.raises(TypeError, match=r"^x must be a plain array"):
            dl.dropout([rows, tuple(rows)])
    with pytest.raises(TypeError, match=r"^x must be a plain array"):
        dl.dropout([1.0, np.ma.masked])
    shared = [plain] * 3
    assert_same(
        dl.dropout([shared] * 2, rng=KEY), dl.dropout([[plain] * 3] * 2, rng=KEY)
    )
    numbers = list(itertools.chain([1, 2.5], np.float32([3, 4])))
    assert_same(dl.dropout(numbers, rng=KEY), dl.dropout(np.array(numbers), rng=KEY))
