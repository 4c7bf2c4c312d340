"""The family for Dask arrays: lazily, and beyond the memory of one machine.

Each function has the name and the arguments of the one for NumPy, but for `full_shape`,
`start` and `out`. Its result is that of the NumPy function on the whole array, to the
bit, whatever the chunks, the scheduler and the number of workers: one key is drawn when
the graph is made, and each block draws its own part of the mask from it. A lost block
is computed alike. A block is computed on one thread, since the scheduler has many.

>>> import dask.array as da
>>> import droplayers as dl
>>> import droplayers.dask
>>> x = da.arange(8, chunks=3, dtype="f4")
>>> y = droplayers.dask.dropout(x, 0.25, rng=dl.Key(1))
>>> y
dask.array<dropout, shape=(8,), dtype=float32, chunksize=(3,), chunktype=numpy.ndarray>
>>> y.compute() == dl.dropout(x.compute(), 0.25, rng=dl.Key(1))
array([ True,  True,  True,  True,  True,  True,  True,  True])
"""

try:
    import dask.array as _  # noqa: F401
except ImportError as error:
    raise ImportError(
        "droplayers.dask needs dask: pip install 'droplayers[dask]'"
    ) from error

from ._drop_block import block_mask, drop_block
from ._drop_path import drop_path
from ._elements import (
    alpha_dropout,
    alpha_dropout_backward,
    dropout,
    gaussian_dropout,
    spatial_dropout,
)
from ._masks import keep_mask
from ._replace import replace

__all__ = [
    "alpha_dropout",
    "alpha_dropout_backward",
    "block_mask",
    "drop_block",
    "drop_path",
    "dropout",
    "gaussian_dropout",
    "keep_mask",
    "replace",
    "spatial_dropout",
]
