# SPDX-License-Identifier: BSD-3-Clause
"""HIPS autograd follows the family: values are those of the plain functions, to the
bit, and derivatives of any order are right in both modes."""

import functools
import inspect

import numpy as np
import pytest
from arrays import DTYPES, RATES, arrays, assert_same, shapes, values
from calls import KEY, masks, run_python
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl
from droplayers import functional

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")
check_grads = pytest.importorskip("autograd.test_util").check_grads
da = pytest.importorskip("droplayers.autograd")
make_vjp, make_jvp = autograd.make_vjp, autograd.make_jvp

K = dl.Key(KEY)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3, 5))
MAPS = RNG.normal(size=(2, 3, 5, 4))
PART = {"full_shape": (9, 8, 5, 4), "start": (3, 2, 0, 0)}
INPUTS, WEIGHT, BIAS, GRAD = (
    RNG.normal(size=shape) for shape in ((4, 3), (3, 5), (5,), (4, 5))
)
KEEP = RNG.random(X.shape) < 0.5


@pytest.fixture(autouse=True)
def directions():
    """check_grads looks along directions from NumPy's global generator."""
    before = np.random.get_state()
    np.random.seed(0)
    yield
    np.random.set_state(before)


def check(function, *operands, order=2):
    """All derivatives in all operands at once, in both modes."""
    places = tuple(range(len(operands)))
    check_grads(function, places, modes=["fwd", "rev"], order=order)(*operands)


ELEMENTS = [
    {},
    {"p": 0.0},
    {"p": 0.3},
    {"p": 1.0},
    {"p": 0.3, "mode": "test"},
    {"p": 0.3, "mode": "eval"},
    {"full_shape": (9, 8, 7), "start": (2, 3, 1)},
]
MASKED = [
    {"p": 0.3, "mask": KEEP, "rng": None},
    {"p": 1.0, "mask": KEEP},
    {"p": 0.3, "mask": KEEP, "mode": "test"},
    {"mask": KEEP[:, :1], "shared_axes": 1},
    {"shared_axes": (0, -1)},
]
CALLS = [
    *(("dropout", X, o) for o in ELEMENTS + MASKED),
    *(("dropout", X, {"scaling": "classic", "mode": m}) for m in ("train", "test")),
    *(("alpha_dropout", X, o) for o in ELEMENTS + MASKED),
    *(("alpha_dropout_backward", X, o) for o in ELEMENTS + MASKED),
    *(("gaussian_dropout", X, o) for o in ELEMENTS if o.get("p") != 1.0),
    *(("spatial_dropout", X, o) for o in ELEMENTS),
    ("spatial_dropout", X, {"channel_axis": -1}),
    ("spatial_dropout", X, {"mask": KEEP[:, :, :1]}),
    *(("drop_block", MAPS, {"p": p, "block_size": 2}) for p in (0.0, 0.3, 1.0)),
    ("drop_block", MAPS, {"p": 0.3, "mode": "test"}),
    ("drop_block", MAPS, {"p": 0.3, "block_size": (3, 1), "shared_channels": True}),
    ("drop_block", X, {"p": 0.3, "block_size": 2, "channel_axis": -1}),
    ("drop_block", X, {"mask": KEEP}),
    ("drop_block", MAPS, {"p": 0.3, "block_size": 2, **PART}),
]
PATHS = [
    {},
    {"training": True},
    {"prob": 0.4, "training": True},
    {"prob": 1.0, "training": True},
    {"prob": 0.4, "training": False},
    {"prob": [0.0, 0.3, 0.6, 1.0], "training": True},
    {"prob": 0.4, "training": True, "per": "batch"},
    {"prob": 0.4, "training": True, "scale_by_keep": False},
    {"prob": 0.4, "training": True, "scaling": "classic"},
    {"prob": 0.4, "scaling": "classic"},
    {"prob": [0.0, 0.3, 0.6, 1.0], "scaling": "classic"},
    {"prob": 0.4, "training": True, "mask": KEEP[:, 0, 0], "rng": None},
    {"prob": 0.4, "training": True, "full_shape": (9, 3, 5), "start": (2, 0, 0)},
]
LAYERS = [
    {},
    {"p": 0.0},
    {"p": 0.3},
    {"p": 1.0},
    {"p": 0.3, "mode": "test"},
    {"p": 0.3, "per_sample": False},
    {"p": 1.0, "per_sample": False},
]
JOINS = [
    {},
    {"training": True},
    {"prob": 0.5, "training": True},
    {"prob": 1.0, "training": True},
    {"prob": 0.5, "training": True, "per": "sample"},
    {"prob": 1.0, "training": True, "per": "sample"},
    {"prob": [0.1, 0.5, 0.9, 0.5], "training": True, "per": "sample"},
    {"training": True, "sampling": "global", "column": 1},
    {"training": True, "sampling": "global", "per": "sample"},
]


