"""The types of results, as checkers see them."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import droplayers as dl

Floats2D = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

halves: NDArray[np.float16] = np.ones((4, 3), np.float16)
singles: NDArray[np.float32] = np.ones((4, 3), np.float32)
doubles: NDArray[np.float64] = np.ones((4, 3))
longs: NDArray[np.longdouble] = np.ones((4, 3), np.longdouble)
numbers: NDArray[np.complex64] = np.ones((4, 3), np.complex64)
maps: NDArray[np.float32] = np.ones((1, 2, 9, 9), np.float32)
integers: NDArray[np.int64] = np.ones((4, 3), np.int64)
bytes_: NDArray[np.uint8] = np.ones((4, 3), np.uint8)
bools: NDArray[np.bool_] = np.ones((4, 3), np.bool_)
table = np.ones((4, 3))
either = bool(len(table))

# Arrays of floats keep their scalar type, and their shape.
assert_type(dl.dropout(halves), NDArray[np.float16])
assert_type(dl.dropout(singles), NDArray[np.float32])
assert_type(dl.dropout(doubles, 0.1, "test"), NDArray[np.float64])
assert_type(dl.dropout(longs), NDArray[np.longdouble])
assert_type(dl.dropout(numbers, scaling="classic"), NDArray[np.complex64])
assert_type(dl.dropout(table), Floats2D)
assert_type(dl.dropout(singles, residual=singles), NDArray[np.float32])
assert_type(dl.dropout(singles, out=singles), NDArray[np.float32])
assert_type(dl.spatial_dropout(maps, 0.2), NDArray[np.float32])
assert_type(dl.alpha_dropout(singles, 0.2), NDArray[np.float32])
assert_type(dl.alpha_dropout_backward(singles, 0.2), NDArray[np.float32])
assert_type(dl.gaussian_dropout(singles, 0.2), NDArray[np.float32])
assert_type(dl.drop_block(maps, 0.2, block_size=3), NDArray[np.float32])
assert_type(dl.drop_path(singles, 0.2, True), NDArray[np.float32])
assert_type(dl.drop_path(singles, residual=singles), NDArray[np.float32])
assert_type(dl.drop_connect(singles, singles.T), NDArray[np.float32])
assert_type(dl.drop_connect_moments(table, table.T, 0.5)[1], NDArray[np.float64])
assert_type(
    dl.drop_connect_backward(singles[:, :1], singles, singles[:1].T),
    tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
)
assert_type(dl.fractal_join([singles, singles]), NDArray[np.float32])
assert_type(dl.fractal_join([singles, None]), NDArray[np.float32] | None)
assert_type(
    dl.fractal_join_backward(singles, [singles, singles]), list[NDArray[np.float32]]
)
assert_type(
    dl.fractal_join_backward(singles, [singles, None]),
    list[NDArray[np.float32] | None],
)

# Integers and bools become float64.
assert_type(dl.dropout(integers), NDArray[np.float64])
assert_type(dl.dropout(integers, residual=integers), NDArray[np.float64])
assert_type(dl.dropout(bools, residual=doubles), NDArray[np.float64])
assert_type(dl.spatial_dropout(bytes_), NDArray[np.float64])
assert_type(dl.alpha_dropout(bytes_), NDArray[np.float64])
assert_type(dl.gaussian_dropout(bools), NDArray[np.float64])
assert_type(dl.drop_path(integers, 0.5, True), NDArray[np.float64])
assert_type(dl.fractal_join([integers, integers]), NDArray[np.float64])

# What is replaced keeps any dtype.
assert_type(dl.replace(bytes_, 0, 0.1), NDArray[np.uint8])
assert_type(dl.replace(bools, False, mask=bools), NDArray[np.bool_])
assert_type(dl.replace(table, np.nan, 0.1), Floats2D)
assert_type(
    dl.replace(integers, integers, 0.1, return_mask=True),
    tuple[NDArray[np.int64], Bools],
)
assert_type(dl.replace([1, 2], 0, 0.1), NDArray[Any])
assert_type(dl.block_mask((1, 1, 9, 9)), NDArray[np.bool_])

# What is only like an array may have any dtype.
assert_type(dl.dropout([1.0, 2.0]), NDArray[Any])
assert_type(
    dl.drop_path([[1, 2]], 0.5, True, return_mask=True), tuple[NDArray[Any], Bools]
)
assert_type(dl.dropout(singles, residual=[[1.0] * 3] * 4), NDArray[Any])
assert_type(dl.fractal_join([[1.0], [2.0]]), NDArray[Any])

# The mask is there where a literal says so.
pair = dl.dropout(singles, return_mask=True)
assert_type(pair, tuple[NDArray[np.float32], Bools])
assert_type(
    dl.drop_path(integers, 0.5, True, return_mask=True),
    tuple[NDArray[np.float64], Bools],
)
assert_type(dl.spatial_dropout(maps, return_mask=False), NDArray[np.float32])
assert_type(dl.dropout(singles, return_mask=either), Any)

# Masks alone.
assert_type(dl.keep_mask((3, 4), 0.5), NDArray[np.bool_])
assert_type(dl.keep_mask(99, 0.5, packed=False), NDArray[np.bool_])
assert_type(dl.keep_mask(99, 0.5, packed=True), NDArray[np.uint8])
assert_type(dl.keep_mask(99, 0.5, packed=either), NDArray[np.bool_] | NDArray[np.uint8])
assert_type(dl.kept_rows(9, 0.5), tuple[NDArray[np.intp], float])

# Schedules, keys and settings.
assert_type(dl.drop_path_rates(0.1, 3), list[float])
assert_type(dl.drop_path_rates(0.1, [3, 4], stagewise=True), list[list[float]])
assert_type(dl.ramp(1, 10, 0.5), float)
assert_type(dl.Key(1).child(2), dl.Key)
assert_type(dl.Key(1).split(2), tuple[dl.Key, ...])
assert_type(int(dl.Key(1)), int)
assert_type(dl.show_config("dicts"), dict[str, Any])
assert_type(dl.get_num_threads(), int)
