# SPDX-License-Identifier: BSD-3-Clause
"""The page whose masks move, opened in Chromium, and what it shows there."""

import pathlib

import chromium
import numpy as np
import pytest

STATIC = pathlib.Path(__file__).parents[1] / "docs" / "_static"
KEYS = (0, 1, 2026, 2**32, 2**53 + 1, 2**63, 2**64 - 1)

# Keys of the keyboard, by WebDriver's code points.
TAB, LEFT, UP, RIGHT, DOWN = "\ue004", "\ue012", "\ue013", "\ue014", "\ue015"

# Values of the fields of an address.
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
    id: view.section.id.replace("-panel", ""),
    line: view.find("code").textContent,
    cells,
    keep: Array.from(keep), before: Array.from(view.before),
    survivors: Array.from(view.drawn.survivors ?? []), side: model.side,
    texts: model.text ? cells.map(([s, r, y, x, i]) =>
      model.text(s, r, y * model.side + x, keep[i], view.p)) : [],
  };
});
"""


class MasksPage(chromium.Page):
    """The page, and its panels by their names."""

    def shown(self):
        return {view["id"]: view for view in self.run(SHOWN)}

    def state(self):
        return self.run("return DropMasks.shown().state")

    def panel(self, name, selector):
        return self.element(f"#{name}-panel {selector}")

    def colours(self):
        """The theme's colours, as pixels have them."""
        theme = self.run("return DropMasks.theme()")
        names = ("dropped", "fresh", "paper")
        return {n: [int(theme[n][at : at + 2], 16) for at in (1, 3, 5)] for n in names}


@pytest.fixture(scope="module")
def browser():
    """A browser for the tests of a module."""
    browser = chromium.start()
    yield browser
    browser.quit()


@pytest.fixture
def page(browser):
    """The page as it is at first; the console has to stay silent."""
    page = MasksPage(browser, STATIC / "masks.html")
    page.resize(1280, 900)
    page.prefer("light")
    page.open()
    yield page
    assert page.errors() == []
