# SPDX-License-Identifier: BSD-3-Clause
"""The page whose masks move, for every reader: keyboard, width, touch and colours."""

import functools
import http.server
import io
import threading

import masks_page
import numpy as np
import pytest
from masks_page import STATIC, TAB, an_address

browser, page = masks_page.browser, masks_page.page


CONTROLS = "input, select, button, canvas"


def test_all_can_be_reached_and_seen_by_keyboard(page):
    seen = []
    while True:
        page.press(TAB)
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
    canvas = page.panel("path", "canvas")
    page.run("arguments[0].scrollIntoView({block: 'center'})", canvas)
    box = page.run("return arguments[0].getBoundingClientRect().toJSON()", canvas)
    point = {"x": box["right"] - 5, "y": box["top"] + 5}
    touch = "Input.dispatchTouchEvent"
    page.browser.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": [point]})
    page.browser.execute_cdp_cmd(touch, {"type": "touchEnd", "touchPoints": []})
    page.wait_for(
        lambda: page.panel("path", ".readout").text.startswith("keep[3]: u = ")
    )


# The colour of each text, that of what it stands on, and its element.
TEXTS = """
const opaque = (e) => {
  const colour = getComputedStyle(e).backgroundColor;
  return colour === "rgba(0, 0, 0, 0)" ? opaque(e.parentElement) : colour;
};
const hasText = (e) =>
  e.type === "text" || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
return [...document.body.querySelectorAll("*")]
  .filter((e) => e.getClientRects().length && hasText(e))
  .map((e) => [parts(getComputedStyle(e).color), parts(opaque(e)), e.outerHTML]);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out(page, scheme):
    """4.5 to 1, as WCAG 2 asks for."""
    page.prefer(scheme)
    page.open("#p=2")  # with its message
    pairs = page.run(TEXTS)
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


def theme_shown(page):
    """The page's theme, and whether a picture has its colours."""
    paper = page.colours()["paper"]
    drawn = [cell[5] for cell in page.shown()["experiment"]["cells"]]
    return page.run("return document.documentElement.dataset.theme"), paper in drawn


def test_pictures_follow_the_scheme(page):
    for scheme in ("dark", "light"):
        page.prefer(scheme)
        page.wait_for(lambda scheme=scheme: theme_shown(page) == (scheme, True))


def test_pictures_follow_the_width(page):
    page.resize(500, 800)
    page.wait_for(lambda: page.panel("dropout", "canvas").rect["width"] > 380)
    page.resize(330, 800)
    page.wait_for(lambda: page.panel("dropout", "canvas").rect["width"] < 300)


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *args):
        pass


@pytest.fixture
def framed(page, tmp_path):
    """Opens a page of the site, served or as a file, that has this one in a frame."""
    (tmp_path / "_static").symlink_to(STATIC)
    frame = "<iframe src='_static/masks.html' width='700' height='500'></iframe>"
    html = (
        f"<!doctype html><html data-theme='dark'><link rel=icon href='data:,'>{frame}"
    )
    (tmp_path / "outer.html").write_text(html)
    handler = functools.partial(Silent, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever).start()

    def open_page(how):
        origin = f"http://127.0.0.1:{server.server_port}"
        base = origin if how == "served" else tmp_path.as_uri()
        page.browser.get(f"{base}/outer.html")
        page.browser.switch_to.frame(0)

    yield open_page
    page.browser.switch_to.default_content()
    page.open()
    server.shutdown()
    server.server_close()


def test_in_a_frame_the_page_follows_the_theme_of_the_site(page, framed):
    framed("served")
    assert theme_shown(page) == ("dark", True)
    for theme in ("light", "dark"):
        script = (
            "frameElement.ownerDocument.documentElement.dataset.theme = arguments[0]"
        )
        page.run(script, theme)
        page.wait_for(lambda theme=theme: theme_shown(page) == (theme, True))


def test_in_a_frame_of_a_file_it_follows_the_system(page, framed):
    for scheme in ("dark", "light"):
        page.prefer(scheme)
        framed("file")
        assert page.run("return document.documentElement.dataset.theme") == scheme
