# SPDX-License-Identifier: BSD-3-Clause
"""The functions for Dask arrays give what the oracle gives for the whole array, to the
bit, whatever the chunks."""

import inspect
import math
import pickle
import time

import numpy as np
import pytest
import reference as ref
import reference_family as fam
from arrays import (
    DTYPES,
    RATES,
    arrays,
    assert_same,
    shapes,
    values,
)
from calls import KEY, masks, run_python, words_drawn
from hypothesis import assume, given
from hypothesis import strategies as st

import droplayers as dl

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("droplayers.dask")

K = dl.Key(KEY)
X = values(np.float32, (5, 4, 6))
CUT = da.from_array(X, chunks=((2, 2, 1), (1, 3), (6,)))


@pytest.fixture(autouse=True)
def one_by_one():
    """Blocks are computed in this thread."""
    with dask.config.set(scheduler="sync"):
        yield


@st.composite
def cuts(draw, shape):
    """Chunks of an array, empty ones among them."""
    chunks = []
    for n in shape:
        edges = draw(st.lists(st.integers(0, n), max_size=3))
        chunks.append(tuple(np.diff([0, *sorted(edges), n]).tolist()))
    return tuple(chunks)


@st.composite
def either(draw, x):
    """An operand as it is, or as a Dask array in chunks of its own."""
    return x if draw(st.booleans()) else da.from_array(x, chunks=draw(cuts(x.shape)))


RATE = st.sampled_from(RATES) | st.floats(0, 1)
MODE = st.sampled_from(["train", "train", "test"])


@st.composite
def shared_axes(draw, shape):
    """Axes that share a draw, and the shape of a mask."""
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    mask = tuple(1 if i in axes else n for i, n in enumerate(shape))
    signed = [i - len(shape) * draw(st.booleans()) for i in axes]
    return tuple(signed), mask


@st.composite
def element_calls(draw):
    """A function, x and keywords."""
    name = draw(st.sampled_from(ELEMENTS))
    shape = draw(shapes(max_dims=4, max_size=300))
    complex_too = not name.startswith("alpha")
    kinds = [d for d in DTYPES if complex_too or d.kind != "c"]
    x = draw(arrays(shape, kinds))
    options = {"p": draw(RATE), "mode": draw(MODE)}
    if name == "gaussian_dropout":
        assume(options["p"] < 1.0)
        return name, x, options
    if name == "spatial_dropout":
        assume(len(shape) > 1)
        channel = draw(st.integers(1, len(shape) - 1))
        options["channel_axis"] = channel - len(shape) * draw(st.booleans())
        pairs = enumerate(shape)
        mask = tuple(n if i in (0, channel) else 1 for i, n in pairs)
    else:
        options["shared_axes"], mask = draw(shared_axes(shape))
    if name == "dropout":
        options["scaling"] = draw(st.sampled_from(["inverted", "classic"]))
        if draw(st.booleans()):
            options["residual"] = draw(arrays(shape, [x.dtype]))
    if draw(st.booleans()):
        options["mask"] = draw(masks(mask))
    if name != "alpha_dropout_backward":
        options["return_mask"] = draw(st.booleans())
    return name, x, options


ELEMENTS = [
    "dropout",
    "spatial_dropout",
    "alpha_dropout",
    "alpha_dropout_backward",
    "gaussian_dropout",
]
OPERANDS = "mask", "residual", "prob", "value"


def check(name, x, options, chunks, cut_operand):
    """A function on a Dask array gives the oracle's result on the whole, and knows what
    it will be before it is computed."""
    oracle = getattr(ref if hasattr(ref, name) else fam, name)
    expected = oracle(x, key=KEY, **options)
    whole = da.from_array(x, chunks=chunks)
    others = {
        key: cut_operand(value) if key in OPERANDS and np.ndim(value) else value
        for key, value in options.items()
    }
    with np.errstate(all="raise"):
        result = getattr(dd, name)(whole, rng=K, **others)
        computed = dask.compute(result)[0]
    if options.get("return_mask"):
        pairs = zip(result, computed, expected, strict=True)
        assert result[0].chunks == whole.chunks
    else:
        pairs = [(result, computed, expected)]
        assert result.chunks == whole.chunks
    for lazy, actual, right in pairs:
        assert_same(actual, right)
        assert (lazy.shape, lazy.dtype) == (np.shape(right), right.dtype)
        assert lazy._meta.dtype == right.dtype
        assert type(actual) is (np.ndarray if lazy.ndim else right.dtype.type)


