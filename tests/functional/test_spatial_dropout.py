# SPDX-License-Identifier: BSD-3-Clause
"""spatial_dropout is the oracle's over its whole argument space, to the bit."""

import numpy as np
import pytest
import reference as ref
from arrays import (
    FLOATS,
    LAYOUTS,
    RATES,
    arrays,
    assert_same,
    blocks,
    laid_out,
    parts,
    shapes,
    values,
)
from calls import KEY, compare, masks, outs, words_drawn
from hypothesis import given
from hypothesis import strategies as st

import droplayers as dl


def mask_shape(shape, channel_axis):
    """x's shape with 1 on all axes but those of samples and of channels."""
    own = {0, channel_axis % len(shape)}
    return tuple(n if axis in own else 1 for axis, n in enumerate(shape))


@st.composite
def calls(draw):
    """x, out and keywords of spatial_dropout."""
    shape = draw(shapes(min_dims=2))
    x = draw(arrays(shape))
    axis = draw(st.integers(1, len(shape) - 1))
    options = {
        "p": draw(st.sampled_from(RATES) | st.floats(0, 1)),
        "mode": draw(st.sampled_from(["train", "train", "train", "test", "eval"])),
        "channel_axis": axis - len(shape) * draw(st.booleans()),
        "return_mask": draw(st.booleans()),
    }
    if draw(st.integers(0, 2)) == 0:
        options["mask"] = draw(masks(mask_shape(shape, axis)))
    if draw(st.integers(0, 2)) == 0:
        options["full_shape"], start = draw(blocks(shape))
        options["start"] = draw(st.sampled_from([start, None]))
    return x, draw(outs(ref.common(x), x)), options


@given(calls())
def test_every_call_gives_what_the_oracle_gives(call):
    x, out, options = call
    compare("spatial_dropout", x, out, **options)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_maps_of_any_layout_are_dropped_whole(dtype, layout):
    x = laid_out(values(dtype, (3, 5, 70, 33)), layout)
    for axis in (1, 2, 3, -1):
        compare("spatial_dropout", x, p=0.4, channel_axis=axis, return_mask=True)


@pytest.mark.parametrize("channel_axis", [1, 2, 3, -1, -2, -3])
def test_each_channel_of_each_sample_has_a_draw_of_its_own(channel_axis):
    x = np.ones((40, 6, 5, 7))
    y = dl.spatial_dropout(x, 0.5, channel_axis=channel_axis, rng=1)
    maps = np.moveaxis(y, channel_axis, 1).reshape(40, x.shape[channel_axis], -1)
    assert np.all(maps == maps[:, :, :1])
    kept = maps[:, :, 0] != 0
    assert len(np.unique(kept, axis=0)) > 15
    assert np.all(np.any(kept, axis=0) & ~np.all(kept, axis=0))


def test_it_is_dropout_that_shares_all_other_axes():
    x = values("f4", (4, 5, 6, 7))
    for channel_axis, shared_axes in ((1, (2, 3)), (2, (1, 3)), (-1, (1, 2))):
        shared = dl.dropout(x, 0.3, shared_axes=shared_axes, rng=2)
        y = dl.spatial_dropout(x, 0.3, channel_axis=channel_axis, rng=2)
        assert_same(y, shared)
    assert_same(
        dl.spatial_dropout(x[..., 0, 0], 0.3, rng=2),
        dl.dropout(x[..., 0, 0], 0.3, rng=2),
    )


@given(st.data())
def test_blocks_of_an_array_get_their_part_of_the_whole(data):
    shape = data.draw(shapes(min_dims=2, max_dims=4))
    x, where = data.draw(arrays(shape)), data.draw(parts(shape))
    axis = data.draw(st.integers(1, len(shape) - 1))
    options = {"channel_axis": axis, "rng": dl.Key(KEY)}
    at = {"full_shape": shape, "start": tuple(s.start for s in where)}
    whole = dl.spatial_dropout(x, 0.4, **options)
    assert_same(dl.spatial_dropout(x[where], 0.4, **options, **at), whole[where])


