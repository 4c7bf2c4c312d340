# SPDX-License-Identifier: BSD-3-Clause
"""Masks are those of the oracle to the bit, whoever draws them and however."""

import golden
import known_answers
import ml_dtypes
import numpy as np
import pytest
import reference as ref
from arrays import LAYOUTS, RATES, laid_out, on_each_isa

import droplayers as dl
from droplayers import _core

KEY = dl.Key(0x243F6A8885A308D3)

# Where 32 bits end for an index and for the number of a segment, and where 64 bits do.
EDGES = [2**31, 2**32, 2**40, 2**41, 2**63, 2**64]


def pieces(full, start, n):
    """Places of a long array, as keywords."""
    return {"full_shape": (full,), "start": (min(start, full - n),)}


def known_output(key, segment, s):
    """Output s of a segment's generator, read from the uniforms of its elements."""
    plane, word = divmod(s, 8)
    u = _core.uniforms(key, 512 * segment + 64 * word, 64)
    bits = (u >> np.uint64(39 - plane) & np.uint64(1)).astype(np.uint8)
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def test_masks_and_uniforms_give_the_known_answers(isa):
    for key, segment, s, output in known_answers.outputs():
        assert known_output(key, segment, s) == output
    for key, index, uniform in known_answers.uniforms():
        assert _core.uniforms(key, index, 1).tolist() == [uniform]
    for key, index, p, mask in known_answers.packed_masks():
        n, at = 8 * len(mask), {"full_shape": (2**64,), "start": (index,)}
        packed = dl.keep_mask(n, p, rng=dl.Key(key), packed=True, **at)
        assert packed.tobytes() == mask


@pytest.mark.parametrize("first", [0, *(edge - 700 for edge in EDGES)])
def test_uniforms_are_those_of_the_oracle(isa, first):
    index = np.uint64(first) + np.arange(700, dtype=np.uint64)
    expected = ref.uniforms(int(KEY), index)
    for start in (0, 1, 63, 64, 180, 511, 512, 690):
        for n in (0, 1, 2, 63, 64, 65, 511, 512, 513, 700):
            n = min(n, 700 - start)
            u = _core.uniforms(int(KEY), first + start, n)
            np.testing.assert_array_equal(u, expected[start : start + n])


@pytest.mark.parametrize("p", RATES)
def test_masks_are_those_of_the_oracle(isa, p):
    expected = ref.keep_mask((9001,), p, int(KEY))
    np.testing.assert_array_equal(dl.keep_mask(9001, p, rng=KEY), expected)
    packed = dl.keep_mask(9001, p, rng=KEY, packed=True)
    assert packed.tobytes() == ref.packed(expected).tobytes()


def test_an_element_is_dropped_just_when_its_uniform_is_below_the_threshold(isa):
    for i, u in enumerate(ref.uniforms(int(KEY), np.arange(600)).tolist()):
        at, above = u * 2.0**-40, (u + 1) * 2.0**-40
        assert dl.keep_mask(600, at, rng=KEY)[i]
        assert not dl.keep_mask(600, above, rng=KEY)[i]


@pytest.mark.parametrize("p", [0.5, 0.3, 1 - 2.0**-40])
@pytest.mark.parametrize("edge", EDGES)
def test_indices_do_not_wrap_at_any_edge(isa, edge, p):
    at = pieces(2**64, edge - 4200, 9000)
    expected = ref.keep_mask((9000,), p, int(KEY), **at)
    np.testing.assert_array_equal(dl.keep_mask(9000, p, rng=KEY, **at), expected)
    x = np.ones(9000, np.float32)
    forward = dl.dropout(x, p, rng=KEY, **at)
    np.testing.assert_array_equal(forward != 0, expected)
    np.testing.assert_array_equal(dl.dropout(x, p, rng=KEY, **at), forward)


