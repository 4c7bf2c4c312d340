"""The functions, all in one place."""

from ._alpha import alpha_dropout, alpha_dropout_backward
from ._block import drop_block
from ._channels import spatial_dropout
from ._connect import (
    drop_connect,
    drop_connect_backward,
    drop_connect_moments,
)
from ._depth import stochastic_depth, stochastic_depth_backward
from ._elements import dropout, keep_mask
from ._fractal import fractal_join, fractal_join_backward
from ._gaussian import gaussian_dropout
from ._rows import kept_rows
from ._samples import drop_path

__all__ = [
    "alpha_dropout",
    "alpha_dropout_backward",
    "drop_block",
    "drop_connect",
    "drop_connect_backward",
    "drop_connect_moments",
    "drop_path",
    "dropout",
    "fractal_join",
    "fractal_join_backward",
    "gaussian_dropout",
    "keep_mask",
    "kept_rows",
    "spatial_dropout",
    "stochastic_depth",
    "stochastic_depth_backward",
]
