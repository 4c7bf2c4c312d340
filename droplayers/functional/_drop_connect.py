"""DropConnect: connections of a dense layer are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _validation
from .._lib.linear import (
    Dense,
    Shared,
    accumulator,
    check_inner,
    check_shape,
    matmul,
    prepare,
)
from .._lib.masked_matmul import add_outputs, add_weights, connections, store_inputs
from .._lib.pipeline import noise_variance, reserve_then_draw
from .._undo import undoes_its_draw

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._validation import Array
    from ..keys import RNG


@undoes_its_draw
def drop_connect(
    x: ArrayLike,
    weight: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    bias: ArrayLike | None = None,
    per_sample: bool = True,
    rng: RNG = None,
    out: Array | None = None,
) -> Any:
    """Multiply by a weight of which single connections are dropped at random.

    In training, ``y[b] = x[b] @ (weight * keep[b]) / (1 - p) + bias`` with a mask
    of the weight's shape for each sample; no array of (B, in, out) is ever made.

    Parameters
    ----------
    x : array_like
        Inputs, of shape (B, in), real or complex. Integers and bools become float64.
    weight : array_like
        Of shape (in, out).
    p : float, default 0.5
        Probability to drop a connection, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        Whether to drop; otherwise ``x @ weight + bias``.
    bias : array_like, optional
        Of shape (out,). Not dropped: it alone remains at p = 1.
    per_sample : bool, default True
        Whether each sample has a mask of its own; otherwise one serves for all, as
        ``x @ dropout(weight, p) + bias``.
    rng : optional
        As in `dropout`.
    out : ndarray, optional
        Where to store the result; may overlap the arguments.

    Returns
    -------
    y : ndarray
        Of shape (B, out), of the dtype that x, weight and bias promote to; `out` if
        given.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], or the shapes do not fit.

    See Also
    --------
    drop_connect_backward : the gradients.
    drop_connect_moments : mean and variance of the result, for inference.

    Notes
    -----
    The mask is drawn for (B, in, out), or for (in, out). A sum goes over the inputs
    in ascending order and is then scaled, so it has the same bits on every
    instruction set and number of threads. A product that is dropped is +0, whatever
    its factors are. The half types are summed in float32.

    References
    ----------
    .. [1] L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, "Regularization of Neural
       Networks using DropConnect", ICML 2013, equation 3; scaled here by 1 / (1 - p)
       as dropout is, so that inference needs no other weight.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> x, weight = np.ones((3, 4)), np.ones((4, 2))
    >>> dl.drop_connect(x, weight, 0.5, rng=1)
    array([[6., 6.],
           [4., 4.],
           [8., 2.]])
    >>> dl.drop_connect(x, weight, 0.5, "test")
    array([[4., 4.],
           [4., 4.],
           [4., 4.]])
    """
    arrays = {"x": x, "weight": weight} | ({} if bias is None else {"bias": bias})
    layer, matrices = prepare(p, mode, per_sample, arrays)
    inputs, matrix = matrices["x"], matrices["weight"]
    shape = len(inputs), matrix.shape[1]
    check_inner(inputs, matrix)
    _validation.size((*inputs.shape, shape[1]), "the layer", 2**63)
    added = matrices.get("bias")
    if added is not None:
        check_shape(added, "bias", shape[1:])
    target = None if out is None else _validation.out(out, shape, layer.dtype)

    def reserve() -> tuple[Array, Shared, Array]:
        total = accumulator(shape, layer.computes, target, matrices)
        shared = layer.reserve(inputs, matrix, total, drops=matrix)
        return total, shared, _result(layer, total)

    (total, shared, result), key = reserve_then_draw(
        reserve, lambda: layer.key(rng), *matrices.values(), target
    )
    total[...] = 0
    with np.errstate(all="ignore"):
        layer.product(
            total,
            lambda: add_outputs(
                total, inputs, matrix, connections(key, layer.p, matrix)
            ),
            lambda: matmul(
                shared.left,
                layer.dropped(shared.right, key, shared.dropped),
                out=shared.product,
            ),
        )
        if added is not None and layer.train and layer.p == 1.0:
            total[...] = layer.cast(added)
        elif added is not None:
            total += layer.cast(added)
        _rounded(total, result)
        if target is not None and target is not total:
            np.copyto(target, result, casting="same_kind")
    return result if out is None else out


@undoes_its_draw
def drop_connect_backward(
    grad: ArrayLike,
    x: ArrayLike,
    weight: ArrayLike,
    p: float = 0.5,
    mode: str = "train",
    *,
    per_sample: bool = True,
    rng: RNG = None,
) -> tuple[Array, Array, Array]:
    """Compute the gradients of `drop_connect`, drawing its masks again.

    Parameters
    ----------
    grad : array_like
        The gradient of its result, of shape (B, out).
    x, weight : array_like
        What it was given, of shapes (B, in) and (in, out).
    p : float, default 0.5
        As it was for `drop_connect`, in [0, 1].
    mode : {"train", "test", "eval"}, default "train"
        As it was.
    per_sample : bool, default True
        As it was.
    rng : optional
        The Key that `drop_connect` was given, or what makes the same one.

    Returns
    -------
    grad_x, grad_weight, grad_bias : ndarray
        Of shapes (B, in), (in, out) and (out,), of the dtype that all promote to.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is not supported.
    ValueError
        If p is NaN or outside [0, 1], or the shapes do not fit.

    Notes
    -----
    With M the mask of a sample: ``grad_x[b] = (weight * M[b]) @ grad[b] / (1 - p)``
    and ``grad_weight = sum(M[b] * outer(x[b], grad[b])) / (1 - p)``, both without an
    array of (B, in, out). grad_bias is the sum of grad over the samples.

    References
    ----------
    .. [1] L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, "Regularization of Neural
       Networks using DropConnect", ICML 2013, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> key, x, weight = dl.Key(1), np.ones((3, 4)), np.ones((4, 2))
    >>> y = dl.drop_connect(x, weight, rng=key)
    >>> grads = dl.drop_connect_backward(np.ones_like(y), x, weight, rng=key)
    >>> [grad.shape for grad in grads]
    [(3, 4), (4, 2), (2,)]
    >>> bool(grads[1].sum() == y.sum())
    True
    """
    arrays = {"grad": grad, "x": x, "weight": weight}
    layer, matrices = prepare(p, mode, per_sample, arrays)
    upper, inputs, matrix = matrices.values()
    check_inner(inputs, matrix)
    check_shape(upper, "grad", (len(inputs), matrix.shape[1]))
    _validation.size((*inputs.shape, upper.shape[1]), "the layer", 2**63)
    with np.errstate(all="ignore"):
        grad_bias = layer.cast(upper).sum(axis=0).astype(layer.dtype, copy=False)
    (to_x, to_weight), key = reserve_then_draw(
        lambda: (
            _reserve_x(layer, upper, matrix),
            _reserve_weight(layer, upper, inputs),
        ),
        lambda: layer.key(rng),
        *matrices.values(),
    )
    return (
        _grad_x(layer, *to_x, upper, matrix, key),
        _grad_weight(layer, *to_weight, upper, inputs, key),
        grad_bias,
    )


def grad_x(
    grad: Array, weight: Array, p: float, mode: str, per_sample: bool, rng: RNG
) -> Array:
    """The gradient in x alone."""
    layer, m = prepare(p, mode, per_sample, {"grad": grad, "weight": weight})
    memory, key = reserve_then_draw(
        lambda: _reserve_x(layer, m["grad"], m["weight"]), lambda: layer.key(rng)
    )
    return _grad_x(layer, *memory, m["grad"], m["weight"], key)


def grad_weight(
    grad: Array, x: Array, p: float, mode: str, per_sample: bool, rng: RNG
) -> Array:
    """The gradient in the weight alone."""
    layer, m = prepare(p, mode, per_sample, {"grad": grad, "x": x})
    memory, key = reserve_then_draw(
        lambda: _reserve_weight(layer, m["grad"], m["x"]), lambda: layer.key(rng)
    )
    return _grad_weight(layer, *memory, m["grad"], m["x"], key)


def _result(layer: Dense, total: Array) -> Array:
    """The memory of what a total is rounded to, which may be the total's own."""
    if total.dtype == layer.dtype:
        return total
    return np.empty_like(total, layer.dtype)