@pytest.mark.parametrize(("name", "x", "options"), CALLS)
def test_elements_have_derivatives(name, x, options):
    check(functools.partial(getattr(da, name), **{"rng": K, **options}), x)


@pytest.mark.parametrize(
    "options", [options for name, _, options in CALLS if name == "dropout"]
)
def test_elements_and_residuals_have_derivatives(options):
    options = {"rng": K, **options}
    check(lambda x, r: da.dropout(x, residual=r, **options), X, X[::-1])
    check(lambda r: da.dropout(X, residual=r, **options), X[::-1])


REPLACED = [
    {"p": 0.0},
    {"p": 0.3},
    {"p": 1.0},
    {"p": 0.3, "shared_axes": (0, -1)},
    {"p": 0.3, "full_shape": (9, 8, 7), "start": (2, 3, 1)},
    {"mask": KEEP, "rng": None},
    {"mask": KEEP[:, :1], "shared_axes": 1},
]


@pytest.mark.parametrize("options", REPLACED)
def test_elements_and_what_replaces_them_have_derivatives(options):
    options = {"rng": K, **options}
    for value in (X[::-1], X[0], X[:, :1], X[0, 0], X[:1, :, :1], X[0, 0, 0]):
        check(lambda x, v: da.replace(x, v, **options), X, value)
        check(lambda v: da.replace(X, v, **options), value)
    check(lambda x: da.replace(x, 2.0, **options), X)
    check(lambda x: da.replace(x, [1, 2, 3, 4, 5], **options), X)
    check(lambda x, v: da.replace(x, v, **options), X[0, 0, 0] + X * 1j, X[0])


def test_what_replaces_elements_has_the_sum_of_their_gradients():
    x, value, g = (values("f4", shape) for shape in ((6, 7), (7,), (6, 7)))
    pull_x, y = make_vjp(lambda x: da.replace(x, value, 0.4, rng=K))(x)
    pull_value, z = make_vjp(lambda v: da.replace(x, v, 0.4, rng=K))(value)
    assert_same(y, dl.replace(x, value, 0.4, rng=K))
    assert_same(y, z)
    keep = dl.keep_mask(x.shape, 0.4, rng=K)
    assert_same(pull_x(g), np.where(keep, g, np.float32(0)))
    assert_same(pull_value(g), np.where(keep, np.float32(0), g).sum(axis=0))


@pytest.mark.parametrize("options", PATHS)
def test_samples_and_residuals_have_derivatives(options):
    options = {"rng": K, **options}
    check(lambda x: da.drop_path(x, **options), X)
    check(lambda x, r: da.drop_path(x, residual=r, **options), X, X[::-1])
    check(lambda r: da.drop_path(X, residual=r, **options), X[::-1])


@pytest.mark.parametrize("options", LAYERS)
def test_layers_have_derivatives(options):
    layer = functools.partial(da.drop_connect, **{"rng": K, **options})
    check(layer, INPUTS, WEIGHT)
    check(lambda x, w, b: layer(x, w, bias=b), INPUTS, WEIGHT, BIAS)
    check(lambda x: layer(x, WEIGHT, bias=BIAS), INPUTS)
    check(lambda w: layer(INPUTS, w, bias=BIAS), WEIGHT)
    check(lambda b: layer(INPUTS, WEIGHT, bias=b), BIAS)


