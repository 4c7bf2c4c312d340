# SPDX-License-Identifier: BSD-3-Clause
"""Pictures by their structure: what is drawn where, and in which colour."""

import itertools

import numpy as np
import pytest
import reference
from calls import run_python

import droplayers as dl

pytest.importorskip("matplotlib")

import matplotlib as mpl
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from droplayers import plot
from droplayers.plot import _axes, _columns, _share

KEY = dl.Key(3)
DROPPED = to_rgb(plot.DROPPED)
CALLS = {
    "masks": lambda **how: plot.masks((2, 3), {"a": None}, **how)[0],
    "share": lambda **how: plot.share(0.5, "dropout", rng=KEY, **how),
    "columns": lambda **how: plot.columns(rng=KEY, **how),
    "rates": lambda **how: plot.rates(0.5, 3, **how),
    "scales": lambda **how: plot.scales(rng=KEY, **how),
}
each = pytest.mark.parametrize("name", CALLS)


@pytest.fixture(autouse=True)
def pyplot():
    """No figure of a test outlives it, and none needs a screen."""
    with mpl.rc_context({"backend": "agg"}):
        import matplotlib.pyplot as plt

        yield plt
        plt.close("all")


def new_axes(n=1):
    return Figure().subplots(1, n)


# --- all pictures ---------------------------------------------------------------------


@each
def test_axes_that_are_given_come_back_and_pyplot_makes_none(name, pyplot):
    ax = new_axes()
    assert CALLS[name](ax=ax) is ax
    assert not pyplot.get_fignums()


@each
def test_without_axes_there_is_one_new_figure(name, pyplot):
    ax = CALLS[name]()
    assert pyplot.get_fignums() == [ax.figure.number]
    ax.figure.canvas.draw()  # a layout that fits nothing would warn


@each
def test_what_are_no_axes_are_an_error_before_there_is_a_figure(name, pyplot):
    for bad in (3, Figure()):
        with pytest.raises(TypeError, match=f"^ax must be .*got {type(bad).__name__}"):
            CALLS[name](ax=bad)
    assert not pyplot.get_fignums()


def test_nothing_is_shown(monkeypatch, pyplot):
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("shown"))
    for call in CALLS.values():
        call()


def test_the_package_imports_no_matplotlib_and_its_absence_is_explained():
    run_python("""
        import sys
        import droplayers
        assert "matplotlib" not in sys.modules
        sys.modules["matplotlib"] = None
        try:
            import droplayers.plot
        except ImportError as error:
            assert "pip install 'droplayers[plot]'" in str(error)
        else:
            raise AssertionError("imported")
        del sys.modules["matplotlib"]
        import droplayers.plot
        assert "matplotlib.pyplot" not in sys.modules
    """)


def test_text_and_lines_without_data_have_the_colours_of_the_settings(pyplot):
    for style, colour in ("default", "black"), ("dark_background", "white"):
        with pyplot.style.context(style):
            axes = {name: call() for name, call in CALLS.items()}
        for ax in axes.values():
            assert to_rgb(ax.xaxis.label.get_color()) == to_rgb(colour)
        drawn = axes["share"].lines[0], axes["columns"].lines[-1]
        assert {to_rgb(line.get_color()) for line in drawn} == {to_rgb(colour)}


def luminance(colour):
    """WCAG 2's relative luminance."""
    return linear(colour) @ [0.2126, 0.7152, 0.0722]


def linear(colour):
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("colour", [*_axes.COLOURS, _axes.KEPT])
def test_colours_stand_out_from_white_and_from_black(colour):
    # WCAG 2.1, criterion 1.4.11: graphics have a contrast of at least 3.
    light = luminance(colour)
    assert 1.05 / (light + 0.05) >= 3
    assert (light + 0.05) / 0.05 >= 3


