# SPDX-License-Identifier: BSD-3-Clause
"""The rest of the family in plain, slow NumPy, on the masks of reference.py.

Its conventions hold here too: an integer `key` for `rng`, no `out`, no checks. Where
the contract leaves an order of operations open, the one written here is meant.
"""

import numpy as np
from reference import (
    NORMALS,
    added,
    along_rows,
    cast,
    choice,
    common,
    computing,
    dropout,
    inverse,
    keep_mask,
    mask_index,
    scaled,
    selected,
    uniforms,
    words,
)


def replace(
    x,
    value,
    p=None,
    *,
    shared_axes=(),
    key=None,
    mask=None,
    return_mask=False,
    full_shape=None,
    start=None,
):
    """x where kept and value elsewhere, in x's dtype: nothing is computed."""
    dtype = np.asarray(x).dtype.newbyteorder("=")
    if mask is None:
        mask = keep_mask(np.shape(x), p, key, full_shape, start, shared_axes)
    result = cast(x, dtype).copy()
    np.copyto(result, cast(value, dtype), where=~mask)
    return (result, mask) if return_mask else result


def spatial_dropout(x, p=0.5, mode="train", *, channel_axis=1, **options):
    """Whole channels of a sample: dropout with every other axis sharing its draw."""
    own = {0, channel_axis % np.ndim(x)}
    shared_axes = [axis for axis in range(np.ndim(x)) if axis not in own]
    return dropout(x, p, mode, shared_axes=shared_axes, **options)


# --- alpha dropout --------------------------------------------------------------------

SELU = -1.7580993408473766  # where SELU saturates: minus its scale times its alpha


def alpha_affine(p):
    """a and b of a * x + b, which the kept get, and c, which the dropped are."""
    a = 1.0 / np.sqrt((1.0 - p) * (1.0 + p * (SELU * SELU)))
    b = -a * SELU * p
    return a, b, a * SELU + b


def alpha_dropout(
    x,
    p=0.5,
    mode="train",
    *,
    shared_axes=(),
    key=None,
    mask=None,
    return_mask=False,
    full_shape=None,
    start=None,
):
    """Dropped are set to SELU's limit, then all go through a * x + b."""
    geometry = full_shape, start, shared_axes
    dtype = common(x)
    idle = mode != "train" or (p == 0 and mask is None)
    if idle:
        mask = keep_mask(np.shape(x), 0.0, None, *geometry)
    elif mask is None:
        mask = keep_mask(np.shape(x), p, key, *geometry)
    if idle or p == 1:
        result = selected(idle, x, 1.0)
    else:
        a, b, c = (cast(v, computing(dtype)) for v in alpha_affine(p))
        kept = scaled(cast(x, computing(dtype)), a) + b
        result = cast(np.where(mask, kept, c), dtype)
    return (result, mask) if return_mask else result


def alpha_dropout_backward(
    grad,
    p=0.5,
    mode="train",
    *,
    shared_axes=(),
    key=None,
    mask=None,
    full_shape=None,
    start=None,
):
    """grad * a where kept, +0 elsewhere."""
    if mode != "train":
        return selected(True, grad, 1.0)
    if mask is None:
        mask = keep_mask(np.shape(grad), p, key, full_shape, start, shared_axes)
    return selected(mask & (p < 1), grad, alpha_affine(p)[0] if p < 1 else 0.0)


# --- Gaussian dropout -----------------------------------------------------------------

# fdlibm's e_log.c: ln 2 in two parts, the series in s = f / (2+f), and the bits at
# which the range of 1+f begins, near sqrt(1/2).
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LG1, LG2, LG3, LG4, LG5, LG6, LG7 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
RANGE = 0x3FE6A09C << 32

# Wichura's AS 241, PPND16: numerator and denominator, from the highest power down.
CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
MIDDLE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def logarithm(x):
    """fdlibm's log of a positive normal double, its branch for large f taken always.

    x = 2**k * (1+f) with 1+f in about [sqrt(1/2), sqrt(2)), f exact; one rounding for
    each operation, in the order of the brackets.
    """
    bits = np.asarray(x, np.float64).view(np.int64)
    k = (bits - RANGE) >> 52
    f = (bits - (k << 52)).view(np.float64) - 1.0
    k = k.astype(np.float64)
    half_square = (0.5 * f) * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (LG2 + w * (LG4 + w * LG6))
    odd = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)))
    series = s * (half_square + (odd + even))
    return k * LN2_HIGH - ((half_square - (series + k * LN2_LOW)) - f)