@pytest.mark.parametrize("options", LAYERS)
@pytest.mark.parametrize("i", range(3))
def test_gradients_of_layers_have_derivatives(options, i):
    def gradient(grad, x, weight):
        return da.drop_connect_backward(grad, x, weight, **{"rng": K, **options})[i]

    if i == 2:
        check(lambda grad: gradient(grad, INPUTS, WEIGHT), GRAD)
    else:
        factors = ((0, 2), (0, 1))[i]
        check_grads(gradient, factors, modes=["fwd", "rev"])(GRAD, INPUTS, WEIGHT)


@pytest.mark.parametrize("i", range(2))
@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_moments_have_derivatives(p, i):
    check(lambda x, w: da.drop_connect_moments(x, w, p)[i], INPUTS, WEIGHT)
    check(lambda x: da.drop_connect_moments(x, WEIGHT, p, bias=BIAS)[i], INPUTS)
    check(lambda w: da.drop_connect_moments(INPUTS, w, p, bias=BIAS)[i], WEIGHT)


def test_the_mean_has_derivatives_in_the_bias():
    def mean(x, w, b):
        return da.drop_connect_moments(x, w, 0.3, bias=b)[0]

    check(mean, INPUTS, WEIGHT, BIAS)


@pytest.mark.parametrize("options", JOINS)
def test_joins_have_derivatives(options):
    join = functools.partial(da.fractal_join, **{"rng": K, **options})
    check(lambda a, b, c, d: join([a, b, c, d]), X, X + 1, X * 2, X - 3)
    check(lambda b, d: join((X, b, None, d)), X, X + 1)
    check(lambda paths: join(paths), [X, X + 1, X * 2, X - 3])
    check(lambda paths: join(paths), np.stack([X, X + 1, X * 2, X - 3]))


@pytest.mark.parametrize("options", JOINS)
@pytest.mark.parametrize("i", [0, 3])
def test_gradients_of_joins_have_derivatives(options, i):
    split = functools.partial(da.fractal_join_backward, **{"rng": K, **options})
    check(lambda grad: split(grad, [X, X, None, X])[i], X)


def test_products_have_derivatives_of_every_order():
    def nonlinear(x, w):
        return da.drop_connect(x**2, da.drop_connect(x, w, rng=K) ** 2, rng=K)

    check(nonlinear, INPUTS[:, :3][:3], WEIGHT[:, :4], order=3)


def test_complex_and_real_arrays_mix():
    z, inputs, weight = X + 1j * X[::-1], INPUTS + 1j * INPUTS**2, WEIGHT * (2 - 1j)
    check(lambda x: da.dropout(x, rng=K), z)
    check(lambda x: da.gaussian_dropout(x, rng=K), z)
    for x, r in ((z, X), (X, z), (z, z)):
        check(lambda x, r: da.dropout(x, residual=r, rng=K), x, r)
        check(lambda x, r: da.drop_path(x, 0.4, True, residual=r, rng=K), x, r)
        check(lambda x, r: da.fractal_join([x, r], 0.4, True, rng=K), x, r)
    for x, w, b in ((inputs, WEIGHT, BIAS), (INPUTS, weight, BIAS)):
        check(lambda x, w, b: da.drop_connect(x, w, bias=b, rng=K), x, w, b)
    check(lambda b: da.drop_connect(INPUTS, WEIGHT, bias=b, rng=K), BIAS * 1j)