@given(element_calls(), st.data())
def test_every_call_gives_what_the_oracle_gives_for_the_whole_array(call, data):
    name, x, options = call
    chunks = data.draw(cuts(x.shape))
    check(name, x, options, chunks, lambda y: data.draw(either(y)))


@st.composite
def path_calls(draw):
    """x and keywords of drop_path."""
    shape = draw(shapes(min_dims=1, max_dims=4, max_size=300))
    x = draw(arrays(shape))
    options = {
        "prob": draw(RATE),
        "training": draw(st.sampled_from([True, True, False])),
        "per": draw(st.sampled_from(["sample", "batch"])),
        "scaling": draw(st.sampled_from(["inverted", "classic"])),
        "return_mask": draw(st.booleans()),
    }
    if options["scaling"] == "inverted":
        options["scale_by_keep"] = draw(st.booleans())
    batch = options["per"] == "batch"
    if not batch and draw(st.booleans()):
        some = st.sampled_from([0.0, 1.0]) if draw(st.booleans()) else RATE
        rates = draw(st.lists(some, min_size=shape[0], max_size=shape[0]))
        options["prob"] = np.array(rates, np.float64)
    if draw(st.booleans()):
        options["residual"] = draw(arrays(shape, [x.dtype]))
    if draw(st.booleans()):
        options["mask"] = draw(masks((1,) if batch else shape[:1]))
    return x, options


@given(path_calls(), st.data())
def test_every_drop_path_gives_what_the_oracle_gives_for_the_whole_array(call, data):
    x, options = call
    chunks = data.draw(cuts(x.shape))
    check("drop_path", x, options, chunks, lambda y: data.draw(either(y)))


@st.composite
def replace_calls(draw):
    """x and keywords of replace."""
    shape = draw(shapes(max_dims=4, max_size=300))
    others = [np.dtype("M8[s]"), *([np.dtype("U2")] if shape else [])]
    dtype = draw(st.sampled_from([*DTYPES, *others]))
    count = math.prod(shape)
    many = values(np.uint8, (2, count), draw(st.integers(0, 99))).astype(dtype)
    x, value = (many[i].reshape(shape) for i in range(2))
    one = [draw(st.booleans()) for _ in shape]
    value = value[(*(slice(0, 1) if o else slice(None) for o in one), ...)]
    if value.size:
        value = value[(*(0,) * draw(st.integers(0, len(shape))), ...)]
    axes, mask = draw(shared_axes(shape))
    options = {"value": value, "shared_axes": axes, "return_mask": draw(st.booleans())}
    if draw(st.booleans()):
        options["mask"] = draw(masks(mask))
    else:
        options["p"] = draw(RATE)
    return x, options


@given(replace_calls(), st.data())
def test_every_replacement_is_the_oracles_for_the_whole_array(call, data):
    x, options = call
    chunks = data.draw(cuts(x.shape))
    check("replace", x, options, chunks, lambda y: data.draw(either(y)))


def test_an_empty_operand_is_cut_as_x_is():
    x = da.from_array(np.zeros((0, 0), "f4"), chunks=((0,), (0,)))
    keep = da.from_array(np.zeros((0, 0), bool), chunks=((0, 0), (0,)))
    for y in (dd.dropout(x, mask=keep), dd.replace(x, 1, mask=keep)):
        assert y.chunks == x.chunks
        assert y.compute().shape == (0, 0)


def test_text_of_no_axes_has_its_length():
    y = dd.replace(da.from_array(np.array("abc", ">U3"), chunks=()), "z", 1.0)
    assert y.dtype == np.dtype("U3")
    assert y.compute() == "z"