def horner(coefficients, r):
    """The polynomial at r, a multiplication and an addition for each lower power."""
    total = coefficients[0]
    for c in coefficients[1:]:
        total = total * r + c
    return total


def normal_quantile(u):
    """AS 241 (PPND16) of u in (0, 1): a rational function for each of three parts."""
    q = u - 0.5
    r = 0.180625 - q * q
    centre = (q * horner(CENTRE[0], r)) / horner(CENTRE[1], r)
    t = np.sqrt(-logarithm(np.minimum(u, 1.0 - u)))
    middle = horner(MIDDLE[0], t - 1.6) / horner(MIDDLE[1], t - 1.6)
    far = horner(FAR[0], t - 5.0) / horner(FAR[1], t - 5.0)
    tail = np.where(t <= 5.0, middle, far)
    return np.where(np.abs(q) <= 0.425, centre, np.where(q < 0, -tail, tail))


def normals(key, index):
    """A normal variate for each index: the quantile of the middle of a 52-bit cell."""
    w = words(key, index, 0, NORMALS)
    u = (((w[0] | w[1] << 32) >> 12).astype(np.float64) + 0.5) * 2.0**-52
    return normal_quantile(u)


def gaussian_dropout(x, p=0.5, mode="train", *, key=None, full_shape=None, start=None):
    """x * N(1, p / (1 - p)), p < 1; the factor in double, rounded once."""
    if mode != "train" or p == 0:
        return selected(True, x, 1.0)
    z = normals(key, mask_index(np.shape(x), full_shape, start))
    return selected(True, x, 1.0 + np.sqrt(p / (1.0 - p)) * z)


# --- stochastic depth -----------------------------------------------------------------


def kept_rows(n, prob, *, sampling="bernoulli", key=None):
    """The rows kept, ascending, and what they are scaled by (0.0 when none can be)."""
    if sampling == "bernoulli":
        return np.flatnonzero(keep_mask((n,), prob, key)), float(inverse(prob))
    if prob == 1 or n == 0:
        return np.zeros(0, np.intp), 0.0
    count = max(1, int(np.floor(round(n * (1.0 - prob), 9))))
    u = uniforms(key, np.arange(n)).tolist() if prob else [0] * n
    largest_first = sorted(range(n), key=lambda i: (-u[i], i))
    return np.array(sorted(largest_first[:count]), np.intp), n / count


def stochastic_depth(
    x,
    branch,
    prob=0.0,
    training=False,
    *,
    per="sample",
    scaling="inverted",
    sampling="bernoulli",
    key=None,
):
    """x + branch(x) * scale, the branch run on the kept rows alone.

    Per batch all rows are kept or none. Classic: no scale, and 1 - prob in test.
    """
    x = cast(x, common(x))
    classic = scaling == "classic"
    if not training:
        scale = 1.0 - prob if classic else 1.0
        return added(x, True, branch(x.copy()), scale) if scale else x
    if per == "batch":
        kept = keep_mask((1,), prob, key)[0]
        rows, scale = np.arange(len(x) if kept else 0), float(inverse(prob))
    else:
        rows, scale = kept_rows(len(x), prob, sampling=sampling, key=key)
    if len(rows) == 0:
        return x
    part = np.asarray(branch(x[rows]))
    whole = np.zeros(x.shape, part.dtype)
    whole[rows] = part
    keep = np.isin(np.arange(len(x)), rows)
    return added(x, along_rows(keep, x), whole, 1.0 if classic else scale)


stochastic_depth_backward = stochastic_depth  # of grad and branch_backward


# --- DropBlock ------------------------------------------------------------------------


def covering_seeds(lengths, blocks):
    """How many seeds' blocks cover each cell of a map. A seed is its lowest corner."""
    counts = np.ones((), np.int64)
    for d, b in zip(lengths, blocks, strict=True):
        cell = np.arange(d)
        along = np.minimum(cell, d - b) - np.maximum(cell - b + 1, 0) + 1
        counts = np.multiply.outer(counts, along)
    return counts


def dropped_share(counts, t):
    """The expected share of cells dropped, when each seed falls with t * 2**-40."""
    q, power, exponent, total = 1.0 - t * 2.0**-40, 1.0, 0, 0.0
    for n, cells in zip(*np.unique(counts, return_counts=True), strict=True):
        for _ in range(n - exponent):
            power *= q
        exponent = n
        total += float(cells) * (1.0 - power)
    return total / counts.size


