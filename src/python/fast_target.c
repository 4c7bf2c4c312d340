/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_target.h"

#include "python/fast_args.h"

#include <string.h>

/* The memory between the lowest byte of an array and the highest. */
typedef struct {
    const char *begin, *end;
} extent;

static extent
extent_of(PyArrayObject *array)
{
    extent e = {PyArray_BYTES(array), PyArray_BYTES(array)};
    for (int i = 0; i < PyArray_NDIM(array); i++) {
        const npy_intp n = PyArray_DIM(array, i);
        const npy_intp last = (n > 1 ? n - 1 : 0) * PyArray_STRIDE(array, i);
        *(last < 0 ? &e.begin : &e.end) += last;
    }
    e.end += PyArray_ITEMSIZE(array);
    return e;
}

/* Whether two arrays of one shape and dtype are the same elements, each at the
 * same place. */
static int
is_same(PyArrayObject *x, PyArrayObject *y)
{
    const size_t bytes = (size_t)PyArray_NDIM(x) * sizeof(npy_intp);
    return PyArray_BYTES(x) == PyArray_BYTES(y) &&
           !memcmp(PyArray_STRIDES(x), PyArray_STRIDES(y), bytes);
}

static int
is_apart(PyArrayObject *x, PyArrayObject *out)
{
    const extent a = extent_of(x), b = extent_of(out);
    return is_same(x, out) || a.end <= b.begin || b.end <= a.begin;
}

/* Whether no two elements share memory: along each axis, the steps pass all
 * that is along shorter ones. */
static int
is_injective(PyArrayObject *array)
{
    drop_axis axis[DROP_MAX_AXES];
    const int axes = PyArray_NDIM(array);
    size_t reach = (size_t)PyArray_ITEMSIZE(array);
    if (PyArray_ISONESEGMENT(array)) {
        return 1;
    }
    for (int i = 0; i < axes; i++) {
        axis[i] = (drop_axis){.n = (size_t)PyArray_DIM(array, i),
                              .out = PyArray_STRIDE(array, i)};
    }
    drop_axes_sort(axis, axes);
    for (int i = axes - 1; i >= 0; i--) {
        const size_t step = drop_magnitude(axis[i].out);
        if (axis[i].n > 1 && step < reach) {
            return 0;
        }
        reach += axis[i].n > 1 ? (axis[i].n - 1) * step : 0;
    }
    return 1;
}

int
drop_is_target(PyArrayObject *x, PyArrayObject *r, PyArrayObject *out)
{
    return drop_is_alike(x, out) && PyArray_ISWRITEABLE(out) &&
           is_injective(out) && is_apart(x, out) && (!r || is_apart(r, out));
}
