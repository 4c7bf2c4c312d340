# SPDX-License-Identifier: BSD-3-Clause
"""fractal_join and its backward pass are the oracle's over their whole argument space,
to the bit, and their survivors have the distribution that they should."""

import itertools
import math
import tracemalloc

import mpmath
import numpy as np
import pandas as pd
import pytest
import reference as ref
import reference_family as family
from arrays import (
    DTYPES,
    FLOATS,
    KERNELS,
    LAYOUTS,
    RATES,
    arrays,
    assert_same,
    laid_out,
    on_each_isa,
    shapes,
    values,
)
from calls import KEY, assert_stored, outs, run_python, words_drawn
from hypothesis import assume, given
from hypothesis import strategies as st

import droplayers as dl
from droplayers._lib import elementwise
from droplayers.functional import _fractal_join

BOTH = [
    {"sampling": sampling, "per": per}
    for sampling in ("local", "global")
    for per in ("batch", "sample")
]


def living(paths):
    return [x for x in paths if x is not None]


def promotes(paths):
    """Whether arrays have a common dtype; bfloat16 has few relatives."""
    try:
        np.result_type(*(x.dtype for x in paths))
    except TypeError:
        return False
    return True


@st.composite
def joins(draw):
    """Paths, some of them dead, and the keywords of both passes."""
    per = draw(st.sampled_from(["batch", "sample"]))
    shape = draw(shapes(min_dims=per == "sample", max_dims=4, max_size=700))
    size = draw(st.integers(1, 5))
    kinds = draw(st.sampled_from([[d] for d in DTYPES]) | st.just(DTYPES))
    path = st.none() | arrays(shape, kinds) | arrays(shape, kinds)
    paths = [draw(path) for _ in range(size)]
    assume(not living(paths) or promotes(living(paths)))
    certain = st.sampled_from([0.0, 1.0])
    rates = draw(st.sampled_from([certain, st.sampled_from(RATES) | st.floats(0, 1)]))
    options = {
        "prob": draw(rates | st.lists(rates, min_size=size, max_size=size)),
        "training": draw(st.sampled_from([True, True, np.True_, False])),
        "sampling": draw(st.sampled_from(["local", "global"])),
        "per": per,
    }
    if options["sampling"] == "global":
        options["column"] = draw(st.none() | st.integers(0, size - 1))
    return paths, options


# Tiles smaller than an array, so that there are many, or as they are.
TILES = st.sampled_from([1, 7, 40, elementwise.TILE])