def seed_threshold(p, counts):
    """The smallest T whose expected share is at least p, by bisection."""
    low, high = 0, 2**40
    while low < high:
        middle = (low + high) // 2
        if dropped_share(counts, middle) >= p:
            high = middle
        else:
            low = middle + 1
    return low


def block_mask(
    shape,
    p=0.1,
    *,
    block_size=7,
    channel_axis=1,
    shared_channels=False,
    key=None,
    full_shape=None,
    start=None,
):
    """The keep mask of the cells: seeds are drawn, then each drops its whole block.

    Of a larger array's seeds, those of its maps that are in the block.
    """
    channel = channel_axis % len(shape)
    full_shape, start = full_shape or shape, start or (0,) * len(shape)
    axes = list(zip(shape, full_shape, start, strict=True))
    if shared_channels:
        axes[channel] = 1, 1, 0
    shape, full_shape, start = zip(*axes, strict=True)
    keep = np.full(shape, p != 1)
    if p in (0, 1) or keep.size == 0:
        return keep
    spatial = [a for a in range(len(shape)) if a not in (0, channel)]
    extent = [min(block_size, d) if a in spatial else 1 for a, d in enumerate(shape)]
    counts = covering_seeds([shape[a] for a in spatial], [extent[a] for a in spatial])
    t = np.uint64(seed_threshold(p, counts))
    seeds, all_seeds = (
        [d - b + 1 for d, b in zip(lengths, extent, strict=True)]
        for lengths in (shape, full_shape)
    )
    for corner in np.argwhere(uniforms(key, mask_index(seeds, all_seeds, start)) < t):
        block = zip(corner, corner + extent, strict=True)
        keep[tuple(slice(*ends) for ends in block)] = False
    return keep


def drop_block(
    x,
    p=0.1,
    mode="train",
    *,
    mask=None,
    return_mask=False,
    **how,
):
    """Blocks of x (N, C, d1, ...) dropped, the kept scaled by size / kept."""
    train = mode == "train"
    if mask is None or not train:
        mask = block_mask(np.shape(x), p if train else 0.0, **how)
    kept = np.count_nonzero(mask)
    alive = not train or p < 1
    result = selected(mask & alive, x, mask.size / kept if kept else 0.0)
    return (result, mask) if return_mask else result


# --- DropConnect ----------------------------------------------------------------------


def ascending_sum(terms, axis):
    """The sum along an axis, one term after the other, from +0."""
    total = np.zeros(np.delete(terms.shape, axis), terms.dtype)
    for term in np.moveaxis(terms, axis, 0):
        total = total + term
    return total


def connections(x, weight, p, mode, per_sample, key):
    """DropConnect's keep mask, (B, in, out) or one for all samples, and its factor."""
    if mode != "train":
        return np.ones((1, *np.shape(weight)), bool), 1.0
    samples = len(x) if per_sample else 1
    return keep_mask((samples, *np.shape(weight)), p, key), inverse(p)


def times(a, b):
    """The product, of complex numbers as four of reals."""
    if a.dtype.kind != "c":
        return a * b
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
    y.real = a.real * b.real - a.imag * b.imag
    y.imag = a.real * b.imag + a.imag * b.real
    return y


@np.errstate(all="ignore")
def drop_connect(
    x, weight, p=0.5, mode="train", *, bias=None, per_sample=True, key=None
):
    """x[b] @ (weight * M[b]) / (1 - p) + bias, summed over `in`, scaled, then bias.

    A dropped connection adds +0, whatever x and weight are there. To the bit in
    training with a mask for each sample; otherwise to the precision of a product.
    """
    dtype = common(*(v for v in (x, weight, bias) if v is not None))
    x, w = (cast(v, computing(dtype)) for v in (x, weight))
    keep, factor = connections(x, w, p, mode, per_sample, key)
    terms = np.where(keep, times(x[:, :, None], w), w.dtype.type(0))
    y = scaled(ascending_sum(terms, 1), factor)
    if bias is not None:
        bias = np.broadcast_to(cast(bias, y.dtype), y.shape)
        y = bias if mode == "train" and p == 1 else y + bias
    return cast(y, dtype)


@np.errstate(all="ignore")
def drop_connect_backward(
    grad, x, weight, p=0.5, mode="train", *, per_sample=True, key=None
):
    """The gradients of x, weight and bias, summed over out, samples and samples."""
    dtype = common(grad, x, weight)
    grad, x, w = (cast(v, computing(dtype)) for v in (grad, x, weight))
    keep, factor = connections(x, w, p, mode, per_sample, key)
    zero = w.dtype.type(0)
    to_x = np.where(keep, times(grad[:, None, :], w), zero)
    to_weight = np.where(keep, times(x[:, :, None], grad[:, None, :]), zero)
    grad_x = scaled(ascending_sum(to_x, 2), factor)
    grad_weight = scaled(ascending_sum(to_weight, 0), factor)
    return tuple(cast(g, dtype) for g in (grad_x, grad_weight, ascending_sum(grad, 0)))