# What dichromats see, in linear RGB: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes,
# "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE
# Transactions on Visualization and Computer Graphics, 2009.
VISION = {
    "trichromat": np.eye(3),
    "protanope": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(  # of sRGB, relative to its white
    [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0178, 0.1095, 0.8727]]
)


def lab(rgb):
    """CIELAB of linear RGB."""
    t = TO_XYZ @ np.clip(rgb, 0, 1)
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_the_colour_blind_tell_colours_apart(vision):
    # Ten times what is just seen, 2.3.
    seen = [lab(VISION[vision] @ linear(c)) for c in _axes.COLOURS]
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(a - b) > 23
    dropped = lab(VISION[vision] @ linear(plot.DROPPED))
    for grey in np.linspace(0, 1, 101):
        assert np.linalg.norm(lab(np.full(3, grey)) - dropped) > 23


def test_lines_with_a_colour_in_common_differ_by_their_markers():
    styles = [_axes.line_style(i) for i in range(len(_share.MEMBERS))]
    assert len({(s["color"], s["marker"]) for s in styles}) == len(styles)


# --- masks ----------------------------------------------------------------------------


def image(ax):
    return np.asarray(ax.images[0].get_array())


def dropped(picture):
    return (picture[..., :3] == DROPPED).all(axis=-1)


def test_maps_stand_in_a_grid_with_transparent_gaps():
    x = np.random.default_rng(0).uniform(size=(2, 3, 4, 5))
    keep = dl.keep_mask(x.shape, 0.4, rng=KEY)
    (ax,) = plot.masks(x, {"title": keep}, ax=new_axes())
    picture = image(ax)
    assert picture.shape == (2 * 5 - 1, 3 * 6 - 1, 4)
    assert (ax.get_title(), ax.get_xlabel()) == ("title", "channels")
    assert ax.get_ylabel() == "samples"
    grey = (x - x.min()) / (x.max() - x.min())
    for n, c in np.ndindex(2, 3):
        part = picture[5 * n : 5 * n + 4, 6 * c : 6 * c + 5]
        np.testing.assert_array_equal(dropped(part), ~keep[n, c])
        shown = part[keep[n, c]]
        np.testing.assert_allclose(
            shown[:, :3], grey[n, c][keep[n, c], None].repeat(3, 1)
        )
        assert (part[..., 3] == 1).all()
    opaque = picture[..., 3] == 1
    assert np.flatnonzero(~opaque.any(axis=1)).tolist() == [4]
    assert np.flatnonzero(~opaque.any(axis=0)).tolist() == [5, 11]


@pytest.mark.parametrize(
    ("shape", "pixels"),
    [
        ((), (1, 1)),
        (7, (1, 7)),
        ((7,), (1, 7)),
        ((4, 7), (4, 7)),
        ((2, 3, 7), (2 * 2 - 1, 3 * 8 - 1)),
        ((2, 3, 4, 7), (2 * 5 - 1, 3 * 8 - 1)),
    ],
)
def test_a_shape_is_drawn_in_one_grey(shape, pixels):
    keep = dl.keep_mask(shape, 0.5, rng=KEY)
    all_axes = plot.masks(shape, {"all": None, "some": keep})
    whole, some = map(image, all_axes)
    assert whole.shape == some.shape == (*pixels, 4)
    assert not dropped(whole).any()
    assert dropped(some).sum() == np.size(keep) - np.count_nonzero(keep)
    assert len(np.unique(whole[whole[..., 3] == 1], axis=0)) == 1


@pytest.mark.parametrize("shape", [(2, 1, 4, 5), (2, 3, 1, 1), (2,), (1,), (2, 3), ()])
def test_a_mask_may_be_shared_or_of_the_first_axes(shape):
    keep = dl.keep_mask(shape, 0.5, rng=dl.Key(8))
    padded = np.reshape(keep, shape + (1,) * (4 - len(shape)))
    whole = np.broadcast_to(padded, (2, 3, 4, 5))
    axes = plot.masks((2, 3, 4, 5), {"a": keep, "b": whole}, ax=new_axes(2))
    np.testing.assert_array_equal(*map(image, axes))