def test_values_that_do_not_fit_are_refused():
    x = da.ones((4, 3), chunks=2, dtype=np.uint8)
    for value in (256, [0, 1, 256], 0.5, [1, 2], "a", np.array([0.5, 1, 2])):
        expected = error_of(lambda v=value: dl.replace(np.ones((4, 3), "u1"), v, 0.5))
        assert error_of(lambda v=value: dd.replace(x, v, 0.5)) == expected
        if isinstance(value, np.ndarray):
            assert error_of(lambda v=value: dd.replace(x, da.array(v), 0.5)) == expected
    late = dd.replace(x, da.from_array(np.array([0, 1, 256])), 1.0)
    with pytest.raises(ValueError, match="value must be integers of uint8, got 256"):
        late.compute()
    for options in ({}, {"p": 0.5, "mask": np.ones((4, 3), bool)}):
        expected = error_of(lambda o=options: dl.replace(np.ones((4, 3)), 0, **o))
        assert error_of(lambda o=options: dd.replace(x, 0, **o)) == expected


@st.composite
def map_calls(draw):
    """x, keywords of drop_block, and chunks with whole maps."""
    sides = st.integers(0, 6)
    n, c, *maps = draw(st.lists(sides, min_size=3, max_size=5))
    channel = draw(st.integers(1, len(maps) + 1))
    shape = (n, *maps[: channel - 1], c, *maps[channel - 1 :])
    x = draw(arrays(shape))
    options = {
        "p": draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.floats(0, 1)),
        "mode": draw(MODE),
        "block_size": draw(st.integers(1, 4)),
        "channel_axis": channel - len(shape) * draw(st.booleans()),
        "shared_channels": draw(st.booleans()),
        "return_mask": draw(st.booleans()),
    }
    if draw(st.booleans()):
        one = options["shared_channels"]
        cells = tuple(1 if one and i == channel else n for i, n in enumerate(shape))
        options["mask"] = draw(masks(cells))
    chunks = draw(cuts(shape))
    whole = [i not in (0, channel) for i in range(len(shape))]
    return (
        x,
        options,
        tuple(
            (n,) if w else sizes
            for n, w, sizes in zip(shape, whole, chunks, strict=True)
        ),
    )


@given(map_calls(), st.data())
def test_every_drop_block_gives_what_the_oracle_gives_for_the_whole_array(call, data):
    x, options, chunks = call
    check("drop_block", x, options, chunks, lambda y: data.draw(either(y)))
    geometry = {k: options[k] for k in ("block_size", "channel_axis")}
    keep = dd.block_mask(x.shape, options["p"], rng=K, chunks=chunks, **geometry)
    assert keep.chunks == chunks
    expected = dl.block_mask(x.shape, options["p"], rng=K, **geometry)
    assert_same(keep.compute(), expected)


def test_maps_that_are_cut_are_refused():
    x = da.ones((2, 3, 8, 8), chunks=(1, 3, 8, 4))
    rechunk = r"x\.rechunk\(\{2: -1, 3: -1\}\) has them"
    message = (
        f"x must have whole maps in each chunk, got 2 chunks along axis 3; {rechunk}"
    )
    for mode in ("train", "test"):
        with pytest.raises(ValueError, match=message):
            dd.drop_block(x, 0.1, mode)
    y = dd.drop_block(x.rechunk({2: -1, 3: -1}), 0.1, rng=K, block_size=2)
    assert_same(y.compute(), dl.drop_block(np.ones(x.shape), 0.1, rng=K, block_size=2))
    with pytest.raises(ValueError, match="chunks must have whole maps in each chunk"):
        dd.block_mask(x.shape, 0.1, chunks=4)
    assert dd.block_mask(x.shape, 0.1).chunks == ((2,), (3,), (8,), (8,))


