# SPDX-License-Identifier: BSD-3-Clause
"""The page whose masks move, and the mask stream in JavaScript that it draws with."""

import io
import itertools
import pathlib
import re

import chromium
import known_answers
import numpy as np
import oracle_library as dl  # until the C code draws from segments: droplayers as dl
import pytest

STATIC = pathlib.Path(__file__).parents[1] / "docs" / "_static"
PARTS = [STATIC / "stream.js", STATIC / "masks.html", *(STATIC / "masks").iterdir()]
KEYS = (0, 1, 2026, 2**32, 2**53 + 1, 2**63, 2**64 - 1)


@pytest.fixture(scope="module")
def browser():
    browser = chromium.start()
    yield browser
    browser.quit()


@pytest.fixture
def page(browser):
    """The page as it is at first; the console has to stay silent."""
    page = chromium.Page(browser, STATIC / "masks.html")
    page.resize(1280, 900)
    page.prefer("light")
    page.open()
    yield page
    assert page.errors() == []


# --- the stream in JavaScript ---------------------------------------------------------


def test_the_stream_is_short_and_needs_nothing():
    text = (STATIC / "stream.js").read_text()
    assert len(text.splitlines()) <= 300
    assert not re.search(r"\b(import|require|fetch|document|window)\b", text)


def test_the_page_loads_nothing_from_elsewhere():
    for part in PARTS:
        assert not re.search(r"https?:|//\w|@import|fetch", part.read_text()), part


def test_philox_gives_the_known_answers(page):
    for words in known_answers.philox():
        counter, key, output = words[:4], words[4:6], words[6:]
        assert (
            page.run("return DropStream.philox(...arguments)", counter, key) == output
        )


def test_segments_give_the_known_answers(page):
    for key, segment, s, output in known_answers.outputs():
        script = f"return Array.from(DropStream.outputs({key}n, {segment}n, {s + 1}))"
        low, high = page.run(script)[-2:]
        assert low + 2**32 * high == output


def test_uniforms_are_the_known_answers(page):
    for key, index, uniform in known_answers.uniforms():
        block = f"{{fullShape: [2n ** 64n], start: [{index}n]}}"
        script = f"return DropStream.uniforms([1], {key}n, {block})[0]"
        assert page.run(script) == uniform


def test_packed_masks_are_the_known_answers(page):
    for key, first, p, mask in known_answers.packed_masks():
        block = f"{{fullShape: [2n ** 64n], start: [{first}n]}}"
        draw = f"DropStream.keepMask([{8 * len(mask)}], {p!r}, {key}n, {block})"
        assert bytes(packed(page, [draw])[0]) == mask


def test_thresholds_are_rounded_half_to_even(page):
    half_steps = [0, 1, 2, 3, 4, 5, 2**40 - 1, 2**41 - 3, 2**41 - 1, 2**41]
    thresholds = page.run(
        "return arguments[0].map((n) => DropStream.threshold(n / 2 ** 41))", half_steps
    )
    assert thresholds == [round(n / 2) for n in half_steps]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("keepMask([2], 1.5, 1)", "p must be in [0, 1], got 1.5"),
        ("keepMask([2], NaN, 1)", "p must be in [0, 1], got NaN"),
        ("dropBlock([1, 1, 3, 3], '0', 1)", "p must be in [0, 1], got 0"),
        ("keepMask([2], 0.5, -1)", "key must be an integer in [0, 2**64), got -1"),
        ("child(2n ** 64n, 0)", f"key must be an integer in [0, 2**64), got {2**64}"),
        ("keepMask([2.5], 0.5, 1)", "shape must be positive integers, got 2.5"),
        ("dropout([2, 3], 0.5, 1, [2])", "sharedAxes must be axes of x, got 2"),
    ],
)
def test_the_stream_names_what_cannot_be(page, call, message):
    script = f"try {{ DropStream.{call} }} catch (error) {{ return error.message }}"
    assert page.run(script) == message


# --- 200 random masks -----------------------------------------------------------------


def packed(page, draws):
    """The packed masks of some calls in JavaScript, as lists of bytes."""
    calls = ", ".join(f"() => {draw}" for draw in draws)
    script = "const bytes = (draw) => Array.from(DropStream.packed(draw()));"
    return page.run(f"{script} return [{calls}].map(bytes)")


