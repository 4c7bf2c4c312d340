/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_args.h"

#include "python/job_from_numpy.h"
#include "python/job_mask.h"

_Static_assert(DROP_MAX_AXES <= 64, "a set of axes is the bits of a word");

/* Elements that stay in L2 as float64. */
#define SMALL ((npy_intp)1 << 15)

int
drop_is_word(PyObject *text, const char *word)
{
    return PyUnicode_CheckExact(text) &&
           PyUnicode_CompareWithASCIIString(text, word) == 0;
}

int
drop_is_mode(PyObject *mode, int *train)
{
    *train = drop_is_word(mode, "train");
    return *train || drop_is_word(mode, "test") || drop_is_word(mode, "eval");
}

/* Whether an object is one of NumPy's real numbers: a scalar, whose subclasses
 * may run any code, or a 0-d array. */
static int
is_numpy_real(PyObject *p)
{
    char kind = 0;
    if (PyArray_CheckExact(p)) {
        PyArrayObject *array = (PyArrayObject *)p;
        kind = PyArray_NDIM(array) ? 0 : PyArray_DESCR(array)->kind;
    }
    else if (PyArray_CheckAnyScalarExact(p)) {
        PyArray_Descr *dtype = PyArray_DescrFromScalar(p);
        kind = dtype ? dtype->kind : 0;
        Py_XDECREF((PyObject *)dtype);
    }
    return kind == 'f' || kind == 'i' || kind == 'u';
}

int
drop_is_rate(PyObject *p, double *rate)
{
    *rate = -1;
    if (PyFloat_CheckExact(p)) {
        *rate = PyFloat_AsDouble(p);
    }
    else if (PyLong_CheckExact(p) || is_numpy_real(p)) {
        PyObject *value = PyNumber_Float(p);
        *rate = value ? PyFloat_AsDouble(value) : -1;
        Py_XDECREF(value);
        PyErr_Clear();
    }
    return *rate >= 0 && *rate <= 1;
}

int
drop_are_axes(PyObject *axes, int ndim, uint64_t *bits)
{
    int one = PyLong_CheckExact(axes), overflow;
    *bits = 0;
    if (!one && !PyTuple_CheckExact(axes)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < (one ? 1 : PyTuple_Size(axes)); i++) {
        PyObject *item = one ? axes : PyTuple_GetItem(axes, i);
        if (!PyLong_CheckExact(item)) {
            return 0;
        }
        long axis = PyLong_AsLongAndOverflow(item, &overflow);
        axis += axis < 0 ? ndim : 0;
        if (overflow || axis < 0 || axis >= ndim || *bits >> axis & 1) {
            return 0;
        }
        *bits |= UINT64_C(1) << axis;
    }
    return 1;
}

int
drop_are_lengths(PyObject *shape, drop_job *job,
                 npy_intp lengths[DROP_MAX_AXES])
{
    npy_intp cells = 1;
    PyObject *tuple = PyLong_CheckExact(shape) ? PyTuple_Pack(1, shape) : NULL;
    shape = tuple ? tuple : shape;
    int plain = PyTuple_CheckExact(shape) && PyTuple_Size(shape) > 0;
    for (Py_ssize_t i = 0; plain && i < PyTuple_Size(shape); i++) {
        plain = PyLong_CheckExact(PyTuple_GetItem(shape, i));
    }
    plain = plain && drop_job_shape(job, shape) == 0;
    Py_XDECREF(tuple);
    PyErr_Clear();
    for (int i = 0; plain && i < job->axes; i++) {
        lengths[i] = (npy_intp)job->axis[i].n;
        plain =
            lengths[i] && !__builtin_mul_overflow(cells, lengths[i], &cells);
    }
    return plain;
}

int
drop_is_native(PyObject *array)
{
    PyArrayObject *x = (PyArrayObject *)array;
    return PyArray_CheckExact(array) && PyArray_NDIM(x) > 0 &&
           PyArray_ISNOTSWAPPED(x);
}

int
drop_is_plain(PyObject *array)
{
    PyArrayObject *x = (PyArrayObject *)array;
    return drop_is_native(array) &&
           (PyArray_ISFLOAT(x) || PyArray_ISCOMPLEX(x) || drop_has_kernel(x));
}

int
drop_is_small_integral(PyObject *array)
{
    PyArrayObject *x = (PyArrayObject *)array;
    return drop_is_native(array) &&
           (PyArray_ISINTEGER(x) || PyArray_ISBOOL(x)) &&
           PyArray_SIZE(x) <= SMALL;
}

/* The integers of a tuple with one for each axis, at least 0. */
static int
are_counts(PyObject *tuple, int ndim, uint64_t *counts)
{
    int taken = PyTuple_CheckExact(tuple) && PyTuple_Size(tuple) == ndim;
    for (int i = 0; taken && i < ndim; i++) {
        PyObject *item = PyTuple_GetItem(tuple, i);
        int overflow = 0;
        long long count = PyLong_CheckExact(item)
                              ? PyLong_AsLongLongAndOverflow(item, &overflow)
                              : -1;
        taken = !overflow && count >= 0;
        counts[i] = (uint64_t)count;
    }
    return taken;
}

int
drop_is_block(PyArrayObject *x, PyObject *full_shape, PyObject *start,
              uint64_t whole[DROP_MAX_AXES], uint64_t first[DROP_MAX_AXES])
{
    const int ndim = PyArray_NDIM(x);
    uint64_t cells = 1;
    int taken = 1;
    for (int i = 0; i < ndim; i++) {
        whole[i] = (uint64_t)PyArray_DIM(x, i);
        first[i] = 0;
    }
    if (full_shape == Py_None) {
        return start == Py_None;
    }
    taken = are_counts(full_shape, ndim, whole) &&
            (start == Py_None || are_counts(start, ndim, first));
    for (int i = 0; taken && i < ndim; i++) {
        const uint64_t n = (uint64_t)PyArray_DIM(x, i);
        taken =
            first[i] + n <= whole[i] &&
            !__builtin_mul_overflow(cells, whole[i] ? whole[i] : 1, &cells);
    }
    return taken;
}

int
drop_has_parts(PyArrayObject *x)
{
    const int type = PyArray_TYPE(x);
    return (type == NPY_CFLOAT || type == NPY_CDOUBLE) &&
           PyArray_NDIM(x) < DROP_MAX_AXES;
}

int
drop_is_alike(PyArrayObject *x, PyArrayObject *y)
{
    return drop_is_native((PyObject *)y) &&
           PyArray_TYPE(x) == PyArray_TYPE(y) && PyArray_SAMESHAPE(x, y);
}
