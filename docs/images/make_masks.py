"""Draw masks.png: what three functions drop of one batch of feature maps.

python docs/images/make_masks.py
"""

from __future__ import annotations

import pathlib

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import droplayers as dl
from droplayers import plot

P = 0.3
KEY = dl.Key(14)  # one that drops about that share of so few maps and samples
INK = "#768390"  # legible on white and on GitHub's dark background
SETTINGS = {
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "text.color": INK,
}


def feature_maps() -> NDArray[np.float64]:
    """Five digits of three channels, (5, 3, 8, 8) in [0, 1]: the image, and how steep
    it is to the right and down."""
    images = load_digits().images[:5]
    down, right = np.gradient(images, axis=(1, 2))
    maps = np.stack([images, abs(right), abs(down)], axis=1, dtype=np.float64)
    return maps / maps.max(axis=(2, 3), keepdims=True)


def main() -> None:
    """Draw x and what each function keeps of it side by side."""
    x = feature_maps()
    keys = KEY.split(3)
    _, single = dl.dropout(x, P, rng=keys[0], return_mask=True)
    _, maps = dl.dropout(x, P, shared_axes=(2, 3), rng=keys[1], return_mask=True)
    _, samples = dl.drop_path(x, P, True, rng=keys[2], return_mask=True)
    panels = {
        "x": None,
        f"dropout(x, {P})": single,
        f"dropout(x, {P},\nshared_axes=(2, 3))": maps,
        f"drop_path(x, {P}, True)": samples,
    }
    figure = Figure(figsize=(9.5, 5), layout=ConstrainedLayoutEngine(wspace=0.08))
    with mpl.rc_context(SETTINGS):
        for axes in plot.masks(x, panels, ax=figure.subplots(1, len(panels))):
            axes.title.set_family("monospace")
        figure.legend(
            handles=[Patch(color=plot.DROPPED, label="dropped")],
            loc="outside lower center",
            frameon=False,
        )
    path = pathlib.Path(__file__).with_name("masks.png")
    figure.savefig(path, dpi=160, transparent=True)


if __name__ == "__main__":
    main()