def a_key(rng):
    return int(rng.choice([*map(str, KEYS), str(rng.integers(2**64, dtype=np.uint64))]))


def a_rate(rng):
    """Any p, with those that are rounded, or next to 0 and 1, among them."""
    return float(
        rng.choice(
            [
                rng.random(),
                rng.random() ** 8,
                1 - rng.random() * 2.0**-38,
                rng.integers(1, 8) * 2.0**-41,
                rng.integers(0, 9) / 8,
                rng.integers(0, 11) / 10,
            ]
        )
    )


def a_shape(rng, ndim, most=9):
    return tuple(rng.integers(1, most + 1, ndim).tolist())


def ones(shape):
    return np.ones(shape)


def a_keep_mask(rng, p, key):
    """A block of an array of up to 2**64 elements."""
    shape = a_shape(rng, rng.integers(1, 4), 30)
    full = [n + int(rng.integers(2**20)) for n in shape]
    full[0] = 2**64 // int(np.prod(full[1:], dtype=object))
    start = [int(rng.random() * (f - n)) for f, n in zip(full, shape, strict=True)]
    block = {"full_shape": tuple(full), "start": tuple(start)}
    numbers = [f"[{', '.join(f'{n}n' for n in values)}]" for values in (full, start)]
    options = f"{{fullShape: {numbers[0]}, start: {numbers[1]}}}"
    return (
        f"keepMask({list(shape)}, {p!r}, {key}n, {options})",
        dl.keep_mask(shape, p, rng=dl.Key(key), **block),
    )


def a_dropout(rng, p, key):
    shape = a_shape(rng, 4)
    axes = [a for a in range(-4, 4) if rng.random() < 0.3]
    axes = [a for a in axes if a >= 0 or a + 4 not in axes]
    options = {"shared_axes": tuple(axes), "rng": dl.Key(key), "return_mask": True}
    return (
        f"dropout({list(shape)}, {p!r}, {key}n, {axes})",
        dl.dropout(ones(shape), p, **options)[1],
    )


def a_spatial_dropout(rng, p, key):
    shape = a_shape(rng, rng.integers(3, 6), 7)
    axis = int(rng.integers(-len(shape) + 1, len(shape)) or 1)
    options = {"channel_axis": axis, "rng": dl.Key(key), "return_mask": True}
    return (
        f"spatialDropout({list(shape)}, {p!r}, {key}n, {axis})",
        dl.spatial_dropout(ones(shape), p, **options)[1],
    )


def a_drop_path(rng, p, key):
    samples, per = int(rng.integers(1, 2000)), str(rng.choice(["sample", "batch"]))
    options = {"per": per, "rng": dl.Key(key), "return_mask": True}
    return (
        f"dropPath({samples}, {p!r}, {key}n, '{per}')",
        dl.drop_path(ones((samples, 2)), p, True, **options)[1],
    )


def a_drop_block(rng, p, key):
    shape = a_shape(rng, rng.integers(3, 6), 9)
    size, shared = int(rng.integers(1, 10)), bool(rng.integers(2))
    axis = int(rng.integers(-len(shape) + 1, len(shape)) or 1)
    options = (
        f"{{blockSize: {size}, channelAxis: {axis}, shared: {str(shared).lower()}}}"
    )
    return (
        f"dropBlock({list(shape)}, {p!r}, {key}n, {options}).keep",
        dl.block_mask(
            shape,
            p,
            block_size=size,
            channel_axis=axis,
            shared_channels=shared,
            rng=dl.Key(key),
        ),
    )


def a_drop_connect(rng, p, key):
    """The mask as the layer's product has it: an output's sum of powers of two."""
    samples, inputs, outs = a_shape(rng, 3, 20)
    per_sample = bool(rng.integers(2))
    weight = np.repeat(2.0 ** np.arange(inputs)[:, None], outs, axis=1)
    options = {"per_sample": per_sample, "rng": dl.Key(key)}
    y = dl.drop_connect(ones((samples, inputs)), weight, p, **options)
    sums = np.rint(y * (1 - p)).astype(np.int64)[: samples if per_sample else 1]
    numbers = f"{samples}, {inputs}, {outs}, {p!r}, {key}n, {str(per_sample).lower()}"
    return f"dropConnect({numbers})", sums[:, None] >> np.arange(inputs)[:, None] & 1