def check_tiled(tile, check):
    """Calls a function on every instruction set with tiles of some size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elementwise, "TILE", tile)
        on_each_isa(check)


@given(st.data(), TILES)
def test_every_join_gives_what_the_oracle_gives(data, tile):
    paths, options = data.draw(joins())
    operands = living(paths)
    expected = family.fractal_join(paths, key=KEY, **options)
    out = data.draw(outs(ref.common(*operands), *operands)) if operands else None
    before = None if out is None else out.copy()
    copies = [x.copy() for x in operands]

    def check():
        if out is not None:
            out[...] = before
        with np.errstate(all="raise"):
            y = dl.fractal_join(paths, rng=dl.Key(KEY), out=out, **options)
        if expected is None:
            assert y is None
            assert out is None or out.tobytes() == before.tobytes()
        else:
            assert_stored(y, expected, out)
        if out is None:
            assert y is None or type(y) is (np.ndarray if y.ndim else y.dtype.type)
            for x, copy in zip(operands, copies, strict=True):
                assert x.tobytes() == copy.tobytes()

    check_tiled(tile, check)


@given(st.data(), TILES)
def test_every_backward_pass_gives_what_the_oracle_gives(data, tile):
    paths, options = data.draw(joins())
    shape = living(paths)[0].shape if living(paths) else (3,)
    grad = data.draw(st.none() | arrays(shape) | arrays(shape))
    expected = family.fractal_join_backward(grad, paths, key=KEY, **options)

    def check():
        with np.errstate(all="raise"):
            rng = dl.Key(KEY)
            grads = dl.fractal_join_backward(grad, paths, rng=rng, **options)
        for g, e in zip(grads, expected, strict=True):
            assert (g is None) == (e is None)
            if g is not None:
                assert_same(g, e)

    check_tiled(tile, check)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("per", ["batch", "sample"])
def test_paths_of_several_tiles_may_lie_in_memory_in_any_way(dtype, layout, per):
    shape = (40, 31, 43)
    paths = [laid_out(values(dtype, shape, seed), layout) for seed in range(3)]
    grad = laid_out(values(dtype, shape, 3), layout)
    options = {"prob": 0.4, "training": True, "per": per}
    expected = family.fractal_join(paths, key=KEY, **options)
    assert_same(dl.fractal_join(paths, rng=dl.Key(KEY), **options), expected)
    y = dl.fractal_join([paths[0], *values(dtype, (2, *shape))])
    assert y.strides == np.empty_like(paths[0]).strides
    expected = family.fractal_join_backward(grad, paths, key=KEY, **options)
    grads = dl.fractal_join_backward(grad, paths, rng=dl.Key(KEY), **options)
    for g, e in zip(grads, expected, strict=True):
        assert_same(g, e)
        assert g.strides == np.empty_like(grad).strides


@pytest.mark.parametrize("features", [(), (1,), (3,), (33,), (9, 1025)], ids=str)
@pytest.mark.parametrize("dtype", KERNELS)
def test_samples_of_any_size_are_dropped_whole(features, dtype):
    shape = (9 if features == (9, 1025) else 70_000 // math.prod(features), *features)
    paths = [values(dtype, shape, seed) for seed in range(3)]
    for prob in (0.3, [0.2, 0.8, 1.0]):
        options = {"prob": prob, "training": True, "per": "sample"}
        expected = family.fractal_join(paths, key=KEY, **options)
        assert_same(dl.fractal_join(paths, rng=dl.Key(KEY), **options), expected)


# --- what may be joined ---------------------------------------------------------------


def test_paths_are_a_list_a_tuple_or_the_first_axis_of_an_array():
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    expected = (x[0] + x[1] + x[2]) / 3
    for paths in (x, list(x), tuple(x), x.tolist(), np.asfortranarray(x)):
        assert_same(dl.fractal_join(paths), expected)
    assert_same(dl.fractal_join([x[0], pd.DataFrame(x[1]), x[2].tolist()]), expected)
    assert_same(dl.fractal_join(pd.DataFrame(x[0])), dl.fractal_join(x[0]))
    paths = np.empty(4, object)
    paths[:] = [x[0], None, x[1], x[2]]
    assert_same(dl.fractal_join(paths), expected)
    assert np.shares_memory(dl.fractal_join(x[:1]), x)
    assert dl.fractal_join([1, 2, 6]) == 3
    assert type(dl.fractal_join(np.float32([1, 2]))) is np.float32
    assert len(dl.fractal_join_backward(expected, x)) == 3


def test_all_living_paths_promote_even_those_that_are_dropped():
    paths = [np.ones(3, "f4"), None, np.ones(3, "F"), np.ones(3, "f8")]
    how = {"training": True, "sampling": "global", "column": 0}
    assert dl.fractal_join(paths, **how).dtype == np.complex128
    # One after the other i2 and u2 would make i4, and that with f4 a float64.
    mixed = [np.ones(3, dtype) for dtype in ("i2", "u2", "f4")]
    for order in itertools.permutations(mixed):
        assert dl.fractal_join(order).dtype == np.float32


@pytest.mark.parametrize("dtype", ["f2", "bfloat16"])
def test_halves_are_summed_in_float32_and_rounded_once(dtype):
    dtype = KERNELS[-1] if dtype == "bfloat16" else np.float16
    paths = np.random.default_rng(0).normal(size=(4, 500)).astype(dtype)
    wide = paths.astype("f4")
    total = wide[0] + wide[1] + wide[2] + wide[3]
    assert_same(dl.fractal_join(paths), (total / np.float32(4)).astype(dtype))
    twice = (paths[0] + paths[1] + paths[2] + paths[3]) / dtype(4)
    assert np.any(dl.fractal_join(paths) != twice)


def test_out_gets_what_a_new_result_would_be_in_its_own_dtype():
    paths = np.random.default_rng(0).normal(size=(3, 500)).astype("f2")
    for dtype in ("f2", "f4", "f8", ">f4", "F"):
        out = np.empty(500, dtype)
        assert dl.fractal_join(paths, out=out) is out
        np.testing.assert_array_equal(out, dl.fractal_join(paths))


@pytest.mark.parametrize("layout", ["C", "F", "transposed"])
def test_tiles_go_through_memory_in_one_piece(layout):
    x = laid_out(np.zeros((300, 20, 30)), layout, axes=(2, 0, 1))
    keep = np.ones((1, 300), bool)
    parts = [part for _, (part,) in _fractal_join._Tiling(keep, x.dtype, x).tiles(x)]
    assert sum(part.size for part in parts) == x.size
    assert all(1 < part.size <= elementwise.TILE for part in parts)
    assert all(part.flags.c_contiguous for part in parts)


def test_out_may_overlap_the_paths_in_any_way():
    for dtype, first, step in itertools.product(("f4", "f2"), (0, 1, 2), (1, -1)):
        memory = np.random.default_rng(0).normal(size=70_002).astype(dtype)
        paths = [memory[:-2], memory[1:-1], memory[2:]]
        for per in ("batch", "sample"):
            how = {"prob": 0.3, "training": True, "per": per}
            expected = family.fractal_join(paths, key=KEY, **how)
            fresh = memory.copy()
            views = [fresh[i : i + 70_000] for i in range(3)]
            out = views[first][::step]
            assert dl.fractal_join(views, rng=dl.Key(KEY), out=out, **how) is out
            assert_same(out, expected)


def test_one_path_that_survives_for_all_samples_is_not_copied():
    a, b, c = (np.full((4, 3), v, np.float32) for v in (1, 2, 3))
    local = {"training": True, "prob": [1, 0, 1]}
    chosen = {"training": True, "sampling": "global"}
    assert dl.fractal_join([a, None]) is a
    assert dl.fractal_join([None, b, None], 0.5, True, per="sample") is b
    for per in ("batch", "sample"):
        assert dl.fractal_join([a, b, c], **local, per=per) is b
        assert dl.fractal_join([a, b, c], **chosen, column=2, per=per) is c
    column = family.choice(KEY, 0, 3, 1)
    assert dl.fractal_join([a, b, c], **chosen, rng=dl.Key(KEY)) is [a, b, c][column]
    wide = dl.fractal_join([a, b.astype("f8")], **local | {"prob": [0, 1]})
    assert_same(wide, a.astype("f8"))
    swapped = dl.fractal_join([a.astype(">f4")])
    assert_same(swapped, a)
    out = np.empty_like(a)
    assert dl.fractal_join([a], out=out) is out
    assert_same(out, a)


def test_gradients_are_new_arrays():
    paths, grad = [np.ones((4, 3))] * 3, np.ones((4, 3))
    for training in (False, True):
        for how in BOTH:
            grads = dl.fractal_join_backward(grad, paths, 0.5, training, rng=1, **how)
            for x, y in itertools.combinations([grad, *grads, paths[0]], 2):
                assert not np.shares_memory(x, y)


def test_a_join_without_a_survivor_is_dead():
    a, out = np.ones((4, 3)), np.full((4, 3), 7.0)
    for how in BOTH:
        for training in (False, True):
            assert dl.fractal_join([None], training=training, rng=1, **how) is None
            dead = dl.fractal_join([None] * 3, 1, training, rng=1, out=out, **how)
            assert dead is None
            grads = dl.fractal_join_backward(None, [None] * 3, 0.5, training, rng=1)
            assert grads == [None] * 3
    chosen = {"training": True, "sampling": "global", "column": 1}
    assert dl.fractal_join([a, None], out=out, **chosen) is None
    assert np.all(out == 7)
    assert_same(dl.fractal_join([a, None], per="sample", **chosen), np.zeros((4, 3)))
    for grad in (None, a):
        grads = dl.fractal_join_backward(grad, [a, None], **chosen)
        assert grads[1] is None
        assert_same(grads[0], np.zeros((4, 3)))
    assert_same(dl.fractal_join_backward(None, [a > 2])[0], np.zeros((4, 3)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_dropped_is_gone_whatever_it_was(dtype):
    x = np.ones((2000, 3), dtype)
    with np.errstate(all="ignore"):
        bad = np.full_like(x, np.nan)
        bad[::2] = np.inf
    how = {"prob": [0, 0.5, 0], "training": True, "per": "sample", "rng": dl.Key(KEY)}
    y = dl.fractal_join([x, bad, x], **how)
    clean = dl.fractal_join([x, x, x], **how)
    kept = dl.fractal_join_backward(x, [x, bad, x], **how)[1][:, 0] != 0
    assert 900 < np.count_nonzero(kept) < 1100
    assert_same(y[~kept], clean[~kept])
    assert not np.any(np.isfinite(y[kept]))


def test_a_sum_of_negative_zeros_is_negative():
    x = np.full((50, 3), -0.0)
    for how in ({}, {"prob": 0.5, "training": True, "per": "sample", "rng": 1}):
        assert np.all(np.signbit(dl.fractal_join([x, x], **how)))


UNREAD = """
    import mmap
    import numpy as np
    from arrays import PROT_NONE, assert_same, on_each_isa, protect
    import droplayers as dl

    size = mmap.PAGESIZE // 4
    paths = [np.frombuffer(mmap.mmap(-1, 160 * size), "f4").reshape(40, size)
             for _ in range(3)]
    for v, x in enumerate(paths):
        x[...] = v
    how = dict(prob=0.5, training=True, rng=dl.Key(1), {options})
    expected = dl.fractal_join(paths, **how).copy()
    grads = dl.fractal_join_backward(paths[0] + 1, paths, **how)
    rows = [x[i] for x, g in zip(paths, grads) for i in np.flatnonzero(g[:, 0] == 0)]
    assert len(rows) >= 40
    for row in rows:
        protect(row, PROT_NONE)

    def check():
        assert_same(dl.fractal_join(paths, **how), expected)

    on_each_isa(check)