def _rounded(total: Array, result: Array) -> Array:
    if result is not total:
        np.copyto(result, total, casting="unsafe")
    return result


def _reserve_x(layer: Dense, grad: Array, weight: Array) -> tuple[Array, Array, Shared]:
    total = np.zeros((len(grad), len(weight)), layer.computes)
    shared = layer.reserve(grad, weight, total, drops=weight)
    return total, _result(layer, total), shared


def _reserve_weight(layer: Dense, grad: Array, x: Array) -> tuple[Array, Array, Shared]:
    total = np.zeros((x.shape[1], grad.shape[1]), layer.computes)
    return total, _result(layer, total), layer.reserve(x, grad, total, drops=total)


@np.errstate(all="ignore")
def _grad_x(
    layer: Dense,
    total: Array,
    result: Array,
    shared: Shared,
    grad: Array,
    weight: Array,
    key: int,
) -> Array:
    def product() -> Array:
        kept = layer.dropped(shared.right, key, shared.dropped)
        return matmul(shared.left, kept.T, out=shared.product)

    connected = connections(key, layer.p, weight)
    layer.product(total, lambda: store_inputs(total, grad, weight, connected), product)
    return _rounded(total, result)


@np.errstate(all="ignore")
def _grad_weight(
    layer: Dense,
    total: Array,
    result: Array,
    shared: Shared,
    grad: Array,
    x: Array,
    key: int,
) -> Array:
    def product() -> Array:
        matmul(shared.left.T, shared.right, out=shared.product)
        return layer.dropped(shared.product, key, shared.dropped)

    connected = connections(key, layer.p, total)
    layer.product(total, lambda: add_weights(total, x, grad, connected), product)
    return _rounded(total, result)


