"""Whatever is like an array, and what else is passed as one."""

import array
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

import droplayers as dl


class Like:
    """What turns into an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> npt.NDArray[np.float64]:
        return np.ones((4, 6))


x: npt.NDArray[np.float32] = np.ones((4, 6), np.float32)
wide: npt.NDArray[np.float64] = np.ones((4, 6))
keep: npt.NDArray[np.bool_] = x > 0

dl.dropout(Like())
dl.dropout([[1, 2], [3, 4]])
dl.dropout(((1.0, 2j), (3, True)))
dl.dropout(array.array("d", [1, 2, 3]))
dl.dropout(np.float32(3))
dl.dropout(3.0)
dl.dropout(x, mask=keep)
dl.dropout(x, mask=keep.tolist())
dl.dropout(x, mask=keep, return_mask=True)
dl.dropout(x, residual=wide)
dl.dropout(wide, residual=x, out=wide)
dl.dropout(x, residual=Like())
dl.dropout(x, out=wide)
dl.dropout(wide, out=x)
dl.dropout(keep, out=x)
dl.dropout(x, full_shape=(9, 9), start=(1, 2))
dl.drop_path(Like(), 0.5, True, residual=x)
dl.drop_connect(x, wide.T)
dl.drop_connect(x, np.ones((6, 2), np.int64), bias=[1.0, 2.0])
dl.drop_connect_backward(np.ones((4, 2)), x, np.ones((6, 2)))
dl.fractal_join([x, wide])
dl.fractal_join([x, [[1.0] * 6] * 4, None])
dl.fractal_join(np.stack([x, x]))
dl.fractal_join_backward(None, [None, None])
dl.stochastic_depth(x, lambda v: v @ np.eye(6), 0.5, True)


def halve(v: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(v / 2)


def double(v: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return v + v


dl.replace(np.array(["a", "b"]), "c", 0.5)
dl.replace(np.zeros(3, "M8[s]"), np.datetime64(1, "s"), p=0.5, out=None)
dl.replace(x, [0.0] * 6, mask=keep, out=x)
dl.stochastic_depth(x, np.tanh, 0.5)
dl.stochastic_depth(x, lambda v: v * v)
dl.stochastic_depth(x, halve)
dl.stochastic_depth(x, double)
dl.stochastic_depth_backward(x, double, 0.5, True, rng=dl.Key(1))
dl.stochastic_depth(x, lambda v: v.tolist())


def of_any_floats(x: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    return dl.dropout(x, 0.1)


def of_one_of_two(
    x: npt.NDArray[np.float32 | np.float64],
) -> npt.NDArray[np.float32 | np.float64]:
    return dl.dropout(x)


Some = TypeVar("Some", np.float32, np.float64)


def of_some(x: npt.NDArray[Some]) -> npt.NDArray[Some]:
    y, keep = dl.dropout(x, return_mask=True)
    return y * keep


def of_a_matrix(
    x: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return dl.dropout(x)


def of_anything(x: Any) -> npt.NDArray[np.float64]:
    y: npt.NDArray[np.float64] = dl.dropout(x)
    return y


of_any_floats(x)
of_one_of_two(x)
of_some(x)
of_a_matrix(np.ones((2, 2), np.float32))
of_anything([1, 2])
