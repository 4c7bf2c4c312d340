# SPDX-License-Identifier: BSD-3-Clause
"""Objects that raise, lie or change things while they are asked; memory that is not
to be had."""

import functools
import math
import threading

import numpy as np
import pytest
import reference as ref
from arrays import assert_same
from calls import run_python

import droplayers as dl

# Arrays are changed in a way that NumPy 2.5 advises against, and has.
pytestmark = pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")

X = np.arange(24, dtype=np.float32).reshape(4, 6)


class Mine(Exception):
    """An error of the user's own."""


class Raises:
    """Raises whatever it is asked."""

    def __float__(self):
        raise Mine

    __index__ = __array__ = __iter__ = __len__ = __float__


class Told:
    """Is the array that it tells of, or is none."""

    def __init__(self, **interface):
        self.__array_interface__ = {"version": 3, **interface}


CALLS = {
    dl.dropout: (
        {"x": X, "p": 0.5},
        ("x", "p", "mask", "shared_axes", "residual", "full_shape"),
    ),
    dl.drop_path: (
        {"x": X, "prob": 0.5, "training": True},
        ("x", "prob", "mask", "residual", "full_shape"),
    ),
    dl.keep_mask: ({"shape": (4, 6), "p": 0.5}, ("shape", "p", "full_shape")),
}


def calls_with(hostile):
    """Calls in which an object stands for one argument after another."""
    usual = {"out": np.full_like(X, 7), "rng": np.random.default_rng(1)}
    for function, (needed, names) in CALLS.items():
        others = {"rng": usual["rng"]} if function is dl.keep_mask else usual
        for name in names:
            arguments = {**needed, **others, name: hostile}
            yield usual, functools.partial(function, **arguments)


def assert_untouched(usual):
    assert np.all(usual["out"] == 7)
    fresh = np.random.default_rng(1)
    assert usual["rng"].bit_generator.state == fresh.bit_generator.state


def test_an_error_of_an_arguments_own_comes_through():
    for usual, call in calls_with(Raises()):
        with pytest.raises(Mine):
            call()
        assert_untouched(usual)


@pytest.mark.parametrize(
    "told",
    [
        Told(),
        Told(shape=(4, 6)),
        Told(shape=(4, 6), typestr="<f4"),
        Told(shape=(4, 6), typestr="<f4", data=None),
        Told(shape=(4, 6), typestr="nonsense", data=(X.ctypes.data, False)),
        Told(shape=(-4, 6), typestr="<f4", data=(X.ctypes.data, False)),
        Told(shape="46", typestr="<f4", data=(X.ctypes.data, False)),
        Told(shape=(2**40, 2**40), typestr="<f4", data=(X.ctypes.data, False)),
        Told(shape=(4, 6), typestr="<f4", data=(X.ctypes.data, False), strides=(4,)),
    ],
)
def test_what_tells_nonsense_of_its_memory_is_an_error(told):
    for usual, call in calls_with(told):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            call()
        assert_untouched(usual)


def test_an_array_interface_that_holds_is_used():
    told = Told(shape=(4, 6), typestr=X.dtype.str, data=(X.ctypes.data, True))
    assert_same(dl.dropout(told, 0.5, rng=1), dl.dropout(X, 0.5, rng=1))


def test_what_gives_no_array_is_an_error():
    class NoArray:
        def __array__(self, dtype=None, copy=None):
            return "no array"

    for function in (dl.dropout, dl.drop_path):
        with pytest.raises(ValueError, match="array"):
            function(NoArray())


def test_an_array_is_asked_for_once_alone():
    class Shrinks:
        rows = 5

        def __array__(self, dtype=None, copy=None):
            self.rows -= 1
            return np.ones((self.rows, 6))

    assert dl.dropout(Shrinks(), 0.5, rng=1).shape == (4, 6)
    y, keep = dl.drop_path(Shrinks(), 0.5, True, rng=1, return_mask=True)
    assert (y.shape, keep.shape) == ((4, 6), (4,))
    residuals = Shrinks(), Shrinks()
    assert dl.dropout(X, 0.5, residual=residuals[0], rng=1).shape == (4, 6)
    assert dl.drop_path(X, 0.5, True, residual=residuals[1], rng=1).shape == (4, 6)
    assert residuals[0].rows == residuals[1].rows == 4