@pytest.mark.parametrize("edge", EDGES)
def test_samples_do_not_wrap_at_any_edge(isa, edge):
    at = {"full_shape": (2**61, 8), "start": (min(edge - 150, 2**61 - 300), 1)}
    x = np.ones((300, 3))
    _, keep = dl.drop_path(x, 0.3, True, rng=KEY, return_mask=True, **at)
    expected = ref.keep_mask((300,), 0.3, int(KEY), (2**61,), at["start"][:1])
    np.testing.assert_array_equal(keep, expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_indices_do_not_wrap_where_threads_divide_a_block(threads):
    full, start = (2**23, 2**40), (7, 2**39)
    with dl.num_threads(threads):
        x = np.ones((11_000, 200), np.float32)
        y = dl.dropout(x, 0.3, rng=KEY, full_shape=full, start=start)
    for i in (0, 1, 5499, 5500, 7333, 10_999):
        at = {"full_shape": full, "start": (7 + i, 2**39)}
        keep = ref.keep_mask((1, 200), 0.3, int(KEY), **at)
        np.testing.assert_array_equal(y[i : i + 1] != 0, keep)


def test_what_p_drops_any_larger_p_drops_too(isa):
    larger = np.ones(20_000, bool)
    for p in sorted({*RATES, *np.linspace(0, 1, 33).tolist()}):
        keep = dl.keep_mask(20_000, p, rng=KEY)
        assert not np.any(keep & ~larger)
        larger = keep


@pytest.mark.parametrize("layout", LAYOUTS)
def test_masks_do_not_depend_on_memory_order(isa, layout):
    keep = dl.keep_mask((5, 70, 33), 0.4, rng=KEY)
    x = laid_out(np.ones((5, 70, 33), np.float32), layout)
    np.testing.assert_array_equal(dl.dropout(x, 0.4, rng=KEY) != 0, keep)
    np.testing.assert_array_equal(dl.dropout(x, 0.4, rng=KEY, out=x) != 0, keep)


@pytest.mark.parametrize("dtype", ["?", "i8", "f2", "f4", ">f8", "g", "F", "D", "bf"])
def test_masks_do_not_depend_on_the_dtype(dtype):
    dtype = ml_dtypes.bfloat16 if dtype == "bf" else dtype
    y = dl.dropout(np.ones((70, 40), dtype), 0.3, rng=KEY)
    np.testing.assert_array_equal(y != 0, dl.keep_mask((70, 40), 0.3, rng=KEY))


def test_every_way_to_ask_for_a_mask_gives_the_same():
    keep = ref.keep_mask((6, 50), 0.3, int(KEY))
    x = np.ones((6, 50))
    ways = [
        dl.keep_mask((6, 50), 0.3, rng=KEY),
        dl.keep_mask((6, 50), p=0.3, rng=dl.Key(int(KEY))),
        dl.dropout(x, 0.3, rng=KEY),
        dl.dropout(x=x, p=0.3, mode="train", scaling="classic", rng=KEY),
        dl.dropout(x.tolist(), 0.3, rng=KEY),
        dl.dropout(x, 0.3, rng=KEY, shared_axes=[]),
        dl.dropout(x, 0.3, rng=KEY, return_mask=True)[1],
        dl.dropout(x, 0.3, rng=KEY, full_shape=(6, 50)),
        dl.dropout(x, 0.3, rng=KEY, out=x.copy()),
    ]
    for way in ways:
        np.testing.assert_array_equal(np.asarray(way) != 0, keep)


def test_masks_beyond_the_cache_are_those_of_the_oracle_in_every_window(isa):
    n = 2**24 + 13
    y = dl.dropout(np.ones(n, np.float32), 0.3, rng=KEY)
    packed = dl.keep_mask(n, 0.3, rng=KEY, packed=True)
    np.testing.assert_array_equal(np.packbits(y != 0, bitorder="little"), packed)
    starts = np.random.default_rng(0).integers(0, n - 1000, 30).tolist()
    for start in [0, *starts, n - 1000]:
        keep = ref.keep_mask((1000,), 0.3, int(KEY), (n,), (start,))
        np.testing.assert_array_equal(y[start : start + 1000] != 0, keep)


@pytest.mark.parametrize("name", golden.read())
def test_golden_masks_never_change(name):
    case = golden.read()[name]
    key, shape, p, at = golden.arguments(case)
    expected = ref.packed(ref.keep_mask(shape, p, key, **at))
    assert golden.digest(expected) == case["sha256"]

    def check():
        packed = dl.keep_mask(shape, p, rng=dl.Key(key), packed=True, **at)
        assert golden.digest(packed) == case["sha256"]

    on_each_isa(check)


@pytest.mark.parametrize("before", [1, 5, 511, 513, 4097])
def test_behind_the_last_index_comes_index_0(isa, before):
    u = _core.uniforms(7, 2**64 - before, before + 600)
    last, first = _core.uniforms(7, 2**64 - before, before), _core.uniforms(7, 0, 600)
    np.testing.assert_array_equal(u, np.concatenate([last, first]))
    rates = np.full(before + 600, 0.3)
    bits = bytearray(len(rates) // 8 + 1)
    _core.pack_rates(bits, rates, 7, 2**64 - before)
    keep = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    np.testing.assert_array_equal(keep[: len(u)], u >= _core.threshold(0.3))