def a_fractal_join(rng, p, key):
    """The survivors as the join has them: each path gives a 1 of its own."""
    paths, samples = int(rng.integers(1, 7)), int(rng.integers(1, 200))
    living = rng.random(paths) < 0.7
    living[rng.integers(paths)] = True
    sampling, per = (
        str(rng.choice(["local", "global"])),
        rng.choice(["sample", "batch"]),
    )
    rows = samples if per == "sample" else 1
    each = np.repeat(np.eye(paths)[:, None], rows, axis=1)
    given = [path if lives else None for path, lives in zip(each, living, strict=True)]
    options = {"sampling": sampling, "per": str(per), "rng": dl.Key(key)}
    joined = dl.fractal_join(given, p, True, **options)
    keep = np.zeros((rows, paths)) if joined is None else joined
    how = f"{{samples: {rows}, sampling: '{sampling}'}}"
    alive = str(living.tolist()).lower()
    return f"fractalJoin({alive}, {p!r}, {key}n, {how}).keep", keep > 0


def a_child(rng, p, key):
    """The mask of a key's child, or of a child's child."""
    numbers = [a_key(rng) for _ in range(rng.integers(1, 4))]
    child = f"DropStream.child({key}n, {', '.join(f'{n}n' for n in numbers)})"
    return (
        f"keepMask([600], {p!r}, {child})",
        dl.keep_mask((600,), p, rng=dl.Key(key).child(*numbers)),
    )


OPERATIONS = [
    a_keep_mask,
    a_dropout,
    a_spatial_dropout,
    a_drop_path,
    a_drop_block,
    a_drop_connect,
    a_fractal_join,
    a_child,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda f: f.__name__[2:])
def test_random_masks_are_those_of_the_library(page, operation):
    rng = np.random.default_rng(OPERATIONS.index(operation))
    cases = [operation(rng, a_rate(rng), a_key(rng)) for _ in range(25)]
    draws = [f"DropStream.{call}" for call, _ in cases]
    for (call, keep), bits in zip(cases, packed(page, draws), strict=True):
        expected = np.packbits(np.ravel(keep).astype(bool), bitorder="little")
        assert bits == expected.tolist(), call
    shares = [np.mean(keep) for _, keep in cases]
    assert min(shares) < 0.5 < max(shares)


# --- what the page shows --------------------------------------------------------------

FIELDS = {
    "p": [0, 0.1, 0.25, 0.3, 0.5, 1 / 3, 0.85, 1],
    "key": KEYS,
    "children": [0, 1],
    "samples": [1, 2, 4, 5, 8],
    "channels": [1, 2, 3],
    "size": [4, 7, 8, 11],
    "shared": ["", "0", "1,2", "2,3", "0,1,2,3"],
    "per": ["sample", "batch"],
    "block": [1, 2, 3, 6, 8],
    "sharedChannels": [0, 1],
    "outputs": [1, 3, 4],
    "perSample": [0, 1],
    "paths": [2, 3, 4],
    "sampling": ["local", "global"],
    "perJoin": ["sample", "batch"],
    "scale": [0, 1],
}


def an_address(seed, **fields):
    """An address with something else in each field, but for those given."""
    rng = np.random.default_rng(seed)
    drawn = {name: values[rng.integers(len(values))] for name, values in FIELDS.items()}
    pairs = {"was": drawn["p"], **drawn, **fields}.items()
    return "#" + "&".join(f"{name}={value}" for name, value in pairs)