class Counts:
    """Counts how often it is asked, and fails from the second time on."""

    times = 0

    def __array__(self, dtype=None, copy=None):
        self.times += 1
        if self.times > 1:
            raise Mine
        return X.copy()


def test_a_layer_asks_for_paths_and_gradients_once_alone():
    layer = dl.FractalJoin(0.5, rng=1)
    paths = [Counts(), None, Counts()]
    y = layer(paths)
    assert_same(y, dl.fractal_join([X, None, X], 0.5, True, rng=layer.last_key))
    for made in (layer, dl.Dropout(rng=1), dl.AlphaDropout(rng=1)):
        if made is not layer:
            made(X)
        grad = Counts()
        made.backward(grad)
        assert grad.times == 1
    assert [path and path.times for path in paths] == [1, None, 1]


def test_what_a_subclass_says_of_an_output_does_not_count():
    class Lies(np.ndarray):
        shape = dtype = flags = strides = property(lambda self: True)

        def view(self, *_):
            raise Mine

    for dtype in (np.float32, np.longdouble):
        out = np.zeros((4, 6), dtype).view(Lies)
        assert dl.dropout(X, 0.5, rng=1, out=out) is out
        assert_same(np.asarray(out), dl.dropout(X, 0.5, rng=1).astype(dtype))
        with pytest.raises(ValueError, match="out must have shape"):
            dl.dropout(X[1:], 0.5, rng=1, out=out)


# Each of these is asked while a call is under way, and takes memory away from it.
SHRINKING = """
    import numpy as np
    import droplayers as dl

    N = 1 << 22
    x, r, out = (np.ones(N, np.float32) for _ in range(3))

    def change(result):
        {victim}.resize(1, refcheck=False)
        return result

    class Rate:
        __float__ = lambda self: change(0.5)

    class Number(np.float64):
        __float__ = lambda self: change(0.5)

    class Mask:
        __array__ = lambda self, dtype=None, copy=None: change(np.ones(N, bool))

    class Residual:
        __array__ = lambda self, dtype=None, copy=None: change(np.ones(N, "f4"))

    class Lock:
        acquire = lambda self: change(True)
        release = lambda self: None

    class Bits:
        capsule, lock = np.random.PCG64(1).capsule, Lock()

    class Generator:
        bit_generator = Bits()

    class Property:
        bit_generator = property(lambda self: change(np.random.PCG64(1)))

    class Changing(np.random.Generator):
        @property
        def bit_generator(self):
            return change(super().bit_generator)

    class Locked(np.random.PCG64):
        lock = property(lambda self: change(super().lock) if locked else super().lock)

    changing = Changing(np.random.PCG64(1))
    locked = None  # while a Generator is made of it
    locked = np.random.Generator(Locked(1))
    rates = np.full(N, 0.5)
    try:
        y = dl.{call}
    except (TypeError, ValueError, AttributeError, RuntimeError):
        y = None
    assert y is None or np.all((y >= 0) & (y <= 3))
"""