"""


@pytest.mark.parametrize("per", ["batch", "sample"])
@pytest.mark.parametrize("sampling", ["local", "global"])
def test_the_memory_of_what_is_dropped_is_not_read(sampling, per):
    run_python(UNREAD.format(options=f"sampling={sampling!r}, per={per!r}"))


def peak(function, *arguments, **options):
    """The most memory that a call takes at once."""
    tracemalloc.start()
    try:
        function(*arguments, **options)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", [*FLOATS, np.int32])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_memory_beyond_the_result_does_not_grow_with_the_paths(dtype, layout):
    shape, tile = (4000, 250), 4 * 32 * elementwise.TILE
    paths = [laid_out(np.ones(shape, dtype), layout) for _ in range(3)]
    x = dl.fractal_join(paths)
    for how in BOTH:
        options = {"prob": 0.3, "training": True, "rng": dl.Key(1), **how}
        assert peak(dl.fractal_join, paths, **options) < x.nbytes + tile
        assert peak(dl.fractal_join, paths, out=x, **options) < tile
        assert peak(dl.fractal_join_backward, x, paths, **options) < 3 * x.nbytes + tile
    assert peak(dl.fractal_join, paths, out=x) < tile


# --- who survives ---------------------------------------------------------------------


def chance(counts, expected):
    """The probability that Pearson's chi-square is as large by chance."""
    assert sum(expected) == pytest.approx(sum(counts))
    pairs = zip(counts, expected, strict=True)
    square = sum((n - e) ** 2 / e for n, e in pairs)
    half = (len(counts) - 1) / 2
    return float(mpmath.gammainc(half, square / 2, regularized=True))