@st.composite
def linear_calls(draw):
    """A function that scales elements, its derivative, x and options."""
    name = draw(
        st.sampled_from(
            ["dropout", "spatial_dropout", "alpha_dropout", "gaussian_dropout"]
        )
    )
    real = [dtype for dtype in DTYPES if dtype.kind != "c"]
    shape = draw(shapes(min_dims=2))
    x = draw(arrays(shape, real if name == "alpha_dropout" else DTYPES))
    rates = st.sampled_from(RATES[:-1]) | st.floats(0, 1, exclude_max=True)
    options = {
        "p": draw(rates),
        "mode": draw(st.sampled_from(["train", "train", "train", "test"])),
    }
    if name == "dropout":
        options["scaling"] = draw(st.sampled_from(["inverted", "classic"]))
    if name in ("dropout", "alpha_dropout") and draw(st.booleans()):
        options["mask"] = draw(masks(shape))
    slope = "alpha_dropout_backward" if name == "alpha_dropout" else name
    return name, slope, x, options


@given(linear_calls())
def test_values_and_derivatives_are_those_of_the_plain_functions_to_the_bit(call):
    name, slope, x, options = call
    twin = functools.partial(getattr(da, name), rng=K, **options)
    expected = getattr(dl, name)(x, rng=K, **options)
    pull, y = make_vjp(twin)(x)
    assert_same(y, expected)
    g = values(y.dtype, y.shape)
    derivative = getattr(dl, slope)(g, rng=K, **options)
    assert_same(pull(g), derivative)
    for result, plain in zip(make_jvp(twin)(x)(g), (y, derivative), strict=True):
        assert_same(result, plain)


FLOATING = ["f4", "f8", "f2", "g", "F"]


@pytest.mark.parametrize("one", FLOATING)
@pytest.mark.parametrize("other", FLOATING)
def test_each_gradient_has_the_dtype_of_its_array(one, other):
    def elements(x, r):
        return da.dropout(x, 0.4, residual=r, rng=K)

    def samples(x, r):
        return da.drop_path(x, 0.4, True, residual=r, rng=K)

    def join(x, r):
        return da.fractal_join([x, r], 0.4, True, per="sample", rng=K)

    def layer(x, w):
        return da.drop_connect(x, w, rng=K)

    def exchange(x, v):
        return da.replace(x, v, 0.4, rng=K)

    if not (other == "F" and one != "F"):
        check_dtypes(exchange, X.astype(one), X[0].astype(other))
    for function, x, r in (
        (elements, X, X), (samples, X, X), (join, X, X), (layer, INPUTS, WEIGHT),
    ):  # fmt: skip
        check_dtypes(function, x.astype(one), r.astype(other))


def check_dtypes(function, x, r):
    pull, y = make_vjp(function, (0, 1))(x, r)
    gradients = pull(np.ones_like(y))
    assert [g.dtype for g in gradients] == [x.dtype, r.dtype]
    assert [g.shape for g in gradients] == [x.shape, r.shape]
    assert make_jvp(function, 0)(x, r)(x)[1].dtype == y.dtype
    assert make_jvp(function, 1)(x, r)(r)[1].dtype == y.dtype


def test_gradients_of_integers_are_floats():
    grad = autograd.elementwise_grad(lambda x: da.dropout(x, 0.3, rng=K))
    assert_same(grad(np.arange(9)), dl.dropout(np.ones(9), 0.3, rng=K))
    grad = autograd.grad(lambda x, r: anp.sum(da.drop_path(x, residual=r)))
    assert_same(grad(np.arange(9), np.ones(9)), np.ones(9))


def backward_network(x, w1, b1, w2, b2, target):
    """Gradients of the network's loss by hand, and the loss."""
    h = dl.drop_connect(x, w1, 0.2, bias=b1, rng=K.child(5))
    a = h * (h > 0)
    d = dl.dropout(a, 0.3, rng=K.child(0))
    z = dl.drop_connect(d, w2, 0.4, bias=b2, rng=K.child(1))
    r = dl.drop_path(z, 0.25, True, residual=d, rng=K.child(2))
    s = dl.alpha_dropout(r, 0.2, rng=K.child(3))
    paths = [s, None, r]
    y = dl.fractal_join(paths, 0.5, True, per="sample", rng=K.child(4))
    gs, _, gr = dl.fractal_join_backward(
        target, paths, 0.5, True, per="sample", rng=K.child(4)
    )
    gr = gr + dl.alpha_dropout_backward(gs, 0.2, rng=K.child(3))
    gz = dl.drop_path(gr, 0.25, True, rng=K.child(2))
    gd, gw2, gb2 = dl.drop_connect_backward(gz, d, w2, 0.4, rng=K.child(1))
    ga = dl.dropout(gr + gd, 0.3, rng=K.child(0))
    _, gw1, gb1 = dl.drop_connect_backward(ga * (h > 0), x, w1, 0.2, rng=K.child(5))
    return (gw1, gb1, gw2, gb2), np.sum(y * target)


