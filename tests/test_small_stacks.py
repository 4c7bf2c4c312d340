# SPDX-License-Identifier: BSD-3-Clause
"""Threads with a stack of 64 KiB can call everything, and get what others get."""

import pytest
from calls import run_python

from droplayers import _core

CALLS = """
import threading
import numpy as np
import droplayers as dl
from droplayers import _core

KEY = dl.Key(1)
dl.set_num_threads(1)
_core.use("{isa}")
WEIGHTS = np.arange(1, 1 << 21, 2, dtype=np.uint64)  # odd: each bit of a word counts


def digest(result):
    # The sums of a result's words by their weights, and the bytes that are left.
    sums = []
    for y in result if isinstance(result, (tuple, list)) else [result]:
        data = np.asarray(y).ravel("K").view(np.uint8)
        words = data[: len(data) // 8 * 8].view(np.uint64)
        sums += [int(words @ WEIGHTS[: len(words)]), data[8 * len(words) :].tobytes()]
    return sums


def arrays(dtype):
    for shape in [(300, 2000), (2000, 300), (20_000, 3), (20_000, 40), (50, 60, 70)]:
        x = np.ones(shape, dtype)
        turned = np.moveaxis(np.ones(shape[1:] + shape[:1], dtype), -1, 0)
        mixed = np.ones((2, 300, 3, 7), dtype).transpose(1, 3, 0, 2)
        gaps = mixed[..., ::2]
        for y in (x, np.asfortranarray(x), turned, mixed, gaps, x[::2, ::-1]):
            yield y, dict()
            block = [n + 70 for n in y.shape], [5] * y.ndim
            yield y, dict(zip(("full_shape", "start"), map(tuple, block)))


def elementwise(dtype):
    for x, where in arrays(dtype):
        yield dl.dropout(x, 0.1, rng=KEY, **where)
        yield dl.dropout(x, 0.5, rng=KEY, return_mask=True, **where)
        yield dl.spatial_dropout(x, 0.3, rng=KEY, **where)
        yield dl.drop_path(x, 0.3, True, residual=x, rng=KEY, **where)
        yield dl.keep_mask(x.shape, 0.3, rng=KEY, **where)
        yield dl.keep_mask(x.shape, 0.3, rng=KEY, packed=True, **where)
        yield dl.replace(x, 0, 0.3, rng=KEY, **where)
        yield dl.replace(x, x[::-1], 0.3, rng=KEY, **where)
        yield dl.replace(x, x[:1], 0.3, rng=KEY, **where)
        if x.dtype.kind != "c":
            yield dl.alpha_dropout(x, 0.3, rng=KEY, **where)
        yield dl.gaussian_dropout(x, 0.3, rng=KEY, **where)


def connections():
    # Matrix products of float64 without a mask need more: NumPy's do.
    for dtype in ("f4", "f8"):
        for n, k, o in [(64, 300, 500), (5, 2000, 1), (3, 1, 40_000), (70, 40, 7)]:
            x, w, g = (np.ones(s, dtype) for s in [(n, k), (k, o), (n, o)])
            yield dl.drop_connect(x, w, rng=KEY)
            yield dl.drop_connect_backward(g, x, w, rng=KEY)


def rows():
    x = np.ones((2000, 300), np.float32)
    for sampling in ("bernoulli", "fixed"):
        yield dl.kept_rows(5000, 0.3, sampling=sampling, rng=KEY)
        for y in (x[:, :100], x[:, ::3], x.reshape(2000, 3, 100).transpose(0, 2, 1)):
            yield dl.stochastic_depth(
                y, np.negative, 0.3, True, sampling=sampling, rng=KEY
            )
    yield dl.drop_path(x, np.linspace(0.1, 0.9, 2000), True, rng=KEY)


def maps():
    x = np.ones((4, 3, 60, 70), np.float32)
    for y in (x, np.asfortranarray(x)):
        yield dl.drop_block(y, 0.1, rng=KEY, return_mask=True)
        where = dict(full_shape=(9, 9, 60, 70), start=(3, 4, 0, 0))
        yield dl.block_mask(y.shape, rng=KEY, **where)
        for options in [dict(per="sample"), dict(sampling="global"), dict()]:
            yield dl.fractal_join([y] * 3, 0.3, True, rng=KEY, **options)
            yield dl.fractal_join_backward(y, [y] * 3, 0.3, True, rng=KEY, **options)
        for layer in [
            dl.Dropout(rng=KEY), dl.SpatialDropout(rng=KEY), dl.AlphaDropout(rng=KEY),
            dl.GaussianDropout(rng=KEY), dl.DropPath(0.3, rng=KEY),
            dl.DropBlock(rng=KEY),
        ]:
            yield layer.backward(layer(y))
        yield dl.FractalJoin(rng=KEY)([y, y])
        yield dl.DropConnect(70, 50, rng=KEY)(y[0, 0])


calls = [connections, rows, maps]
calls += [lambda dtype=dtype: elementwise(dtype) for dtype in ("f4", "f8", "F", ">i4")]
done = []
for size in (0, 64 * 1024):  # the first imports what is imported late
    threading.stack_size(size)
    for call in calls:
        digests = lambda: done.append([digest(result) for result in call()])
        thread = threading.Thread(target=digests)
        thread.start()
        thread.join()
assert len(done) == 2 * len(calls)
assert all(done)
for expected, got in zip(done, done[len(calls) :]):
    assert expected == got, [i for i, d in enumerate(expected) if d != got[i]]
"""


@pytest.mark.parametrize("isa", _core.isas())
def test_a_stack_of_64_kib_is_enough(isa):
    run_python(CALLS.replace("{isa}", isa))
