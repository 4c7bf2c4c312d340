/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rows put in their places.
 */
#include "python/args.h"
#include "python/calls.h"

#include <string.h>

/* Copies row i of from to row place[i] - first of to. The usual sizes are
 * constants, so that compilers copy without a call. */
static void
put_rows(char *to, const char *from, const npy_intp *place, npy_intp n,
         npy_intp first, size_t size)
{
#define CASE(bytes)                                                       \
    case bytes:                                                           \
        for (npy_intp i = 0; i < n; i++) {                                \
            memcpy(to + (place[i] - first) * (bytes), from + i * (bytes), \
                   bytes);                                                \
        }                                                                 \
        break
    switch (size) {
        CASE(4);
        CASE(8);
        CASE(16);
        CASE(32);
        CASE(64);
    default:
        for (npy_intp i = 0; i < n; i++) {
            memcpy(to + (size_t)(place[i] - first) * size,
                   from + (size_t)i * size, size);
        }
    }
#undef CASE
}

/* Bytes of a row of an array in C order that is not empty. */
static size_t
row_size(PyArrayObject *x)
{
    return (size_t)(PyArray_NBYTES(x) / PyArray_DIM(x, 0));
}

static int
are_places(PyArrayObject *rows, npy_intp n, npy_intp first, npy_intp end)
{
    if (PyArray_NDIM(rows) != 1 || PyArray_TYPE(rows) != NPY_INTP ||
        !PyArray_ISCARRAY_RO(rows) || PyArray_DIM(rows, 0) != n) {
        return 0;
    }
    const npy_intp *place = PyArray_DATA(rows);
    int fits = 1;
    for (npy_intp i = 0; i < n; i++) {
        fits &= place[i] >= first && place[i] < end;
    }
    return fits;
}

static int
is_in_order(PyArrayObject *x)
{
    return x && PyArray_NDIM(x) > 0 && PyArray_IS_C_CONTIGUOUS(x) &&
           !PyDataType_REFCHK(PyArray_DESCR(x));
}

PyObject *
drop_core_put_rows(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    PyArrayObject *to, *from, *rows;
    (void)self;
    if (drop_count("put_rows", count, 4) < 0 ||
        drop_parse_array(&to, args[0]) < 0 ||
        drop_parse_array(&from, args[1]) < 0 ||
        drop_parse_array(&rows, args[2]) < 0) {
        return NULL;
    }
    Py_ssize_t first = PyLong_AsSsize_t(args[3]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    const int fits = is_in_order(to) && is_in_order(from) && rows &&
                     PyArray_ISWRITEABLE(to);
    if (fits && PyArray_NBYTES(from) == 0) {
        return Py_NewRef(args[0]);
    }
    const npy_intp n = fits ? PyArray_DIM(from, 0) : 0;
    if (!fits || PyArray_NBYTES(to) == 0 || row_size(to) != row_size(from) ||
        !are_places(rows, n, first, first + PyArray_DIM(to, 0))) {
        PyErr_SetString(PyExc_ValueError, "the rows do not fit");
        return NULL;
    }
    put_rows(PyArray_BYTES(to), PyArray_BYTES(from), PyArray_DATA(rows), n,
             first, row_size(to));
    return Py_NewRef(args[0]);
}