def survivors(paths, samples, rng, **options):
    """Which of the paths survive, for many samples: of shape (samples, paths)."""
    paths = [None if x is None else np.ones(samples) for x in paths]
    grad = np.ones(samples)
    grads = dl.fractal_join_backward(grad, paths, training=True, rng=rng, **options)
    none = np.zeros(samples)
    return np.stack([none if g is None else g for g in grads], axis=1) != 0


def local_probabilities(rates):
    """The exact probability of each set of survivors, by its bits; None is dead."""
    alive = [j for j, rate in enumerate(rates) if rate is not None]
    found = np.zeros(1 << len(rates))
    for kept in itertools.product([False, True], repeat=len(alive)):
        p = math.prod(
            1 - rates[j] if k else rates[j] for j, k in zip(alive, kept, strict=True)
        )
        if any(kept):
            found[sum(1 << j for j in itertools.compress(alive, kept))] += p
        else:
            for j in alive:
                found[1 << j] += p / len(alive)
    return found


def test_the_chi_square_test_knows_a_fair_count_from_an_unfair_one():
    assert chance([250, 250, 500], [250, 250, 500]) == 1
    assert chance([10, 20], [15, 15]) == pytest.approx(0.0679, abs=1e-4)
    assert chance([1000, 1100, 900], [1000] * 3) < 1e-4


