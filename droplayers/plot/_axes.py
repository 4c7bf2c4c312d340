"""What all pictures have in common: Axes to draw into, colours and markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes

from .. import _validation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    T = TypeVar("T")

# M. Okabe and K. Ito's blue and vermilion, and two colours that dichromats tell apart
# from them and from each other. All have a contrast of at least 3 to white and black.
COLOURS = ("#0072B2", "#D55E00", "#8800FF", "#BB8877")
DROPPED = COLOURS[1]
KEPT = "#8C8C8C"  #: a grey with as much contrast to white and to black
MARKERS = "osD^vPX*<>"  #: the second difference of lines: there are few colours


def given(ax: Any) -> Axes | None:
    """Check the Axes that are given, if any are."""
    if not isinstance(ax, Axes | None):
        raise TypeError(f"ax must be matplotlib's Axes, got {type(ax).__name__}")
    return ax


def new(n: int, **options: Any) -> Any:
    """An array of n Axes side by side in a new figure of pyplot."""
    import matplotlib.pyplot as plt  # chooses a backend

    return plt.subplots(1, n, squeeze=False, layout="constrained", **options)[1][0]


def line_style(i: int) -> dict[str, Any]:
    """The colour and the marker of the i-th line."""
    return {
        "color": COLOURS[i % len(COLOURS)],
        "marker": MARKERS[i % len(MARKERS)],
        "markerfacecolor": "none",
    }


def ink() -> Any:
    """The colour of lines that are no data: that of the settings' text."""
    return mpl.rcParams["text.color"]


def chosen(members: Any, known: Mapping[str, T]) -> dict[str, T]:
    """The members of these names: all where there are none."""
    names: Iterable[Any] = known if members is None else members
    if isinstance(names, str):
        names = (names,)
    words = tuple(known)
    return {_validation.choice(n, "members", words): known[n] for n in names}