# What views hold, and where a picture's cells are: for each, whether its element is
# kept, and the colour near its lower right corner, where no mark lies.
SHOWN = """
return DropMasks.shown().views.map((view) => {
  const { model, layout, keep, canvas } = view;
  const [width, height] = [canvas.width, canvas.height];
  const copy = new OffscreenCanvas(width, height);
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const pixels = pen.getImageData(0, 0, width, height).data;
  const cells = [];
  for (let sample = 0; sample < model.samples; sample++)
    for (let row = 0; row < model.rows; row++)
      for (let y = 0; y < model.side; y++)
        for (let x = 0; x < model.side; x++) {
          const place = { sample, row, y, x };
          const element = DropMasks.elementAt(model, place);
          const at = (start, n) => Math.floor(start + (n + 0.85) * layout.cell);
          const [left, top] = [at(layout.left(sample), x), at(layout.top(row), y)];
          const pixel = 4 * (top * width + left);
          const colour = Array.from(pixels.slice(pixel, pixel + 3));
          cells.push([sample, row, y, x, element, colour]);
        }
  return {
    id: view.section.id.replace("-panel", ""), line: view.find("code").textContent, cells,
    keep: Array.from(keep), before: Array.from(view.before),
    survivors: Array.from(view.drawn.survivors ?? []), side: model.side,
    texts: model.text ? cells.map(([s, r, y, x, i]) =>
      model.text(s, r, y * model.side + x, keep[i], view.p)) : [],
  };
});
"""


def shown(page):
    return {view["id"]: view for view in page.run(SHOWN)}


def evaluate(line):
    """What a line of Python gives that the page shows."""
    return np.asarray(eval(line, {"dl": dl, "np": np}))


def colours(page):
    names = ("dropped", "fresh", "paper", "ink")
    theme = page.run("return DropMasks.theme()")
    return {n: [int(theme[n][at : at + 2], 16) for at in (1, 3, 5)] for n in names}


