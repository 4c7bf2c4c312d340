"""The types of what pictures return, as checkers see them."""

from typing import Any, assert_type

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from droplayers import plot

axes: Axes = Figure().subplots()

assert_type(plot.masks((4, 4), {"all": None}, ax=axes), np.ndarray[Any, np.dtype[Any]])
assert_type(plot.share(0.5, "dropout", rng=0, ax=axes), Axes)
assert_type(plot.scales(0.5, np.ones(3), rng=0, ax=axes), Axes)
assert_type(plot.rates(0.3, 4, ax=axes), Axes)
assert_type(plot.columns(2, rng=0, ax=axes), Axes)
