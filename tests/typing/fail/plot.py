"""Calls of pictures that run into an error: one on each marked line."""

import numpy as np
from matplotlib.figure import Figure

from droplayers import plot

axes = Figure().subplots()
x = np.ones((4, 6))

plot.masks(x)  # E
plot.masks(x, [None], ax=axes)  # E
plot.masks(x, {"all": None}, ax="axes")  # E
plot.share()  # E
plot.share(0.5, shape=9)  # E
plot.share(0.5, "dropout", ax=Figure())  # E
plot.scales("0.5")  # E
plot.scales(0.5, p=0.5)  # E
plot.rates(0.3)  # E
plot.rates(0.3, 2.5, ax=axes)  # E
plot.rates(0.3, 4, steps=2, ax=axes)  # E
plot.columns(2.5, ax=axes)  # E
plot.columns(3, training="test", ax=axes)  # E
plot.columns(3, rng="seed", ax=axes)  # E
