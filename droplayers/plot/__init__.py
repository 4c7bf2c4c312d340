"""Pictures of what the family does, by matplotlib.

Each function draws into the Axes that it is given, or into those of a new figure, and
returns them; none shows or saves anything. The colour-blind can tell the colours apart,
which are legible on white and on black. Text and lines of the Axes have the colours of
matplotlib's settings, as ``plt.style.use("dark_background")`` makes them. `DROPPED` is
the colour of dropped cells, for a legend.

>>> import droplayers as dl
>>> from droplayers import plot
>>> from matplotlib.figure import Figure
>>> ax = plot.rates(0.2, [2, 3], ax=Figure().subplots())
>>> ax.get_xlabel(), ax.get_ylabel()
('block', 'rate')
"""

try:
    import matplotlib as _  # noqa: F401
except ImportError as error:
    raise ImportError(
        "droplayers.plot needs matplotlib: pip install 'droplayers[plot]'"
    ) from error

from ._axes import DROPPED
from ._columns import columns
from ._masks import masks
from ._rates import rates
from ._scales import scales
from ._share import share

__all__ = ["DROPPED", "columns", "masks", "rates", "scales", "share"]
