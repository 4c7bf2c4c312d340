# SPDX-License-Identifier: BSD-3-Clause
"""The page whose masks move: pictures, lines in Python, controls and the address."""

import re

import masks_page
import numpy as np
import pytest
from masks_page import DOWN, LEFT, RIGHT, STATIC, TAB, an_address

import droplayers as dl

PARTS = [STATIC / "stream.js", STATIC / "masks.html", *(STATIC / "masks").iterdir()]

browser, page = masks_page.browser, masks_page.page


def evaluate(line):
    """What a line of Python gives that the page shows."""
    return np.asarray(eval(line, {"dl": dl, "np": np}))


def test_the_page_loads_nothing_from_elsewhere():
    for part in PARTS:
        assert not re.search(r"https?:|//\w|@import|fetch", part.read_text()), part


@pytest.mark.parametrize("seed", range(8))
def test_the_lines_in_python_give_the_masks(page, seed):
    page.open(an_address(seed))
    views = page.shown()
    assert len(views) == 7
    values = evaluate(views["experiment"].pop("line"))
    texts = np.reshape(
        [float(text) for text in views["experiment"]["texts"]], (4, 3, 4)
    )
    np.testing.assert_allclose(texts, values.reshape(4, 3, 4), rtol=1e-3)
    keep = np.array(views.pop("experiment")["keep"], bool)
    assert ((values != 0) == keep[:, None, None, None]).all()
    for view in views.values():
        keep = evaluate(view["line"])
        assert keep.dtype == bool
        assert keep.ravel().tolist() == [bool(k) for k in view["keep"]], view["line"]


# From what a panel's line in Python gives to what is kept, by sample, row, y and x; at
# three samples, two channels, five times five cells, two outputs, four paths.
PICTURES = {
    "dropout": lambda keep: keep,
    "shared": lambda keep: np.broadcast_to(keep, (3, 2, 5, 5)),
    "path": lambda keep: np.broadcast_to(keep[:, None, None, None], (3, 2, 5, 5)),
    "block": lambda keep: keep,
    "connect": lambda keep: keep.reshape(3, 5, 5, 2).transpose(0, 3, 1, 2),
    "join": lambda keep: np.broadcast_to(keep[:, :, None, None], (3, 4, 5, 5)),
    "experiment": lambda values: values != 0,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pictures_show_the_masks(page, scheme):
    page.prefer(scheme)
    page.open("#p=0.4&samples=3&channels=2&size=5&shared=1,3&outputs=2&paths=4&key=11")
    dropped = page.colours()["dropped"]
    for name, view in page.shown().items():
        keep = PICTURES[name](evaluate(view["line"]))
        assert 0 < np.mean(keep) < 1
        edge = [0, view["side"] - 1] if name == "join" else []  # where a frame may be
        rows = keep.shape[1]  # below them stands the join itself
        cells = [cell for cell in view["cells"] if cell[1] < rows]
        assert len(cells) == keep.size
        for sample, row, y, x, _, colour in cells:
            if y not in edge and x not in edge:
                assert (colour != dropped) == keep[sample, row, y, x]


def test_what_a_change_of_p_drops_is_marked(page):
    page.open("#p=0.5&was=0.3&perJoin=sample")
    fresh = page.colours()["fresh"]
    for view in page.shown().values():
        marked = {cell[4] for cell in view["cells"] if cell[5] == fresh}
        keep, before = np.array(view["keep"]), np.array(view["before"])
        assert marked == set(np.flatnonzero((keep == 0) & (before == 1)))


def test_a_larger_p_only_adds_holes(page):
    page.open()
    before = page.shown()
    page.element("#p").send_keys(*[RIGHT] * 5)  # right arrow
    state = page.state()
    assert (state["was"], state["p"]) == (0.34, 0.35)
    after = page.shown()
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
    state = page.state()
    assert state["was"] == 0.3
    assert 0.5 < state["p"] < 0.7


def test_the_share_dropped_is_beside_p(page):
    page.open("#p=0.25&samples=8&channels=2")
    for name, view in page.shown().items():
        dropped, size = view["keep"].count(0), len(view["keep"])
        text = page.panel(name, ".share").text.replace("\xa0", " ")
        share = f"{np.floor(1000 * dropped / size + 0.5) / 1000:.3f}"
        assert text == f"share dropped {dropped}/{size} = {share}, p = 0.25"


def test_a_cell_tells_its_uniform(page):
    canvas = page.panel("dropout", "canvas")
    page.run("arguments[0].focus()", canvas)
    page.press(RIGHT, *[RIGHT] * 9, DOWN, DOWN)  # right, down
    readout = page.panel("dropout", ".readout").text
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
    for name in page.shown():
        page.run("arguments[0].focus()", page.panel(name, "canvas"))
        page.press(RIGHT)
        assert page.panel(name, ".readout").text.startswith("keep[0")
    page.press(TAB)  # tab
    assert page.panel("experiment", ".readout").text == ""


# --- the address ----------------------------------------------------------------------


def reopened(page):
    """What is shown at the address that the page has in the end."""
    script = "return [DropMasks.write(DropMasks.shown().state), location.hash]"
    page.wait_for(lambda: len(set(page.run(script))) == 1)
    before, address = page.shown(), page.run("return location.hash")
    page.open(address)
    after = page.shown()
    assert after == before
    return address


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_an_address_shows_the_same_again(page, seed):
    address = an_address(seed, was=0.5)
    page.open(address)
    page.element("#key-up").click()
    page.element("#key-down").click()
    written = reopened(page)
    fields = dict(re.findall(r"(\w+)=([^&]*)", written))
    assert fields == dict(re.findall(r"(\w+)=([^&]*)", address))


def test_what_a_reader_sets_is_in_the_address(page):
    key = page.element("#key")
    key.clear()
    key.send_keys(str(2**64 - 1), "\n")
    number = page.element("#p-text")
    number.clear()
    number.send_keys("0.123", "\n")
    page.element("#samples").send_keys(RIGHT)
    page.element("#block").send_keys(LEFT)  # left
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
    page.element("#key").send_keys(DOWN)  # down
    assert page.element("#key").get_property("value") == str(2**64 - 1)
    page.element("#key-fresh").click()
    assert 0 < int(page.element("#key").get_property("value")) < 2**64 - 1


def test_another_address_is_taken_without_loading(page):
    page.run("location.hash = '#p=0.75&key=5'")
    page.wait_for(lambda: page.element("#key").get_property("value") == "5")
    assert page.element("#p-text").get_property("value") == "0.75"
    assert "rng=dl.Key(5)" in page.panel("dropout", "code").text


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
    before = page.shown()
    element = page.element(f"#{field}")
    element.clear()
    element.send_keys(text, "\n")
    assert page.element("#error").text == message
    assert element.get_attribute("aria-invalid") == "true"
    assert page.shown() == before
    page.element("#channels").send_keys(LEFT)
    assert page.element("#error").text == ""
    assert element.get_attribute("aria-invalid") is None


def test_a_link_and_a_line_can_be_copied(page):
    origin = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.browser.execute_cdp_cmd("Browser.grantPermissions", origin)
    page.open("#p=0.2&key=3")
    read = "return navigator.clipboard.readText()"
    page.panel("block", "button").click()
    page.wait_for(lambda: page.panel("block", "button").text == "copied")
    assert page.run(read) == page.panel("block", "code").text
    page.element("#link").click()
    page.wait_for(lambda: page.element("#copied").text.startswith("copied"))
    assert page.run(read) == page.run("return location.href")
    assert "p=0.2&" in page.run(read)
