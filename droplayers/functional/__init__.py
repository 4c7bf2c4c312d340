"""The functions, all in one place."""

from ._alpha_dropout import alpha_dropout, alpha_dropout_backward
from ._block_mask import block_mask
from ._drop_block import drop_block
from ._drop_connect import (
    drop_connect,
    drop_connect_backward,
    drop_connect_moments,
)
from ._drop_path import drop_path
from ._dropout import dropout
from ._fractal_join import fractal_join, fractal_join_backward
from ._gaussian_dropout import gaussian_dropout
from ._keep_mask import keep_mask
from ._kept_rows import kept_rows
from ._replace import replace
from ._spatial_dropout import spatial_dropout
from ._stochastic_depth import stochastic_depth, stochastic_depth_backward

__all__ = [
    "alpha_dropout",
    "alpha_dropout_backward",
    "block_mask",
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
    "replace",
    "spatial_dropout",
    "stochastic_depth",
    "stochastic_depth_backward",
]