@given(shapes(max_dims=4, max_size=3000), RATE, st.booleans(), st.data())
def test_every_mask_is_the_oracles(shape, p, packed, data):
    expected = ref.keep_mask(shape, p, KEY)
    if packed:
        expected = ref.packed(expected)
    chunks = data.draw(cuts(expected.shape))
    keep = dd.keep_mask(shape, p, rng=K, packed=packed, chunks=chunks)
    assert keep.chunks == chunks
    assert keep.dtype == expected.dtype
    assert_same(keep.compute(), expected)


def test_the_default_chunks_of_a_mask_are_dasks():
    keep = dd.keep_mask(10**9, 0.5, rng=K)
    assert keep.chunks == da.ones(10**9, dtype=bool).chunks


# --- lazily ---------------------------------------------------------------------------


def refuse(block):
    raise AssertionError("a block was computed")


UNREADABLE = CUT.map_blocks(refuse, dtype=X.dtype, meta=X[:0, :0, :0])
CALLS = {
    "dropout": {},
    "spatial_dropout": {},
    "alpha_dropout": {},
    "alpha_dropout_backward": {},
    "gaussian_dropout": {},
    "drop_path": {"training": True},
    "drop_block": {"block_size": 2},
    "replace": {"value": 7},
}


def call(name, x, p=0.5, rng=K, **options):
    return getattr(dd, name)(x, rng=rng, **rate(name, p), **{**CALLS[name], **options})


def plain(name, x, p=0.5, rng=K, **options):
    return getattr(dl, name)(x, rng=rng, **rate(name, p), **{**CALLS[name], **options})


def rate(name, p):
    return {"prob" if name == "drop_path" else "p": p}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_computes_nothing(name):
    y = call(name, UNREADABLE)
    with pytest.raises(AssertionError, match="a block was computed"):
        y.compute()


def test_a_mask_is_drawn_without_x():
    _, keep = dd.dropout(UNREADABLE, 0.3, shared_axes=1, rng=K, return_mask=True)
    expected = dl.dropout(X, 0.3, shared_axes=1, rng=K, return_mask=True)[1]
    assert_same(keep.compute(), expected)


def test_the_end_of_a_huge_array_is_computed_alone():
    n, part = 2**34, 1000
    x = da.arange(n, chunks=2**24, dtype=np.float64)
    y = dd.dropout(x, 0.3, rng=K)[-part:]
    place = {"full_shape": (n,), "start": (n - part,)}
    end = np.arange(n - part, n, dtype=np.float64)
    assert_same(y.compute(), ref.dropout(end, 0.3, key=KEY, **place))


def test_the_end_of_the_largest_mask_is_computed_alone():
    sides, part = (2**32, 2**32), 1000
    chunks = ((2**32 - 1, 1), (2**32 - part, part))
    keep = dd.keep_mask(sides, 0.3, rng=K, chunks=chunks)[-1]
    place = {"full_shape": sides, "start": (2**32 - 1, 2**32 - part)}
    expected = ref.keep_mask((1, part), 0.3, KEY, **place)[0]
    assert_same(keep[-part:].compute(), expected)


@pytest.mark.parametrize("name", CALLS)
def test_one_key_is_drawn_by_the_call(name):
    for p in (0.0, 0.5, 1.0)[: 2 if name == "gaussian_dropout" else 3]:
        expected = words_drawn(lambda rng, p=p: plain(name, X, p, rng))
        assert words_drawn(lambda rng, p=p: call(name, CUT, p, rng)) == expected
    rng, twin = np.random.default_rng(3), np.random.default_rng(3)
    y, expected = call(name, CUT, rng=rng), plain(name, X, rng=twin)
    assert_same(y.compute(), expected)
    assert_same(y.compute(), expected)
    for seed in (5, [1, 2], np.random.SeedSequence(7), np.random.PCG64(9)):
        twin = pickle.loads(pickle.dumps(seed))
        assert_same(call(name, CUT, rng=seed).compute(), plain(name, X, rng=twin))


