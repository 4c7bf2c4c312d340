"""Pictures: Axes in, Axes out."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

import droplayers as dl
from droplayers import plot

key = dl.Key(1)
figure = Figure()
axes: Axes = figure.subplots()
left, right = figure.subplots(1, 2)
x = np.ones((2, 3, 4, 4), np.float32)
keep = dl.keep_mask(x.shape, 0.3, rng=key)

plot.masks(x, {"dropout": keep, "x": None}, ax=[left, right])
plot.masks(x.shape, {"dropout": keep}, ax=axes)
plot.masks([[1, 2], [3, 4]], {"rows": [True, False]}, ax=axes)
plot.share(0.5, ax=axes)
plot.share([0.1, 0.2], ["dropout", "drop_path"], shape=[8, 4, 4], rng=key, ax=axes)
plot.share(np.linspace(0, 1, 3), "dropout", rng=np.random.default_rng(0), ax=axes)
plot.scales(0.5, [1, 2, 3], ("dropout", "dropout, classic"), rng=1, ax=axes)
plot.rates(0.3, 4, ax=axes)
plot.rates(0.3, [2, 2], 100, start=0.1, steps=range(0, 101, 50), ax=axes)
plot.columns(3, 0.4, rng=key, ax=axes)
plot.columns(sampling="global", rng=key, ax=axes).set_title("a step")
colour: str = plot.DROPPED
axes.legend(handles=[Patch(color=colour, label="dropped")])