def test_nothing_to_do_gives_x_itself():
    x = np.ones((2, 3, 4), np.float32)
    assert dl.spatial_dropout(x, 0) is x
    assert dl.spatial_dropout(x, 0.5, "test") is x
    assert dl.spatial_dropout([[1, 2]], 0).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("channel_axis", [1, 2, -1])
def test_the_backward_pass_is_its_own_adjoint(channel_axis):
    x, g = np.random.default_rng(0).normal(size=(2, 8, 5, 9))
    forward = dl.spatial_dropout(x, 0.3, channel_axis=channel_axis, rng=4)
    backward = dl.spatial_dropout(g, 0.3, channel_axis=channel_axis, rng=4)
    assert np.vdot(forward, g) == pytest.approx(np.vdot(x, backward), rel=1e-12)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (1, {"p": 0.5}),
        (1, {"p": 1e-30}),
        (0, {"p": 0}),
        (0, {"p": 1}),
        (0, {"p": 0.5, "mode": "test"}),
        (0, {"p": 0.5, "mask": np.ones((4, 3, 1), bool)}),
    ],
)
def test_a_generator_advances_by_one_word_or_by_none(words, options):
    x = np.ones((4, 3, 2))
    assert words_drawn(lambda g: dl.spatial_dropout(x, **options, rng=g)) == words


X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
BAD = [
    *((ValueError, "channel_axis", {"channel_axis": a}) for a in (0, -3, 3, -4, 2**70)),
    *((TypeError, "channel_axis", {"channel_axis": a}) for a in (1.0, "1", None, True)),
    *((TypeError, "channel_axis", {"channel_axis": a}) for a in ((1,), [2], np.True_)),
    *((ValueError, "channel_axis", {"x": x}) for x in (X[0, 0], 3.0, np.array(2), [])),
    (ValueError, "channel_axis", {"x": X[0], "channel_axis": 2}),
    *((ValueError, "p", {"p": p}) for p in (-0.1, 1.5, np.nan)),
    *((TypeError, "p", {"p": p}) for p in (None, "0.5", True, 0.5j, [0.5])),
    *((ValueError, "mode", {"mode": m}) for m in ("Train", None, True)),
    *((TypeError, "x", {"x": x}) for x in (X.astype("O"), np.ma.array(X), [["a"]])),
    *((TypeError, "mask", {"mask": m}) for m in (X, "yes")),
    *((ValueError, "mask", {"mask": m}) for m in (X > 5, X[:, :, 0] > 5)),
    (ValueError, "mask", {"mask": X[:, :1] > 5}),
    *((TypeError, "return_mask", {"return_mask": f}) for f in (1, None, "True")),
    *((ValueError, "out", {"out": out}) for out in (X[0].copy(), X.T.copy())),
    *((TypeError, "out", {"out": out}) for out in (X.astype(int), X.tolist())),
    (ValueError, "start", {"start": (0, 0, 0)}),
    (ValueError, "full_shape", {"full_shape": (2, 3)}),
    (ValueError, "full_shape", {"full_shape": (2, 3, 3)}),
]


@pytest.mark.parametrize(("error", "name", "bad"), BAD)
def test_a_bad_argument_is_named_and_nothing_happens(error, name, bad):
    rng = np.random.default_rng(1)
    out = np.full_like(X, 7)
    with pytest.raises(error, match=rf"^{name}\b"):
        dl.spatial_dropout(**{"x": X, "p": 0.5, "rng": rng, "out": out, **bad})
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state
    assert np.all(out == 7)


def test_messages_say_what_an_axis_of_channels_is():
    with pytest.raises(ValueError, match=r"^channel_axis must not be .* 0, got -3$"):
        dl.spatial_dropout(X, channel_axis=-3)
    with pytest.raises(np.exceptions.AxisError, match=r"^channel_axis: axis 3 .* 3$"):
        dl.spatial_dropout(X, channel_axis=3)
    with pytest.raises(TypeError, match=r"^channel_axis must be an integer, got 1\.0$"):
        dl.spatial_dropout(X, channel_axis=1.0)
    for x in ("text", None, np.array(None)):
        with pytest.raises(TypeError, match=r"^x must be a numeric array"):
            dl.spatial_dropout(x)