def drop_connect_moments(
    x: ArrayLike, weight: ArrayLike, p: float, *, bias: ArrayLike | None = None
) -> tuple[Array, Array]:
    """Compute the mean and the variance of `drop_connect`'s result over its masks.

    They are those of the normal distribution that stands for the result in inference:
    ``mean = x @ weight + bias``, ``variance = p / (1 - p) * x**2 @ weight**2``.

    Parameters
    ----------
    x : array_like
        Inputs, of shape (B, in), real.
    weight : array_like
        Of shape (in, out).
    p : float
        Probability to drop a connection, in [0, 1).
    bias : array_like, optional
        Of shape (out,).

    Returns
    -------
    mean, variance : ndarray
        Of shape (B, out), of the dtype that all promote to.

    Raises
    ------
    TypeError
        If p is no real number, or a dtype is complex or not supported.
    ValueError
        If p is NaN or outside [0, 1), or the shapes do not fit.

    See Also
    --------
    drop_connect : of which these are the moments.

    References
    ----------
    .. [1] L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, "Regularization of Neural
       Networks using DropConnect", ICML 2013, section 3.2, which does not scale the
       kept: its moments are these times 1 - p and (1 - p)**2.

    Examples
    --------
    >>> import numpy as np
    >>> import droplayers as dl
    >>> mean, variance = dl.drop_connect_moments(np.ones((1, 4)), np.eye(4, 2), 0.2)
    >>> mean, variance
    (array([[1., 1.]]), array([[0.25, 0.25]]))
    """
    arrays = {"x": x, "weight": weight} | ({} if bias is None else {"bias": bias})
    layer, matrices = prepare(_validation.below_one(p, "p"), "test", True, arrays)
    inputs, matrix = matrices["x"], matrices["weight"]
    check_inner(inputs, matrix)
    if layer.dtype.kind == "c":
        raise TypeError(f"x must be real, as weight and bias, got {layer.dtype}")
    if bias is not None:
        check_shape(matrices["bias"], "bias", matrix.shape[1:])
    inputs, matrix = layer.cast(inputs), layer.cast(matrix)
    factor = layer.computes.type(noise_variance(layer.p))
    with np.errstate(all="ignore"):
        mean = matmul(inputs, matrix)
        if bias is not None:
            mean += layer.cast(matrices["bias"])
        variance = factor * matmul(inputs**2, matrix**2)
        return mean.astype(layer.dtype, copy=False), variance.astype(
            layer.dtype, copy=False
        )