def network(x, w1, b1, w2, b2, target):
    """The same loss, for autograd."""
    h = da.drop_connect(x, w1, 0.2, bias=b1, rng=K.child(5))
    d = da.dropout(h * (h > 0), 0.3, rng=K.child(0))
    z = da.drop_connect(d, w2, 0.4, bias=b2, rng=K.child(1))
    r = da.drop_path(z, 0.25, True, residual=d, rng=K.child(2))
    s = da.alpha_dropout(r, 0.2, rng=K.child(3))
    y = da.fractal_join([s, None, r], 0.5, True, per="sample", rng=K.child(4))
    return anp.sum(y * target)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_network_has_the_gradient_that_is_made_by_hand(dtype):
    rng = np.random.default_rng(1)
    sizes = (32, 9), (9, 16), (16,), (16, 16), (16,), (32, 16)
    operands = [rng.normal(size=size).astype(dtype) for size in sizes]
    expected, loss = backward_network(*operands)
    actual = autograd.grad(network, (1, 2, 3, 4))(*operands)
    assert_same(network(*operands), loss)
    for gradient, by_hand in zip(actual, expected, strict=True):
        assert_same(gradient, by_hand)


def test_gradients_of_a_bias_of_halves_are_summed_in_float32():
    x, w, g = (np.ones(shape, "f2") for shape in ((5000, 2), (2, 3), (5000, 3)))
    *_, by_hand = dl.drop_connect_backward(g, x, w, rng=K)
    assert_same(by_hand, np.full(3, 5000, "f2"))
    pull, _ = make_vjp(lambda b: da.drop_connect(x, w, bias=b, rng=K))(w[0])
    assert_same(pull(g), by_hand)
    pull, total = make_vjp(lambda g: da.drop_connect_backward(g, x, w, rng=K)[2])(g)
    assert_same(total, by_hand)
    assert_same(pull(w[0]), g)


def test_moments_of_integers_do_not_overflow_in_derivatives():
    x, w = np.full((2, 3), 100, np.int8), np.full((3, 4), 100, np.int8)
    check(lambda w: da.drop_connect_moments(x, w, 0.3)[1] / 1e6, WEIGHT)
    check(lambda w: da.drop_connect_moments(x.tolist(), w, 0.3)[1] / 1e6, WEIGHT)
    check(lambda x: da.drop_connect_moments(x, w, 0.3)[1] / 1e6, INPUTS)


MASKING = {
    "dropout": (X, {"p": 0.3}),
    "spatial_dropout": (X, {"p": 0.3}),
    "alpha_dropout": (X, {"p": 0.3}),
    "drop_path": (X, {"prob": 0.3, "training": True}),
    "drop_block": (MAPS, {"p": 0.3, "block_size": 2}),
}


@pytest.mark.parametrize("name", MASKING)
def test_a_mask_comes_with_a_traced_value(name):
    x, options = MASKING[name]
    plain = functools.partial(getattr(dl, name), rng=K, **options)
    twin = functools.partial(getattr(da, name), rng=K, **options)
    expected, mask = plain(x, return_mask=True)
    masks = []

    def followed(x):
        y, keep = twin(x, return_mask=True)
        masks.append(keep)
        return y

    pull, y = make_vjp(followed)(x)
    assert_same(y, expected)
    assert_same(masks[0], mask)
    assert_same(pull(x), make_vjp(twin)(x)[0](x))
    with pytest.raises(TypeError, match="return_mask must be a bool"):
        make_vjp(lambda x: twin(x, return_mask=0))(x)