def test_infinities_have_the_greys_of_the_ends_and_nan_has_none():
    x = np.array([np.nan, -np.inf, -1e308, 0, 1e308, np.inf, np.nan])
    keep = np.arange(7) > 0
    (ax,) = plot.masks(x, {"": keep}, ax=new_axes())
    (row,) = image(ax)
    assert dropped(row).tolist() == (~keep).tolist()
    assert row[1:6, 0].tolist() == [0, 0, 0.5, 1, 1]
    assert row[:, 3].tolist() == [1] * 6 + [0]


@pytest.mark.parametrize("x", [np.ones((2, 3), int), np.zeros((2, 3), bool)])
def test_a_constant_is_neither_dark_nor_light(x):
    (ax,) = plot.masks(x, {"": None}, ax=new_axes())
    np.testing.assert_array_equal(image(ax)[..., :3], 0.5)


def test_bad_masks_are_named():
    x, axes = np.ones((2, 3)), new_axes(2)
    for error, match, arguments in (
        (ValueError, r"^keeps\['a'\] .*\(2, 3\).*got \(3, 2\)", (x, {"a": x.T > 0})),
        (ValueError, r"^keeps\['a'\] .*got \(1, 2, 3\)", (x, {"a": x[None] > 0})),
        (TypeError, r"^keeps\['a'\] must be boolean, got dtype f", (x, {"a": x})),
        (ValueError, "^keeps must have at least one mask", (x, {})),
        (ValueError, "^x must have at most 4 axes", ((1,) * 5, {"": None})),
        (ValueError, "^x must not be negative", ((2, -1), {"": None})),
        (ValueError, "^x must have elements", ((2, 0), {"": None})),
        (TypeError, "^x must be real", (x * 1j, {"": None})),
        (TypeError, "^x must be a numeric array", ("ab", {"": None})),
        (ValueError, "^ax must be 1 Axes, .*got 2", (x, {"": None}, axes)),
        (TypeError, "^ax must be .*None among them", (x, {"": None}, [None])),
    ):
        with pytest.raises(error, match=match):
            plot.masks(*arguments[:2], ax=[*arguments, None][2])


# --- share ----------------------------------------------------------------------------

P = [0.0, 0.1, 0.5, 0.9, 1.0]


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_shares_are_near_what_was_asked_for():
    shape = 400, 8, 6, 6
    found = lines(plot.share(P, shape=shape, rng=KEY, ax=new_axes()))
    assert found.pop("asked for").get_xydata().tolist() == [[0, 0], [1, 1]]
    assert [*found] == [*_share.MEMBERS]
    for name, line in found.items():
        p, share = line.get_xydata().T
        assert p.tolist() == P
        expected = p - p**3 / 3 if name == "fractal_join" else p
        # Five standard deviations of the fewest draws.
        np.testing.assert_allclose(share, expected, atol=5 * 0.5 / 400**0.5)
        assert (np.diff(share) >= 0).all()  # masks under one key are nested
        if name != "fractal_join":
            np.testing.assert_allclose(share[[0, -1]], [0, 1], atol=1e-12)


def test_shares_are_those_of_the_masks():
    """Against the oracle, for members whose masks are plain ones."""
    shape = 6, 5, 4, 3
    found = lines(plot.share(0.3, shape=shape, rng=KEY, ax=new_axes()))
    drawn_for = {
        "dropout": shape,
        "replace": shape,
        "spatial_dropout": (6, 5, 1, 1),
        "alpha_dropout": shape,
        "drop_connect": (6, 5, 12),
        "drop_path": (6,),
        "stochastic_depth": (6,),
    }
    for name, mask_shape in drawn_for.items():
        key = int(KEY.child([*_share.MEMBERS].index(name)))
        keep = reference.keep_mask(mask_shape, 0.3, key)
        np.testing.assert_allclose(found[name].get_ydata(), [1 - keep.mean()])