@pytest.mark.parametrize("victim", ["x", "out"])
@pytest.mark.parametrize(
    "call",
    [
        "dropout(x, Rate(), rng=1, out=out)",
        "dropout(x, Number(0.5), rng=1, out=out)",
        "dropout(x, 0.5, mask=Mask(), out=out)",
        "dropout(x, 0.5, mask=Mask())",
        "dropout(x, 0.5, rng=Generator(), out=out)",
        "dropout(x, 0.5, rng=Generator())",
        "dropout(x, 0.5, rng=Property(), out=out)",
        "dropout(x, 0.5, rng=changing, out=out)",
        "dropout(x, 0.5, scaling='classic', rng=changing, out=out)",
        "dropout(x, 0.5, residual=Residual(), rng=1, out=out)",
        "dropout(x, 0.5, residual=r, rng=changing)",
        "drop_path(x, 0.5, True, residual=Residual(), rng=1, out=out)",
        "drop_path(x, 0.5, True, residual=r, rng=Generator(), out=out)",
        "drop_path(x, 0.5, True, residual=r, rng=changing)",
        "stochastic_depth(x, np.copy, 0.5, True, rng=changing, out=out)",
        "stochastic_depth(x, np.copy, 0.5, True, rng=locked)",
        "stochastic_depth(x, np.copy, 0.5, True, per='batch', rng=locked)",
        "stochastic_depth(x, np.copy, 0.5, True, sampling='fixed', rng=locked)",
    ],
)
def test_an_argument_that_shrinks_an_array_under_a_call_does_no_harm(call, victim):
    run_python(SHRINKING.format(call=call, victim=victim))


@pytest.mark.parametrize("victim", ["x", "r", "rates"])
def test_nor_does_a_generators_lock(victim):
    call = "drop_path(x, rates, True, residual=r, rng=locked)"
    run_python(SHRINKING.format(call=call, victim=victim))


@pytest.mark.parametrize("shape", [(), (24,), (6, 4), (2, 3, 4), (1,) * 30 + (24,)])
@pytest.mark.parametrize("name", ["alpha_dropout", "gaussian_dropout"])
def test_code_that_finds_what_becomes_of_elements_may_reshape_the_array(
    name, shape, monkeypatch
):
    """C asks Python for it, where signals are handled too."""
    x = np.ones(24, np.float32)[: math.prod(shape)]
    function = getattr(dl, name)
    expected = function(x.reshape(shape), 0.5, rng=1)
    helper = "_activations" if name == "alpha_dropout" else "_affine"
    find = function.__globals__[helper]

    def reshape(p):
        x.shape = shape
        return find(p)

    monkeypatch.setitem(function.__globals__, helper, reshape)
    options = {"return_mask": True} if name == "alpha_dropout" else {}
    y = function(x, 0.5, rng=1, **options)
    if options:
        y, keep = y
        assert keep.shape == shape
    assert_same(y, expected)


class Reshapes(np.random.Generator):
    """A generator that reshapes an array when it is asked for its bits."""

    array = np.zeros(0)

    @property
    def bit_generator(self):
        self.array.shape = (-1,)
        return super().bit_generator


def test_an_array_that_the_generator_changes_stops_a_call_before_it_writes():
    x, weight = np.ones((4, 6), np.longdouble), np.ones((6, 5), np.longdouble)
    out, rng = np.full_like(x, 7), Reshapes(np.random.PCG64(1))
    products = np.full((4, 5), np.longdouble(7))
    for call in (
        lambda: dl.alpha_dropout(x, 0.5, rng=rng, out=out),
        lambda: dl.drop_connect(x, weight, rng=rng, out=products),
        lambda: dl.drop_connect_backward(products, x, weight, rng=rng),
        lambda: dl.fractal_join([x, x + 1], 0.5, True, rng=rng, out=out),
        lambda: dl.fractal_join_backward(x, [x, x + 1], 0.5, True, rng=rng),
    ):
        x.shape, rng.array = (4, 6), x
        with pytest.raises(RuntimeError, match="changed during the call"):
            call()
        assert np.all(out == 7)
        assert np.all(products == 7)


def test_memory_that_cannot_be_had_is_an_error_and_nothing_has_happened():
    rng = np.random.default_rng(1)
    huge = np.broadcast_to(np.float32(1), (2**50, 3))
    calls = [
        lambda: dl.keep_mask(2**62, 0.5, rng=rng),
        lambda: dl.keep_mask(2**63 - 1, 0.5, rng=rng, packed=True),
        lambda: dl.keep_mask((2**20, 2**42), 0.0),
        lambda: dl.dropout(huge, 0.5, rng=rng),
        lambda: dl.dropout(huge, 1.0),
        lambda: dl.drop_path(huge, 0.5, True, rng=rng),
        lambda: dl.drop_path(huge, 0.5, True, residual=huge, rng=rng),
        lambda: dl.dropout(np.broadcast_to(1, (2**50, 3)), 0.5, rng=rng),
        lambda: dl.dropout(huge, 0.5, shared_axes=0, rng=rng),
        lambda: dl.dropout(huge, 0.5, "test", scaling="classic"),
    ]
    for call in calls:
        with pytest.raises(MemoryError):
            call()
        state = np.random.default_rng(1).bit_generator.state
        assert rng.bit_generator.state == state


