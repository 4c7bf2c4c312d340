"""The dropout family for NumPy, at the speed of copying an array.

Every mask is a pure function of a key and an index: instruction sets, dtypes, memory
layouts, chunks and machines cannot change it, and the backward pass draws it again.

>>> import numpy as np
>>> import droplayers as dl
>>> dl.dropout(np.ones(4, np.float32), 0.5, rng=4)
array([0., 2., 0., 2.], dtype=float32)
"""

try:
    from . import _core  # noqa: F401
except ImportError as error:
    from importlib.util import find_spec
    from pkgutil import extend_path

    if find_spec("._core", __name__):
        raise  # it is built, and broken
    # A checkout that was not built hides an installed copy: go on there.
    __path__ = extend_path(__path__, __name__)[1:]
    if not __path__:
        raise ImportError("droplayers is not built: pip install . does it") from error

from . import config
from .config import get_num_threads, num_threads, set_num_threads, show_config
from .functional import (
    alpha_dropout,
    alpha_dropout_backward,
    block_mask,
    drop_block,
    drop_connect,
    drop_connect_backward,
    drop_connect_moments,
    drop_path,
    dropout,
    fractal_join,
    fractal_join_backward,
    gaussian_dropout,
    keep_mask,
    kept_rows,
    replace,
    spatial_dropout,
    stochastic_depth,
    stochastic_depth_backward,
)
from .keys import Key
from .layers import (
    AlphaDropout,
    DropBlock,
    DropConnect,
    Dropout,
    DropPath,
    FractalJoin,
    GaussianDropout,
    Identity,
    SpatialDropout,
)
from .schedules import drop_path_rates, ramp

__version__ = config.VERSION

__all__ = [
    "AlphaDropout",
    "DropBlock",
    "DropConnect",
    "DropPath",
    "Dropout",
    "FractalJoin",
    "GaussianDropout",
    "Identity",
    "Key",
    "SpatialDropout",
    "alpha_dropout",
    "alpha_dropout_backward",
    "block_mask",
    "drop_block",
    "drop_connect",
    "drop_connect_backward",
    "drop_connect_moments",
    "drop_path",
    "drop_path_rates",
    "dropout",
    "fractal_join",
    "fractal_join_backward",
    "gaussian_dropout",
    "get_num_threads",
    "keep_mask",
    "kept_rows",
    "num_threads",
    "ramp",
    "replace",
    "set_num_threads",
    "show_config",
    "spatial_dropout",
    "stochastic_depth",
    "stochastic_depth_backward",
]

# The public name of what lives in a private module: for pickle, and in messages.
for _name in __all__:
    if "._" in globals()[_name].__module__:
        globals()[_name].__module__ = __name__

config.use_environment()
config.register_with_threadpoolctl()