def join_of_two(x, **options):
    return da.fractal_join([x, 2 * X], **options)


def layer_of_both(x, **options):
    return da.drop_connect(x[0], x[1].T, bias=x[2, 0, :3], **options)


# Calls that draw; the last of their arguments are for those that do not.
DRAWING = [
    (da.dropout, {}, {"p": 0}),
    (da.dropout, {}, {"mask": KEEP}),
    (da.spatial_dropout, {}, {"p": 1.0}),
    (da.gaussian_dropout, {}, {"mode": "test"}),
    (da.alpha_dropout, {}, {"mask": KEEP}),
    (da.alpha_dropout_backward, {}, {"mode": "eval"}),
    (da.drop_block, {}, {"p": 1}),
    (da.drop_path, {"prob": 0.5, "training": True}, {"training": False}),
    (da.drop_path, {"prob": [0.1] * 4, "training": True}, {"prob": [0, 1, 1, 0]}),
    (join_of_two, {"training": True}, {"prob": 0.0}),
    (join_of_two, {"training": True, "per": "sample"}, {"training": False}),
    (join_of_two, {"training": True, "sampling": "global"}, {"column": 1}),
    (layer_of_both, {}, {"mode": "test"}),
    (layer_of_both, {"per_sample": False}, {"p": 0.0}),
]
LIVE = [
    None,
    np.random.default_rng(1),
    np.random.PCG64(1),
    np.random.RandomState(1),
    np.random.SeedSequence(1),
    [1, 2],
    True,
]


def state(rng):
    """What a generator would draw next, if it is one."""
    if isinstance(rng, np.random.RandomState):
        rng = rng._bit_generator
    return getattr(getattr(rng, "bit_generator", rng), "state", None)


@pytest.mark.parametrize("rng", LIVE, ids=lambda rng: type(rng).__name__)
@pytest.mark.parametrize(("function", "options", "certain"), DRAWING)
def test_a_traced_call_draws_by_what_draws_again(function, options, certain, rng):
    before = str(state(rng))
    message = (
        r"(?s)^rng must be a Key or an int in a traced call, got .*Key\.fresh\(rng\)"
    )
    twin = functools.partial(function, rng=rng)
    for follow in (make_vjp, lambda f: lambda x: make_jvp(f)(x)(x)):
        with pytest.raises(TypeError, match=message):
            follow(lambda x: twin(x, **options))(X)
    check(lambda x: twin(x, **options | certain), X)
    assert str(state(rng)) == before


@pytest.mark.parametrize(("function", "options", "_"), DRAWING)
@pytest.mark.parametrize("seed", [7, np.int64(7)])
def test_an_int_is_the_key_that_it_draws(function, options, _, seed):
    check(lambda x: function(x, rng=seed, **options), X)
    y = make_vjp(lambda x: function(x, rng=seed, **options))(X)[1]
    assert_same(y, function(X, rng=dl.Key.fresh(7), **options))


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("p must not be traced", lambda a: da.dropout(X, a[0], rng=1)),
        ("p must not be traced", lambda a: da.drop_connect_moments(a, WEIGHT, a[0])),
        ("prob must not be traced", lambda a: da.drop_path(X, [a[0]] * 4, rng=1)),
        ("prob must not be traced", lambda a: da.fractal_join([X], a[0], rng=1)),
        ("mask must not be traced", lambda a: da.drop_path(X, 0.5, mask=a)),
        ("out must be None", lambda a: da.dropout(a, rng=1, out=np.ones(4))),
        ("out must not be traced", lambda a: da.dropout(X, rng=1, out=a)),
        ("missing a required argument: 'weight'", lambda a: da.drop_connect(a)),
        (
            "got an unexpected keyword argument 'rate'",
            lambda a: da.dropout(a, rate=0.5),
        ),
        ("mask must be boolean", lambda a: da.dropout(a, mask=np.ones(4))),
        ("x must be a real array", lambda a: da.alpha_dropout(a * 1j, rng=1)),
        (r"x must .* or in a list$", lambda a: da.dropout([[a], [a]], rng=1)),
        (r"x must be array-like, .* droplayers\.autograd", lambda a: dl.dropout(a)),
    ],
)
def test_bad_arguments_of_traced_calls_are_named(message, call):
    with pytest.raises(TypeError, match=f"^{message}"):
        make_vjp(call)(np.full(4, 0.5))