RATE_LISTS = [
    [0.5, 0.5],
    [0.15, 0.15, 0.15],
    [0.9, 0.5, 0.7],
    [0.5, None, 0.8, 0.8],
    [1.0, 1.0, 1.0],
    [1.0, 0.5, 1.0, 0.25],
    [0.0, 0.3, 0.6],
]


def assert_distributed(kept, rates):
    """Sets of survivors are as probable as they should be; others do not occur."""
    expected = len(kept) * local_probabilities(rates)
    counts = np.bincount(kept @ (1 << np.arange(len(rates))), minlength=len(expected))
    possible = expected > 0
    assert not np.any(counts[~possible])
    assert chance(counts[possible], expected[possible]) > 0.001


@pytest.mark.parametrize("rates", RATE_LISTS, ids=str)
def test_survivors_of_local_joins_have_their_exact_distribution(rates):
    prob = [0.5 if rate is None else rate for rate in rates]
    kept = survivors(rates, 200_000, dl.Key(KEY), prob=prob, per="sample")
    assert_distributed(kept, rates)
    key = dl.Key(KEY)
    kept = np.concatenate(
        [survivors(rates, 1, key.child(i), prob=prob) for i in range(3000)]
    )
    assert_distributed(kept, rates)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_global_joins_choose_each_column_as_often(size):
    many = survivors([1] * size, 100_000, dl.Key(KEY), sampling="global", per="sample")
    keys = dl.Key(KEY).split(3000)
    few = [survivors([1] * size, 1, key, sampling="global") for key in keys]
    for kept in (many, np.concatenate(few)):
        assert np.all(kept.sum(axis=1) == 1)
        if size > 1:
            assert chance(kept.sum(axis=0), [len(kept) / size] * size) > 0.001


def test_one_key_chooses_the_same_column_at_every_join_of_a_net():
    wide, narrow = np.ones((30, 7, 2)), np.ones((30, 4))
    for key in (*dl.Key(KEY).split(20), 5):
        for per in ("batch", "sample"):
            how = {"training": True, "sampling": "global", "per": per, "rng": key}
            columns = set()
            for x in (wide, narrow, wide.astype("f2")):
                for prob in (0.0, 0.15, [1.0, 0.2, 0.5]):
                    y = dl.fractal_join([x, x * 2, x * 3], prob, **how)
                    columns.add(tuple(y.reshape(30, -1).mean(axis=1)))
            assert len(columns) == 1
            column = np.array(columns.pop())
            ended = dl.fractal_join([None, narrow * 2, None], **how)
            if per == "sample":
                np.testing.assert_array_equal(ended[:, 0], np.where(column == 2, 2, 0))
            else:
                assert ended is None if column[0] != 2 else np.all(ended == 2)


def test_local_joins_under_different_keys_choose_for_themselves():
    x = np.ones((1000, 1))
    first, second = (
        dl.fractal_join([x, 2 * x], 0.5, True, per="sample", rng=key)
        for key in dl.Key(KEY).split(2)
    )
    assert 300 < np.count_nonzero(first == second) < 500


@given(st.data())
def test_backward_is_the_adjoint_of_forward(data):
    paths, options = data.draw(joins())
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    paths = [None if x is None else rng.normal(size=x.shape) for x in paths]
    assume(living(paths))
    grad = rng.normal(size=living(paths)[0].shape)
    how = {**options, "rng": dl.Key(KEY)}
    y = dl.fractal_join(paths, **how)
    grads = dl.fractal_join_backward(None if y is None else grad, paths, **how)
    forward = 0 if y is None else np.sum(y * grad)
    pairs = zip(living(paths), living(grads), strict=True)
    back = sum(np.sum(x * g) for x, g in pairs)
    assert back == pytest.approx(forward, rel=1e-12, abs=1e-12)