def drop_connect_moments(x, weight, p, *, bias=None):
    """Mean and variance of drop_connect's result over its masks; p < 1."""
    dtype = common(*(v for v in (x, weight, bias) if v is not None))
    x, w = (cast(v, computing(dtype)) for v in (x, weight))
    mean = x @ w if bias is None else x @ w + cast(bias, x.dtype)
    return cast(mean, dtype), cast(scaled(x**2 @ w**2, p / (1.0 - p)), dtype)


# --- FractalNet -----------------------------------------------------------------------


def survivors(paths, prob, training, sampling, per, column, key):
    """True where a path counts: a row for the batch or a sample, a column for a path.

    Local: what the mask keeps of the living, or one of them where it keeps none.
    Global: one column of all, whether it lives or not.
    """
    living = np.array([path is not None for path in paths])
    at = np.flatnonzero(living)
    rows = 1 if per == "batch" else len(paths[at[0]])
    everywhere = np.broadcast_to(living, (rows, len(paths)))
    if not training:
        return everywhere
    if sampling == "global":
        if column is None:
            column = choice(key, np.arange(rows), len(paths), 1)[:, None]
        return everywhere & (np.arange(len(paths)) == column)
    if len(at) == 1:
        return everywhere
    keep = everywhere & keep_mask(everywhere.shape, prob, key)
    lost = np.flatnonzero(~keep.any(axis=1))
    if len(lost):
        keep[lost, at[choice(key, lost, len(at), 0)]] = True
    return keep


@np.errstate(all="ignore")
def fractal_join(
    paths,
    prob=0.15,
    training=False,
    *,
    sampling="local",
    per="batch",
    column=None,
    key=None,
):
    """The mean of the surviving paths: summed in list order, then divided once."""
    living = [path for path in paths if path is not None]
    if not living:
        return None
    keep = survivors(paths, prob, training, sampling, per, column, key)
    if per == "batch" and not keep.any():
        return None
    dtype = common(*living)
    total = np.zeros(np.shape(living[0]), computing(dtype))
    count = np.zeros_like(along_rows(keep[:, 0], total), dtype=int)
    for j, path in enumerate(paths):
        if path is not None:
            here, path = along_rows(keep[:, j], total), cast(path, total.dtype)
            total = np.where(here, np.where(count > 0, total + path, path), total)
            count = count + here
    return cast(scaled(total, np.maximum(count, 1), np.divide), dtype)


def fractal_join_backward(
    grad,
    paths,
    prob=0.15,
    training=False,
    *,
    sampling="local",
    per="batch",
    column=None,
    key=None,
):
    """A list: None for a dead path, +0 where one was dropped, else grad / survivors."""
    if all(path is None for path in paths):
        return [None] * len(paths)
    keep = survivors(paths, prob, training, sampling, per, column, key)
    share = np.maximum(keep.sum(axis=1), 1)
    grads = []
    for j, path in enumerate(paths):
        if path is None:
            grads.append(None)
        elif grad is None:  # as the join was, its one column dead
            grads.append(np.zeros(np.shape(path), common(path)))
        else:
            dtype = common(grad)
            wide = cast(grad, computing(dtype))
            part = scaled(wide, along_rows(share, grad), np.divide)
            here = along_rows(keep[:, j], grad)
            grads.append(cast(np.where(here, part, wide.dtype.type(0)), dtype))
    return grads


# --- schedules ------------------------------------------------------------------------


def drop_path_rates(rate, depths, stagewise=False):
    """Rates from 0 to `rate`, one per block; a list for each stage if stagewise."""
    total = depths if np.ndim(depths) == 0 else sum(depths)
    rates = np.linspace(0.0, rate, total)
    if not stagewise:
        return rates.tolist()
    return [part.tolist() for part in np.split(rates, np.cumsum(depths)[:-1])]


def ramp(step, total, stop, start=0.0):
    """A rate that goes from start to stop in `total` steps, and stays there."""
    rate = start + (stop - start) * min(max(step / total, 0.0), 1.0)
    return stop if step >= total else float(np.clip(rate, *sorted([start, stop])))