LIMITED = """
    import resource
    import numpy as np
    import droplayers as dl

    x = np.ones((1 << 12, 1 << 11), np.float32)
    mask = np.ones(x.shape, bool)
    out = np.zeros(2 * x.size, np.float32)
    half = out[x.size // 2 : x.size // 2 + x.size].reshape(x.shape)
    half[...] = 7
    rng, fresh = np.random.default_rng(1), np.random.default_rng(1)
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[0])
    limit = pages * resource.getpagesize() + (1 << 24)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    calls = [
        lambda: dl.dropout(x, 0.5, rng=rng),
        lambda: dl.dropout(x.T, 0.5, rng=rng),
        lambda: dl.dropout(mask, 0.5, rng=rng),
        lambda: dl.drop_path(x, 0.5, True, residual=x, rng=rng),
        lambda: dl.drop_path(x, np.full(1 << 12, 0.5), True, rng=rng),
        lambda: dl.keep_mask(1 << 26, 0.5, rng=rng),
        lambda: dl.dropout(out[: x.size].reshape(x.shape), 0.5, rng=rng, out=half),
        lambda: dl.replace(out[: x.size].reshape(x.shape), 0, 0.5, rng=rng, out=half),
        lambda: dl.kept_rows(1 << 23, 0.5, rng=rng),
        lambda: dl.drop_block(x[None, None], 0.5, rng=rng),
    ]
    for _ in range(20):
        for i, call in enumerate(calls):
            try:
                call()
            except MemoryError:
                continue
            raise AssertionError(i)
    assert rng.bit_generator.state == fresh.bit_generator.state
    assert half.min() == half.max() == 7
    y = dl.dropout(x[:8], 0.5, rng=1)
    assert 0 < np.count_nonzero(y) < y.size
    dl.dropout(x, 0.5, mask=mask, out=x)
    assert x.min() == x.max() == 2
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    assert dl.dropout(x, 0.5, rng=1).shape == x.shape
"""


def test_a_process_out_of_memory_goes_on_after_the_error():
    pytest.importorskip("resource")
    run_python(LIMITED)


def test_a_huge_out_that_overlaps_itself_is_refused_at_once():
    x = np.broadcast_to(np.float32(1), (2**40,))
    out = np.lib.stride_tricks.as_strided(np.zeros(1, "f4"), (2**40,), (0,))
    with pytest.raises(ValueError, match=r"^out must "):
        dl.dropout(x, 0.5, rng=1, out=out)


def test_a_residual_that_is_the_same_object_as_all_else_is_no_trouble():
    x = X.copy()
    expected = ref.drop_path(x, 0.5, True, residual=x, key=1)
    y = dl.drop_path(x, 0.5, True, residual=x, out=x, rng=dl.Key(1))
    assert y is x
    assert_same(y, expected)


def test_an_array_that_another_thread_reshapes_while_its_mask_is_packed_does_no_harm():
    n = 1024
    mask = np.ones((n, n), np.bool_)
    for delay in range(20):
        x = np.ones((n, n), np.float32)
        reshape = threading.Timer(delay * 2e-5, setattr, (x, "shape", (n * n,)))
        reshape.start()
        said = ""
        try:
            dl.dropout(x, 0.5, mask=mask, out=x)
        except (RuntimeError, ValueError) as error:  # during the call, or before
            said = str(error)
        reshape.join()
        assert said in ("", "x was changed during the call") or "mask must" in said
        assert set(x.flat) == {1 if said else 2}
