"""Draw masks.png: what three functions drop of one batch of feature maps.

python docs/images/make_masks.py
"""

from __future__ import annotations

import pathlib

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import droplayers as dl

P = 0.3
KEY = dl.Key(14)  # one that drops about that share of so few maps and samples
INK = "#768390"  # legible on white and on GitHub's dark background
DROPPED = (0.88, 0.48, 0.22)


def feature_maps() -> NDArray[np.float64]:
    """Five digits of three channels, (5, 3, 8, 8) in [0, 1]: the image, and how steep
    it is to the right and down."""
    images = load_digits().images[:5]
    down, right = np.gradient(images, axis=(1, 2))
    maps = np.stack([images, abs(right), abs(down)], axis=1, dtype=np.float64)
    return maps / maps.max(axis=(2, 3), keepdims=True)


def picture(x: NDArray[np.float64], keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A row of maps for each sample: grey where kept, with transparent gaps."""
    colours = np.where(keep[..., None], x[..., None], DROPPED)
    opaque = np.concatenate([colours, np.ones((*x.shape, 1))], axis=-1)
    spaced = np.pad(opaque, [(0, 0), (0, 0), (0, 1), (0, 1), (0, 0)])
    samples, channels, height, width, _ = spaced.shape
    rows = spaced.swapaxes(1, 2)
    return rows.reshape(samples * height, channels * width, 4)[:-1, :-1]


def main() -> None:
    """Draw x and what each function keeps of it side by side."""
    x = feature_maps()
    keys = KEY.split(3)
    _, single = dl.dropout(x, P, rng=keys[0], return_mask=True)
    _, maps = dl.dropout(x, P, shared_axes=(2, 3), rng=keys[1], return_mask=True)
    _, samples = dl.drop_path(x, P, True, rng=keys[2], return_mask=True)
    panels = {
        "x": np.ones_like(x, dtype=np.bool_),
        f"dropout(x, {P})": single,
        f"dropout(x, {P},\nshared_axes=(2, 3))": maps,
        f"drop_path(x, {P}, True)": samples[:, None, None, None],
    }
    figure = Figure(figsize=(9.5, 5), layout=ConstrainedLayoutEngine(wspace=0.08))
    all_axes = figure.subplots(1, 4)
    for axes, (title, keep) in zip(all_axes, panels.items(), strict=True):
        axes.imshow(picture(x, keep), interpolation="nearest")
        axes.set_title(title, color=INK, family="monospace", fontsize=11)
        axes.set(xticks=[], yticks=[], frame_on=False)
        axes.set_xlabel("channels", color=INK)
    all_axes[0].set_ylabel("samples", color=INK)
    dropped = Patch(color=DROPPED, label="dropped")
    figure.legend(
        handles=[dropped], loc="outside lower center", frameon=False, labelcolor=INK
    )
    path = pathlib.Path(__file__).with_name("masks.png")
    figure.savefig(path, dpi=160, transparent=True)


if __name__ == "__main__":
    main()