def test_a_given_mask_and_test_mode_draw_nothing():
    keep = X > 0
    assert not words_drawn(lambda rng: dd.dropout(CUT, rng=rng, mask=keep))
    assert not words_drawn(lambda rng: dd.dropout(CUT, 0.5, "test", rng=rng))
    rates = [0.0, 1.0, 0.0, 1.0, 1.0]
    assert not words_drawn(lambda rng: dd.drop_path(CUT, rates, True, rng=rng))
    lazily = da.from_array(np.array(rates), chunks=2)
    assert words_drawn(lambda rng: dd.drop_path(CUT, lazily, True, rng=rng)) == 1


def test_calls_without_rng_differ_and_each_is_one_array():
    x = da.ones(1000, chunks=100)
    y, z = dd.dropout(x), dd.dropout(x)
    assert y.name != z.name
    assert (y.compute() != z.compute()).any()
    assert_same(y.compute(), y.compute())
    assert dd.dropout(x, rng=K).name == dd.dropout(x, rng=dl.Key(KEY)).name
    assert dd.dropout(x, rng=K).name != dd.dropout(x, rng=K.child(0)).name


@pytest.mark.parametrize("name", CALLS)
def test_where_nothing_is_done_x_is_returned(name):
    assert call(name, CUT, 0.0) is CUT
    if name != "replace":
        off = {"training": False} if name == "drop_path" else {"mode": "test"}
        assert call(name, CUT, **off) is CUT
    integers = da.ones((4, 4, 2), chunks=(2, 2, 2), dtype=np.int32)
    same = np.int32 if name == "replace" else np.float64
    assert_same(call(name, integers, 0.0).compute(), np.ones((4, 4, 2), same))


def test_arguments_may_change_after_the_call():
    axes, p = [0], np.array(0.5)
    y = dd.dropout(CUT, p, shared_axes=axes, rng=K)
    expected = dl.dropout(X, 0.5, shared_axes=0, rng=K)
    axes[0], p[...] = 1, 0.25
    assert_same(y.compute(), expected)


# --- threads --------------------------------------------------------------------------


def other_threads(call):
    """The time that threads other than this one compute during a call, as a share of
    this one's."""
    process, thread = time.process_time(), time.thread_time()
    call()
    own = time.thread_time() - thread
    return (time.process_time() - process - own) / own


def test_a_block_is_computed_on_one_thread_and_other_calls_are_not():
    x = np.ones(1 << 25, np.float32)
    y = dd.gaussian_dropout(da.from_array(x, chunks=-1), rng=K)
    with dl.num_threads(2):
        assert other_threads(lambda: dl.gaussian_dropout(x, rng=K)) > 0.2
        assert other_threads(y.compute) < 0.1
        assert other_threads(lambda: dl.gaussian_dropout(x, rng=K)) > 0.2
        assert dl.get_num_threads() == 2


# --- errors ---------------------------------------------------------------------------


def error_of(call):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    return type(error.value), str(error.value)


KEEP = X > 0
BAD = {
    "p": [1.5, -0.1, np.nan, "0.5", None, True, 0.5j],
    "prob": [1.5, None, [0.5], [0.5] * 4 + [1.5], np.array(["a"] * 5)],
    "mode": ["Train", None],
    "training": ["test", 1, None],
    "scaling": ["other", None],
    "per": ["pixel", None],
    "scale_by_keep": [1],
    "shared_axes": [3, 1.0, None, (1, -2)],
    "channel_axis": [0, 3, 1.0, None],
    "return_mask": [1, None],
    "rng": ["seed", -1, 0.5],
    "mask": [X, KEEP[:4], KEEP.tolist()[0], "yes", KEEP[:, :1]],
    "residual": [X[:4], "text", np.full(X.shape, "a")],
    "x": [np.full(X.shape, "a"), np.full(X.shape, None), np.zeros(X.shape, "V4")],
    "grad": [np.full(X.shape, "a"), X.astype(np.complex64)],
    "shape": [-4, "99", (9.0, 9), None],
    "packed": [1, None],
    "block_size": [0, 1.5, None, (1, 2)],
    "shared_channels": [1, None],
}


def bad_calls():
    for name in dd.__all__:
        for parameter in inspect.signature(getattr(dd, name)).parameters:
            for value in BAD.get(parameter, []):
                yield name, parameter, value


