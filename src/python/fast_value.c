/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_value.h"

#include "python/fast_args.h"
#include "python/job_from_numpy.h"

#include <math.h>

/* The largest finite float16. */
#define LARGEST_HALF 65504.0

int
drop_is_replaceable(PyObject *array)
{
    PyArrayObject *x = (PyArrayObject *)array;
    return drop_is_native(array) &&
           (PyArray_ISBOOL(x) || PyArray_ISINTEGER(x) || drop_has_kernel(x));
}

/* Whether x, of a floating dtype, holds a number: float16's range will do. */
static int
is_in_range(PyArrayObject *x, PyObject *number)
{
    const double value = PyLong_CheckExact(number)
                             ? (double)PyLong_AsLongLong(number)
                             : PyFloat_AsDouble(number);
    const int is_taken = !PyErr_Occurred();
    PyErr_Clear();
    return is_taken && (fabs(value) <= LARGEST_HALF || !isfinite(value) ||
                        PyArray_TYPE(x) == NPY_DOUBLE);
}

static int
is_value(PyArrayObject *x, PyObject *value)
{
    if (PyArray_IsScalar(value, Generic)) {
        if (!PyArray_CheckAnyScalarExact(value)) {
            return 0; /* its class may run any code */
        }
        PyArray_Descr *dtype = PyArray_DescrFromScalar(value);
        const int is_same = dtype && dtype->type_num == PyArray_TYPE(x);
        Py_XDECREF((PyObject *)dtype);
        return is_same;
    }
    if (PyArray_ISBOOL(x)) {
        return PyBool_Check(value);
    }
    if (PyArray_ISINTEGER(x)) {
        return PyLong_CheckExact(value); /* NumPy refuses those beyond x's */
    }
    return (PyLong_CheckExact(value) || PyFloat_CheckExact(value)) &&
           is_in_range(x, value);
}

PyArrayObject *
drop_find_value(PyArrayObject *x, PyObject *value)
{
    PyObject *found = NULL;
    if (is_value(x, value)) {
        PyArray_Descr *dtype = PyArray_DESCR(x);
        Py_INCREF((PyObject *)dtype);
        found = PyArray_FromAny(value, dtype, 0, 0, 0, NULL);
        PyErr_Clear();
    }
    return (PyArrayObject *)found;
}