def test_bad_shapes_of_traced_calls_are_named():
    with pytest.raises(ValueError, match=r"^x must have .* weight of shape \(4, 3\)"):
        make_vjp(lambda w: da.drop_connect(INPUTS, w, rng=1))(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"^grad must have shape \(4, 5\)"):
        make_vjp(lambda g: da.drop_connect_backward(g, INPUTS, WEIGHT)[0])(GRAD[1:])
    with pytest.raises(ValueError, match=r"^paths must hold at least one path"):
        make_vjp(lambda paths: da.fractal_join(paths))(np.ones((0, 3)))


def test_a_join_of_a_dead_column_is_none():
    how = {"training": True, "sampling": "global", "column": 1}
    joined = []
    with pytest.warns(UserWarning, match="Output seems independent of input"):
        make_vjp(lambda x: joined.append(da.fractal_join([x, None], **how)))(X)
    assert joined == [None]
    pull, y = make_vjp(lambda x: da.fractal_join([x, X], per="sample", **how))(X)
    assert_same(y, X)
    assert_same(pull(X), np.zeros_like(X))


def test_a_list_of_what_autograd_follows_is_an_array():
    check(lambda a, b: da.dropout([a, X, b], 0.3, rng=K), X, X)
    check(lambda a, b: da.drop_path(X[:2], 0.3, True, residual=(a, b), rng=K), *X[:2])


def test_paths_of_a_gradient_are_asked_for_shapes_alone():
    def split(x):
        return da.fractal_join_backward(x**2, [x, x, None], 0.5, True, rng=K)[0]

    check(split, X)
    with pytest.warns(UserWarning, match="Output seems independent of input"):
        make_vjp(lambda x: da.fractal_join_backward(X, [x, x])[0])(X)
    assert_same(*(f.fractal_join_backward(None, [X])[0] for f in (dl, da)))


def test_calls_without_a_traced_array_take_all_that_the_plain_ones_take():
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    out = np.empty_like(X)
    assert da.dropout(X, rng=rng, out=out) is out
    assert_same(out, dl.dropout(X, rng=twin))
    assert da.drop_path(X) is X
    y, keep = da.drop_block(MAPS.tolist(), rng=rng, return_mask=True)
    expected, mask = dl.drop_block(MAPS, rng=twin, return_mask=True)
    assert_same(y, expected)
    assert_same(keep, mask)
    assert_same(da.fractal_join([X, None]), X)


def test_the_names_and_signatures_are_those_of_the_family():
    masks = {"block_mask", "keep_mask", "kept_rows"}
    others = masks | {"stochastic_depth", "stochastic_depth_backward"}
    assert set(da.__all__) == set(functional.__all__) - others
    for name in da.__all__:
        plain, twin = getattr(dl, name), getattr(da, name)
        assert inspect.signature(twin) == inspect.signature(plain)
        assert (twin.__name__, twin.__module__) == (name, "droplayers.autograd")
        assert twin.__doc__.startswith(f"`droplayers.{name}`, with derivatives.\n")


def test_autograd_is_asked_for_only_where_it_is_used():
    run_python("""
        import sys
        import droplayers
        assert "autograd" not in sys.modules
        sys.modules["autograd"] = None
        try:
            import droplayers.autograd
        except ImportError as error:
            assert "pip install 'droplayers[autograd]'" in str(error), error
        else:
            raise AssertionError("was imported")
    """)