def test_some_members_have_the_shares_that_they_have_among_all():
    every = lines(plot.share(P, rng=KEY, ax=new_axes()))
    some = lines(plot.share(P, ["drop_path", "replace"], rng=KEY, ax=new_axes()))
    assert [*some] == ["asked for", "drop_path", "replace"]
    for name, line in some.items():
        np.testing.assert_array_equal(line.get_xydata(), every[name].get_xydata())


def test_bad_arguments_of_share_are_named():
    for match, call in (
        ("^p must be in", lambda: plot.share(1.5)),
        ("^p must be in", lambda: plot.share([0, np.nan])),
        ("^p must have shape", lambda: plot.share([[0.1]])),
        ("^members must be 'dropout' or .*got 'Dropout'",
         lambda: plot.share(0.5, "Dropout")),
        ("^shape must be 3 to 5 pos", lambda: plot.share(0.5, shape=(4, 4))),
        ("^shape must be 3 to 5 pos", lambda: plot.share(0.5, shape=(4, 4, 0))),
        ("^rng must be", lambda: plot.share(0.5, rng=-1)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=match):
            call()


# --- scales ---------------------------------------------------------------------------


def test_values_are_those_of_the_functions():
    x = np.linspace(-3, 3, 40)
    points = {
        c.get_label(): np.asarray(c.get_offsets())
        for c in plot.scales(0.25, x, rng=KEY, ax=new_axes()).collections
    }
    keys = KEY.split(4)
    results = {
        "dropout": dl.dropout(x, 0.25, rng=keys[0]),
        "dropout, classic": dl.dropout(x, 0.25, scaling="classic", rng=keys[1]),
        "alpha_dropout": dl.alpha_dropout(x, 0.25, rng=keys[2]),
        "gaussian_dropout": dl.gaussian_dropout(x, 0.25, rng=keys[3]),
    }
    assert len(points) == 7  # gaussian_dropout drops nothing
    for name, y in results.items():
        parts = [points[name], points.get(f"{name}: dropped", np.empty((0, 2)))]
        both = np.concatenate(parts)
        np.testing.assert_array_equal(
            both[np.argsort(both[:, 0])], np.stack([x, y], axis=1)
        )
        assert len(np.unique(parts[1][:, 1])) <= 1
    np.testing.assert_allclose(points["dropout"][:, 1], points["dropout"][:, 0] / 0.75)


def test_hollow_is_dropped_and_filled_is_kept():
    for c in plot.scales(0.5, rng=KEY, ax=new_axes()).collections:
        is_hollow = c.get_facecolors().size == 0
        assert is_hollow == c.get_label().endswith(": dropped")


def test_bad_arguments_of_scales_are_named():
    for error, match, call in (
        (ValueError, "^p must be in", lambda: plot.scales(-1)),
        (
            ValueError,
            "p must be .*1",
            lambda: plot.scales(1.0, None, "gaussian_dropout"),
        ),
        (TypeError, "^x must be real", lambda: plot.scales(0.5, [1j])),
        (TypeError, "^x must be a numeric", lambda: plot.scales(0.5, ["a"])),
        (ValueError, "^members must be", lambda: plot.scales(0.5, None, [3])),
    ):
        with pytest.raises(error, match=match):
            call()


# --- rates ----------------------------------------------------------------------------


def test_rates_are_those_of_the_schedules():
    ax = plot.rates(0.3, [2, 3, 1], 200, start=0.1, ax=new_axes())
    found = lines(ax)
    for step in (0, 50, 100, 150, 200):
        expected = dl.drop_path_rates(dl.ramp(step, 200, 0.3, 0.1), [2, 3, 1])
        assert found.pop(f"step {step}").get_ydata().tolist() == expected
    assert [line.get_xdata()[0] for line in found.values()] == [1.5, 4.5]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("block", "rate")


def test_one_number_of_blocks_has_no_stages():
    ax = plot.rates(0.3, 6, steps=[1], ax=new_axes())
    assert [*lines(ax)] == ["step 1"]
    assert len(ax.lines[0].get_ydata()) == 6


def test_bad_arguments_of_rates_are_named():
    for match, call in (
        ("^rate|^stop", lambda: plot.rates(2, 3)),
        ("^total must be positive", lambda: plot.rates(0.5, 3, 0)),
        ("^start must be in", lambda: plot.rates(0.5, 3, start=-1)),
        ("^depths must not be negative", lambda: plot.rates(0.5, [-1])),
    ):
        with pytest.raises(ValueError, match=match):
            call()


# --- columns --------------------------------------------------------------------------


def boxes(ax):
    """For each layer its column, where its middle is, and whether it is filled."""
    return {
        (round(b.get_x() + 0.3), round(b.get_y() + b.get_height() / 2, 6)): b.get_fill()
        for b in ax.patches
    }


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_column_c_has_2_to_the_c_layers(n):
    found = boxes(plot.columns(n, training=False, ax=new_axes()))
    middles = {(c, (i + 0.5) * 2 ** (n - 1 - c)) for c in range(n) for i in range(2**c)}
    assert found.keys() == middles
    assert all(found.values())


def test_what_is_hollow_is_grey():
    ax = plot.columns(3, sampling="global", rng=KEY, ax=new_axes())
    for box in ax.patches:
        colour = _axes.COLOURS[0] if box.get_fill() else _axes.KEPT
        assert to_rgb(box.get_edgecolor()) == to_rgb(colour)


def test_global_sampling_leaves_one_column():
    seen = set()
    for seed in range(20):
        key = dl.Key(seed)
        found = boxes(plot.columns(3, sampling="global", rng=key, ax=new_axes()))
        paths = list(np.eye(3))
        y = dl.fractal_join(paths, training=True, sampling="global", rng=key)
        (alive,) = {c for (c, _), filled in found.items() if filled}
        assert alive == y.argmax()
        assert all(filled == (c == alive) for (c, _), filled in found.items())
        seen.add(alive)
    assert seen == {0, 1, 2}


def paths_to_the_output(kept, at=0):
    """All paths through layers that joins keep, by trying each."""
    if at == len(kept):
        return [[]]
    return [
        [layer, *rest]
        for layers in kept
        for layer in layers
        if layer.start == at
        for rest in paths_to_the_output(kept, layer.end)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_local_sampling_fills_what_is_on_a_path(seed):
    key = dl.Key(seed)
    found = boxes(plot.columns(3, 0.5, rng=key, ax=new_axes()))
    kept = []
    for end, own in enumerate(key.split(4), 1):
        arriving = _columns._arriving(3, end)
        paths = [
            None if a is None else row
            for a, row in zip(arriving, np.eye(3), strict=True)
        ]
        y = dl.fractal_join(paths, 0.5, True, rng=own)
        kept.append([a for a, part in zip(arriving, y, strict=True) if part])
    alive = {layer for path in paths_to_the_output(kept) for layer in path}
    expected = {(a.column, (a.start + a.end) / 2) for a in alive}
    assert {place for place, filled in found.items() if filled} == expected


def test_bad_arguments_of_columns_are_named():
    for error, match, call in (
        (ValueError, r"^n must be in \[1, 10\], got 0", lambda: plot.columns(0)),
        (TypeError, "^n must be", lambda: plot.columns(1.5)),
        (ValueError, "^prob must be in", lambda: plot.columns(2, 1.5)),
        (TypeError, "^training must be a bool", lambda: plot.columns(2, 0.5, "test")),
        (ValueError, "^sampling must be", lambda: plot.columns(sampling="some")),
    ):
        with pytest.raises(error, match=match):
            call()
