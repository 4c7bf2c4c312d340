"""Numbers of any kind, where they are accepted."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

import droplayers as dl

x: NDArray[np.float32] = np.ones((4, 6), np.float32)

dl.dropout(x, 0)
dl.dropout(x, Fraction(1, 3))
dl.dropout(x, Decimal("0.25"))
dl.dropout(x, np.float32(0.5))
dl.dropout(x, np.int64(0))
dl.dropout(x, np.array(0.5))
dl.dropout(p=0.5, x=x, mode="eval")
dl.drop_path(x, Fraction(1, 3), np.True_)
dl.drop_path(x, [0.1, 0.2, 0.3, 0.4], True)
dl.drop_path(x, np.linspace(0, 1, 4), True, scale_by_keep=np.bool_(False))
dl.fractal_join([x, x], (0.1, 0.5), True)
dl.keep_mask(np.int64(9), np.float64(0.5), packed=np.bool_(True))
dl.keep_mask([np.int32(2), 3], 0.5)
dl.keep_mask(x.shape, 0.5, full_shape=np.array([9, 9]), start=range(2))
dl.kept_rows(np.intp(9), Fraction(1, 2))
dl.drop_connect_moments(x, x.T, Fraction(1, 2))
dl.drop_path_rates(Fraction(1, 2), np.int64(3))
dl.ramp(np.int64(3), 10, np.float32(0.5))
dl.Key(np.uint64(3)).child(np.int8(1))
dl.set_num_threads(np.int64(dl.get_num_threads()))
with dl.num_threads(np.int8(1)):
    pass

dl.dropout(x, shared_axes=np.int64(1))
dl.dropout(x, shared_axes=[0, -1])
dl.dropout(x, shared_axes=range(1))
dl.dropout(x, shared_axes={0, 1})
dl.dropout(x, shared_axes=np.array([0]))
dl.spatial_dropout(x[..., None], channel_axis=np.int8(1))
dl.drop_block(x[None, None], block_size=(np.int64(2), 3))

for rng in (
    None,
    7,
    np.int64(7),
    [1, 2],
    np.array([1, 2]),
    np.random.SeedSequence(1),
    np.random.PCG64(1),
    np.random.default_rng(1),
    np.random.RandomState(1),
    dl.Key(1),
):
    dl.dropout(x, rng=rng)
    dl.Dropout(rng=rng)
    dl.Key.fresh(rng)