@pytest.mark.parametrize(("name", "parameter", "value"), [*bad_calls()])
def test_a_bad_argument_fails_at_the_call_as_it_does_for_numpy(name, parameter, value):
    first, *_ = inspect.signature(getattr(dd, name)).parameters
    own = {"shape": (4, 6, 5)} if first == "shape" else {first: X}
    own |= CALLS.get(name, {}) | {"rng": K}
    if parameter != "mask":
        own |= rate(name, 0.5)
    own[parameter] = value
    lazy = dict(own)
    if first != "shape":
        lazy[first] = CUT if first != parameter else da.from_array(value, chunks=-1)
    expected = error_of(lambda: getattr(dl, name)(**own))
    assert error_of(lambda: getattr(dd, name)(**lazy)) == expected
    if isinstance(value, np.ndarray) and parameter != first:
        lazy[parameter] = da.from_array(value, chunks=1)
        if (name, parameter) != ("drop_path", "prob") or value.dtype.kind != "f":
            assert error_of(lambda: getattr(dd, name)(**lazy)) == expected


@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_dask_array_and_unknown_chunks_are_refused(name):
    own = "grad" if name == "alpha_dropout_backward" else "x"
    with pytest.raises(TypeError, match=f"^{own} must be a Dask array, got ndarray; "):
        call(name, X)
    message = f"^{own} must have known chunk sizes, got shape .nan, 4, 6.; "
    with pytest.raises(ValueError, match=message):
        call(name, CUT[CUT[:, 0, 0] > 0])


def test_operands_with_unknown_chunks_are_refused():
    rows = da.ones(X.shape, chunks=2)
    for name, others in {"mask": rows > 0, "residual": rows}.items():
        with pytest.raises(ValueError, match=f"^{name} must have known chunk sizes"):
            dd.dropout(CUT, **{name: others[rows[:, 0, 0] > 0]})


def test_rates_that_cannot_be_fail_where_they_are_computed():
    y = dd.drop_path(CUT, da.from_array(np.array([0, 0.5, 2, 0, 1])), True, rng=K)
    with pytest.raises(ValueError, match=r"prob must be in \[0, 1\], got 2.0"):
        y.compute()


def test_blocks_that_are_no_plain_arrays_are_refused():
    masked = da.ma.masked_array(CUT, CUT > 0)
    with pytest.raises(TypeError, match="x must be a plain array, got a MaskedArray"):
        dd.dropout(masked)


# --- the module -----------------------------------------------------------------------

OWN = {"full_shape", "start", "out"}


@pytest.mark.parametrize("name", dd.__all__)
def test_signatures_are_those_for_numpy(name):
    def parameters(function):
        return [
            (p.name, p.kind, p.default)
            for p in inspect.signature(function).parameters.values()
            if p.name not in OWN | {"chunks"}
        ]

    assert parameters(getattr(dd, name)) == parameters(getattr(dl, name))


def test_all_functions_that_know_blocks_are_there():
    taking = {
        name
        for name in dl.functional.__all__
        if "full_shape" in inspect.signature(getattr(dl, name)).parameters
    }
    assert set(dd.__all__) == taking


def test_dask_is_asked_for_only_where_it_is_used():
    run_python("""
        import sys
        import droplayers
        assert "dask" not in sys.modules
        sys.modules["dask"] = None
        try:
            import droplayers.dask
        except ImportError as error:
            assert "pip install 'droplayers[dask]'" in str(error), error
        else:
            raise AssertionError("was imported")
    """)


def test_xarray_hands_its_dask_arrays_over():
    xarray = pytest.importorskip("xarray")
    x = xarray.DataArray(CUT, dims=["batch", "time", "feature"])
    kwargs = {"p": 0.5, "rng": K, "shared_axes": 1}
    y = xarray.apply_ufunc(dd.dropout, x, kwargs=kwargs, dask="allowed")
    assert y.chunks == x.chunks
    assert_same(y.to_numpy(), dl.dropout(X, **kwargs))
    with pytest.raises(TypeError, match="x must be a Dask array, got DataArray"):
        dd.dropout(x)