# --- generators and bad arguments -----------------------------------------------------

X = np.arange(24, dtype=np.float32).reshape(4, 6)
PATHS = [X, X + 1, X + 2]
WORDS = [
    (PATHS, 0.5, {}, 1),
    (PATHS, 1e-30, {}, 1),
    (PATHS, [0, 1e-30, 1], {}, 1),
    (PATHS, 1, {}, 1),
    (PATHS, [1, 1, 1], {}, 1),
    ([X, X, None], [1, 1, 0], {}, 1),
    ([X[:0], X[:0]], 0.5, {}, 1),
    (PATHS, 0, {}, 0),
    (PATHS, [0, 1, 0], {}, 0),
    ([X, X, None], [0, 1, 0.5], {}, 0),
    (PATHS, 0.5, {"training": False}, 0),
    ([None, X], 0.5, {}, 0),
    ([None, None], 0.5, {}, 0),
    (PATHS, 0.5, {"sampling": "global", "column": 2}, 0),
    (PATHS, 0.5, {"sampling": "global", "training": False}, 0),
]


def both_passes(paths, **options):
    """Forward and backward pass as functions of rng."""
    grad = next((x for x in paths if x is not None), X)
    return (
        lambda rng: dl.fractal_join(paths, rng=rng, **options),
        lambda rng: dl.fractal_join_backward(grad, paths, rng=rng, **options),
    )


@pytest.mark.parametrize(("paths", "prob", "options", "words"), WORDS)
@pytest.mark.parametrize("per", ["batch", "sample"])
def test_a_generator_advances_by_one_word_or_by_none(paths, prob, options, words, per):
    how = {"prob": prob, "training": True, "per": per, **options}
    word = np.random.default_rng(7).integers(0, 2**64, dtype=np.uint64)
    for call in both_passes(paths, **how):
        assert words_drawn(call) == words
        np.testing.assert_equal(call(7), call(dl.Key(int(word))))


@pytest.mark.parametrize("per", ["batch", "sample"])
def test_memory_that_cannot_be_had_draws_nothing(per):
    huge = [np.broadcast_to(np.float32(v), (2**50, 3)) for v in range(3)]
    for call in both_passes(huge, prob=0.5, training=True, per=per):

        def fails(rng, call=call):
            with pytest.raises(MemoryError):
                call(rng)

        assert words_drawn(fails) == 0


COMMON = [
    *((TypeError, "paths", {"paths": p}) for p in (None, 3, "ab", {}, iter([X]), {1})),
    *((TypeError, "paths", {"paths": p}) for p in (np.array(3.0), np.ma.array(X))),
    *((TypeError, r"paths\[1\]", {"paths": [X, x, X]})
      for x in (X.astype("O"), np.ma.array(X), X.astype("M8[s]"), X.astype("S"))),
    *((ValueError, "paths", {"paths": p}) for p in ([], (), np.ones((0, 4, 6)))),
    *((ValueError, r"paths\[2\]", {"paths": [None, X, x]}) for x in (X.T, X[0], 1, [])),
    *((ValueError, r"paths\[1\]", {"paths": [None, x, x], "per": "sample"})
      for x in (1.0, np.array(2))),
    (TypeError, "paths", {"paths": [X.astype("f2"), X.astype(KERNELS[-1])]}),
    *((ValueError, "prob", {"prob": p}) for p in (-0.1, 1.5, math.nan, math.inf)),
    *((TypeError, "prob", {"prob": p}) for p in (None, "0.5", True, 0.5j, ["a"] * 3)),
    *((ValueError, "prob", {"prob": p}) for p in ([], [0.5], [0.5] * 4, [[0.5]] * 3)),
    *((ValueError, "prob", {"prob": [0.1, p, 0.1]}) for p in (-1, 1.1, math.nan)),
    *((TypeError, "training", {"training": t}) for t in (1, 0, None, "test", [], 1.0)),
    *((ValueError, "sampling", {"sampling": s}) for s in ("both", None, 1, ["local"])),
    *((ValueError, "per", {"per": p}) for p in ("row", None, 0, b"batch")),
    *((ValueError, "column", {"column": c}) for c in (0, 1, 9, "1")),
    *((ValueError, "column", {"column": c, "sampling": "global"})
      for c in (-1, 3, 2**70, np.int8(-3))),
    *((TypeError, "column", {"column": c, "sampling": "global"})
      for c in (1.0, "1", True, [1], np.True_)),
    (ValueError, "column", {"column": 3, "sampling": "global", "training": False}),
    (ValueError, "column", {"column": 1, "training": False}),
    *((TypeError, "rng", {"rng": rng, "sampling": "global"})
      for rng in (None, np.random.default_rng(1), [1, 2], True, 1.0, "1",
                  np.random.SeedSequence(1), np.random.PCG64(1))),
    (TypeError, "rng", {"rng": None, "sampling": "global", "paths": [None, X, None]}),
    (TypeError, "rng", {"rng": None, "sampling": "global", "paths": [None] * 3}),
    (ValueError, "rng", {"rng": -1, "sampling": "global"}),
    (TypeError, "rng", {"rng": "1"}),
]  # fmt: skip
FORWARD = [
    (TypeError, "out", {"out": X.tolist()}),
    (TypeError, "out", {"out": X.astype("i4")}),
    (TypeError, "out", {"paths": [X, X.astype("F"), X], "out": X.copy()}),
    *((ValueError, "out", {"out": out}) for out in (X[0].copy(), X.T.copy())),
    (ValueError, "out", {"out": X.T.copy(), "sampling": "global", "column": 0,
                         "paths": [None, X, X]}),
]  # fmt: skip
BACKWARD = [
    *((TypeError, "grad", {"grad": g}) for g in ("ab", np.ma.array(X), X.astype("O"))),
    *((ValueError, "grad", {"grad": g}) for g in (X.T, X[0], 1.0, [])),
]
STATE = np.random.default_rng(1).bit_generator.state