@pytest.mark.parametrize("seed", range(8))
def test_the_lines_in_python_give_the_masks(page, seed):
    page.open(an_address(seed))
    views = shown(page)
    assert len(views) == 7
    values = evaluate(views["experiment"].pop("line"))
    texts = np.reshape(
        [float(text) for text in views["experiment"]["texts"]], (4, 3, 4)
    )
    np.testing.assert_allclose(texts, values.reshape(4, 3, 4), rtol=1e-3)
    kept = (values != 0).reshape(4, -1)
    assert (kept.T == np.array(views.pop("experiment")["keep"], bool)).all()
    for view in views.values():
        keep = evaluate(view["line"])
        assert keep.dtype == bool
        assert keep.ravel().tolist() == [bool(k) for k in view["keep"]], view["line"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pictures_show_the_masks(page, scheme):
    page.prefer(scheme)
    page.open("#p=0.4&size=6&samples=3&key=7")
    dropped = colours(page)["dropped"]
    for name, view in shown(page).items():
        inner = range(1, view["side"] - 1) if name == "join" else range(view["side"])
        compared = 0
        for _, _, y, x, element, colour in view["cells"]:
            if element >= 0 and y in inner and x in inner:
                assert (colour == dropped) == (not view["keep"][element])
                compared += 1
        assert compared >= 48


def test_what_a_change_of_p_drops_is_marked(page):
    page.open("#p=0.5&was=0.3&perJoin=sample")
    fresh = colours(page)["fresh"]
    for view in shown(page).values():
        marked = {cell[4] for cell in view["cells"] if cell[5] == fresh}
        keep, before = np.array(view["keep"]), np.array(view["before"])
        assert marked == set(np.flatnonzero((keep == 0) & (before == 1)))


def test_a_larger_p_only_adds_holes(page):
    page.open()
    before = shown(page)
    page.element("#p").send_keys(*["\ue014"] * 5)  # right arrow
    state = page.run("return DropMasks.shown().state")
    assert (state["was"], state["p"]) == (0.34, 0.35)
    after = shown(page)
    for name in before.keys() - {"join"}:
        once, now = np.array(before[name]["keep"]), np.array(after[name]["keep"])
        assert (now <= once).all()
    assert np.sum(after["dropout"]["keep"]) < np.sum(before["dropout"]["keep"])


def test_a_join_never_loses_all(page):
    rates = [0.3, 0.95, 1]
    draws = (
        "const { model } = DropMasks.shown().views[5];"
        "const lists = ({ keep, survivors }) => [Array.from(keep), survivors.size];"
        "return arguments[0].map((p) => lists(model.draw(p)));"
    )
    page.open("#samples=8&paths=4")
    for p, (keep, drawn) in zip(rates, page.run(draws, rates), strict=True):
        survivors = np.reshape(keep, (8, 4)).sum(axis=1)
        assert survivors.min() >= 1
        assert p < 1 or (drawn == 8 and survivors.max() == 1)
    page.open("#samples=8&paths=4&sampling=global")
    for keep, drawn in page.run(draws, rates):
        assert np.reshape(keep, (8, 4)).sum(axis=1).tolist() == [1] * 8
        assert drawn == 0


def test_one_drag_is_one_change_of_p(page):
    from selenium.webdriver import ActionChains

    slider = page.element("#p")
    width = slider.rect["width"]
    drag = ActionChains(page.browser).move_to_element_with_offset(
        slider, -0.1 * width, 0
    )
    drag.click_and_hold()
    for _ in range(4):
        drag.move_by_offset(round(width / 20), 0)
    drag.release().perform()
    state = page.run("return DropMasks.shown().state")
    assert state["was"] == 0.3
    assert 0.5 < state["p"] < 0.7


def test_the_share_dropped_is_beside_p(page):
    page.open("#p=0.25&samples=8&channels=2")
    for name, view in shown(page).items():
        dropped, size = view["keep"].count(0), len(view["keep"])
        text = page.element(f"#{name}-panel .share").text.replace("\xa0", " ")
        share = f"{np.floor(1000 * dropped / size + 0.5) / 1000:.3f}"
        assert text == f"share dropped {share} ({dropped} of {size}), p = 0.25"


def test_a_cell_tells_its_uniform(page):
    canvas = page.element("#dropout-panel canvas")
    page.run("arguments[0].focus()", canvas)
    page.press("\ue014", *["\ue014"] * 9, "\ue015", "\ue015")  # right, down
    readout = page.element("#dropout-panel .readout").text
    index, u, sign = re.fullmatch(
        r"keep\[(.*)\]: u = ([\d.]+) (<|≥) p: (?:kept|dropped)", readout
    ).groups()
    assert index == "1, 0, 2, 1"
    at = tuple(map(int, index.split(", ")))
    kept = [
        dl.keep_mask((4, 3, 8, 8), p, rng=dl.Key(2026))[at]
        for p in (float(u) - 1e-6, 0.3, float(u) + 1e-6)
    ]
    assert kept == [True, sign == "≥", False]


def test_every_panel_can_be_asked(page):
    page.open("#p=0.9")
    for name in shown(page):
        page.run("arguments[0].focus()", page.element(f"#{name}-panel canvas"))
        page.press("\ue014")
        assert page.element(f"#{name}-panel .readout").text.startswith("keep[0")
    page.press("\ue004")  # tab
    assert page.element("#experiment-panel .readout").text == ""


# --- the address ----------------------------------------------------------------------


def reopened(page):
    """What is shown at the address that the page has in the end."""
    script = "return [DropMasks.write(DropMasks.shown().state), location.hash]"
    page.wait_for(lambda: len(set(page.run(script))) == 1)
    before, address = shown(page), page.run("return location.hash")
    page.open(address)
    after = shown(page)
    assert after == before
    return address


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_an_address_shows_the_same_again(page, seed):
    address = an_address(seed, was=0.5)
    page.open(address)
    page.element("#key-up").click()
    page.element("#key-down").click()
    written = reopened(page)
    fields = {name: value for name, value in re.findall(r"(\w+)=([^&]*)", written)}
    assert fields == {n: v for n, v in re.findall(r"(\w+)=([^&]*)", address)}


def test_what_a_reader_sets_is_in_the_address(page):
    key = page.element("#key")
    key.clear()
    key.send_keys(str(2**64 - 1), "\n")
    number = page.element("#p-text")
    number.clear()
    number.send_keys("0.123", "\n")
    page.element("#samples").send_keys("\ue014")
    page.element("#block").send_keys("\ue012")  # left
    page.element("#shared-1").click()
    page.element("#sharedChannels").click()
    page.element("#sampling").send_keys("global")
    page.element("#per").send_keys("batch")
    address = reopened(page)
    for pair in (
        f"key={2**64 - 1}",
        "p=0.123",
        "was=0.3",
        "samples=5",
        "block=2",
        "shared=1,2,3",
        "sharedChannels=1",
        "sampling=global",
        "per=batch",
    ):
        assert pair in address.strip("#").split("&")


def test_keys_go_round(page):
    page.open(f"#key={2**64 - 1}")
    page.element("#key-up").click()
    assert page.element("#key").get_property("value") == "0"
    page.element("#key").send_keys("\ue015")  # down
    assert page.element("#key").get_property("value") == str(2**64 - 1)
    page.element("#key-fresh").click()
    assert 0 < int(page.element("#key").get_property("value")) < 2**64 - 1


def test_another_address_is_taken_without_loading(page):
    page.run("location.hash = '#p=0.75&key=5'")
    page.wait_for(lambda: page.element("#key").get_property("value") == "5")
    assert page.element("#p-text").get_property("value") == "0.75"
    assert "rng=dl.Key(5)" in page.element("#dropout-panel code").text


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("#p=1.5", "p must be in [0, 1], got 1.5"),
        ("#p=", "p must be in [0, 1], got nothing"),
        (f"#key={2**64}", f"key must be an integer in [0, 2**64), got {2**64}"),
        ("#size=17", "size must be an integer in [4, 16], got 17"),
        ("#per=batches", "per must be one of sample, batch, got batches"),
        ("#shared=2,4", "shared must be axes of x, as in 2,3, got 2,4"),
        ("#scale=no", "scale must be 0 or 1, got no"),
    ],
)
def test_an_address_that_cannot_be_is_named(page, address, message):
    page.open(f"{address}&samples=2")
    assert page.element("#error").text == message
    script = "return DropMasks.write({...DropMasks.shown().state, samples: 4})"
    assert page.run(script) == page.run(
        "return DropMasks.write(DropMasks.read('').state)"
    )


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("p-text", "2", "p must be in [0, 1], got 2"),
        ("p-text", "a half", "p must be in [0, 1], got a half"),
        ("key", "-1", "key must be an integer in [0, 2**64), got -1"),
        ("key", "0x10", "key must be an integer in [0, 2**64), got 0x10"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(page, field, text, message):
    before = shown(page)
    element = page.element(f"#{field}")
    element.clear()
    element.send_keys(text, "\n")
    assert page.element("#error").text == message
    assert element.get_attribute("aria-invalid") == "true"
    assert shown(page) == before
    page.element("#channels").send_keys("\ue012")
    assert page.element("#error").text == ""
    assert element.get_attribute("aria-invalid") is None


def test_a_link_and_a_line_can_be_copied(page):
    origin = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.browser.execute_cdp_cmd("Browser.grantPermissions", origin)
    page.open("#p=0.2&key=3")
    read = "return navigator.clipboard.readText()"
    page.element("#block-panel button").click()
    page.wait_for(lambda: page.element("#block-panel button").text == "copied")
    assert page.run(read) == page.element("#block-panel code").text
    page.element("#link").click()
    page.wait_for(lambda: page.element("#copied").text.startswith("copied"))
    assert page.run(read) == page.run("return location.href")
    assert "p=0.2&" in page.run(read)


# --- for every reader -----------------------------------------------------------------

CONTROLS = "input, select, button, canvas"


def test_all_can_be_reached_and_seen_by_keyboard(page):
    seen = []
    while True:
        page.press("\ue004")
        focus = page.run(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "return e === document.body ? null :"
            " [[...document.querySelectorAll(arguments[0])].indexOf(e),"
            "  s.outlineStyle, parseFloat(s.outlineWidth)]",
            CONTROLS,
        )
        if focus is None or focus[0] in seen:
            break
        place, style, width = focus
        assert style == "solid"
        assert width >= 2
        seen.append(place)
    assert seen == list(
        range(
            page.run("return document.querySelectorAll(arguments[0]).length", CONTROLS)
        )
    )


def test_all_controls_have_names(page):
    unnamed = page.run(
        "return [...document.querySelectorAll(arguments[0])].filter((e) =>"
        " !(e.labels?.length || e.ariaLabel || e.textContent.trim()))"
        ".map((e) => e.outerHTML)",
        CONTROLS,
    )
    assert unnamed == []


@pytest.mark.parametrize("width", [320, 360, 768, 1920])
@pytest.mark.parametrize("seed", [None, 3])
def test_the_page_fits_a_width(page, width, seed):
    page.resize(width, 740, 2, mobile=width < 700)
    page.open(
        "" if seed is None else an_address(seed, key=2**64 - 1, samples=8, paths=4)
    )
    outside = page.run(
        "return [...document.body.querySelectorAll('*')].filter((e) => {"
        "  const { left, right } = e.getBoundingClientRect();"
        "  return left < 0 || right > arguments[0] + 0.5; }).map((e) => e.outerHTML)",
        width,
    )
    assert outside == []
    assert page.run("return document.documentElement.scrollWidth") <= width
    small = page.run(
        "return [...document.querySelectorAll(arguments[0])].filter((e) => {"
        "  const target = e.type === 'checkbox' ? e.labels[0] : e;"
        "  const { width, height } = target.getBoundingClientRect();"
        "  return width < 24 || height < 24; }).map((e) => e.outerHTML)",
        "input, select, button",
    )
    assert small == []


def test_a_finger_points_at_a_cell(page):
    page.resize(360, 740, 2, mobile=True)
    page.open()
    canvas = page.element("#path-panel canvas")
    page.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
    box = page.run("return arguments[0].getBoundingClientRect().toJSON()", canvas)
    point = {"x": box["right"] - 5, "y": box["top"] + 5}
    touch = "Input.dispatchTouchEvent"
    page.browser.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": [point]})
    page.browser.execute_cdp_cmd(touch, {"type": "touchEnd", "touchPoints": []})
    page.wait_for(
        lambda: page.element("#path-panel .readout").text.startswith("keep[3]: u = ")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out(page, scheme):
    """4.5 to 1, as WCAG 2 asks for."""
    page.prefer(scheme)
    page.open("#p=2")  # with its message
    pairs = page.run("""
        const opaque = (e) => {
          const colour = getComputedStyle(e).backgroundColor;
          return colour === "rgba(0, 0, 0, 0)" ? opaque(e.parentElement) : colour;
        };
        const words = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [...document.body.querySelectorAll("*")]
          .filter((e) => e.getClientRects().length && (words(e) || e.type === "text"))
          .map((e) => [parts(getComputedStyle(e).color), parts(opaque(e)), e.outerHTML]);
    """)
    assert len(pairs) > 60
    for text, background, element in pairs:
        assert contrast(text, background) >= 4.5, element


def contrast(one, other):
    """WCAG's contrast of two colours in [0, 255]."""

    def luminance(colour):
        c = np.array(colour) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "vision", ["none", "protanopia", "deuteranopia", "tritanopia", "achromatopsia"]
)
def test_all_colour_vision_tells_states_apart(page, scheme, vision):
    """Dropped and newly dropped by lightness alone; both from greys by hue."""
    image = pytest.importorskip("PIL.Image")
    page.prefer(scheme)
    page.command("setEmulatedVisionDeficiency", type=vision)
    page.open()
    swatches = {}
    for name in ("dropped", "fresh", "survivor"):
        picture = page.element(f".cell.{name}").screenshot_as_png
        pixels = np.asarray(image.open(io.BytesIO(picture)).convert("RGB"), int)
        swatches[name] = pixels[-5, len(pixels[0]) // 2]
    page.command("setEmulatedVisionDeficiency", type="none")
    assert contrast(swatches["dropped"], swatches["fresh"]) >= 1.5
    assert contrast(swatches["dropped"], swatches["survivor"]) >= 1.5
    if vision != "achromatopsia":
        assert np.ptp(swatches["dropped"]) >= 60
        assert np.ptp(swatches["fresh"]) >= 60


def test_pictures_follow_the_scheme(page):
    for scheme in ("dark", "light"):
        page.prefer(scheme)
        paper = colours(page)["paper"]
        page.wait_for(
            lambda paper=paper: (
                paper in [c[5] for c in shown(page)["experiment"]["cells"]]
            )
        )


def test_pictures_follow_the_width(page):
    page.resize(500, 800)
    page.wait_for(lambda: page.element("#dropout-panel canvas").rect["width"] > 380)
    page.resize(330, 800)
    page.wait_for(lambda: page.element("#dropout-panel canvas").rect["width"] < 300)