@pytest.mark.parametrize(("error", "name", "bad"), COMMON + FORWARD)
def test_a_bad_argument_is_named_and_nothing_happens(error, name, bad):
    rng, out = np.random.default_rng(1), np.full_like(X, 7)
    usual = {"paths": PATHS, "prob": 0.5, "training": True, "rng": rng, "out": out}
    with pytest.raises(error, match=rf"^{name} must "):
        dl.fractal_join(**{**usual, **bad})
    assert rng.bit_generator.state == STATE
    assert np.all(out == 7)


@pytest.mark.parametrize(("error", "name", "bad"), COMMON + BACKWARD)
def test_the_backward_pass_refuses_what_the_forward_pass_does(error, name, bad):
    rng = np.random.default_rng(1)
    usual = {"grad": X, "paths": PATHS, "prob": 0.5, "training": True, "rng": rng}
    with pytest.raises(error, match=rf"^{name} must "):
        dl.fractal_join_backward(**{**usual, **bad})
    assert rng.bit_generator.state == STATE


def test_messages_say_what_was_expected_and_what_came():
    for bad, message in (
        ({"paths": []}, "paths must hold at least one path, or None for it, got none"),
        ({"paths": [None, X, X[0]]}, r"paths\[2\] must have paths\[1\]'s .*got \(6,\)"),
        ({"prob": [0.5]}, r"prob must have shape \(3,\), got \(1,\)"),
        ({"column": 3}, r"column must be None with sampling='local', got 3"),
        ({"column": 3, "sampling": "global"}, r"column must be in \[0, 3\), got 3"),
        ({"sampling": "none"}, "sampling must be 'local' or 'global', got 'none'"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            dl.fractal_join(**{"paths": PATHS, **bad})
    with pytest.raises(TypeError, match=r"^rng must be a Key or an int .* None$"):
        dl.fractal_join(PATHS, training=True, sampling="global")
    with pytest.raises(ValueError, match=r"^grad must have the paths' shape \(4, 6\)"):
        dl.fractal_join_backward(X.T, PATHS)


@pytest.mark.parametrize("shape", [(1 << 21,), (3, 1 << 20), (1 << 19, 5)])
def test_threads_change_no_bit_whichever_axis_they_share(shape):
    x = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    for y in (x, x.T, x[..., :-1]):  # one axis; one; as many as there are
        for threads in (1, 4):
            with dl.num_threads(threads):
                mean = dl.fractal_join([y, y + np.float32(1)])
            assert_same(mean, y + np.float32(0.5))
