/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/args.h"

#include "python/job_from_numpy.h"

/* The five arguments that say which mask: key, threshold, given (a packed mask
 * or None), index of the first cell, strides. */
int
drop_parse_mask(drop_job *job, Py_buffer *given, PyObject *const *args)
{
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t threshold = PyLong_AsUnsignedLongLong(args[1]);
    uint64_t index = PyLong_AsUnsignedLongLongMask(args[3]);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (threshold > DROP_ONE) {
        PyErr_SetString(PyExc_ValueError, "threshold is above 2**40");
        return -1;
    }
    if (drop_job_strides(job, args[4]) < 0) {
        return -1;
    }
    drop_job_draw(job, key, threshold);
    job->index = index;
    if (args[2] == Py_None) {
        return 0;
    }
    if (PyObject_GetBuffer(args[2], given, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (!drop_job_holds(job, given->len)) {
        PyErr_SetString(PyExc_ValueError, "the packed mask is too short");
        return -1;
    }
    job->given = given->buf;
    return 0;
}

int
drop_parse_affine(drop_affine *affine, PyObject *const *args)
{
    long form = PyLong_AsLong(args[0]);
    affine->a = PyFloat_AsDouble(args[1]);
    affine->b = PyFloat_AsDouble(args[2]);
    affine->c = PyFloat_AsDouble(args[3]);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (form < DROP_SCALE || form > DROP_NOISE) {
        PyErr_SetString(PyExc_ValueError, "unknown form");
        return -1;
    }
    affine->form = (drop_form)form;
    return 0;
}

int
drop_count(const char *name, Py_ssize_t n, Py_ssize_t expected)
{
    if (n == expected) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", name,
                 expected, n);
    return -1;
}

/* An argument that is an array, or None, which is NULL. */
int
drop_parse_array(PyArrayObject **array, PyObject *arg)
{
    *array = arg == Py_None ? NULL : (PyArrayObject *)arg;
    if (*array && !PyArray_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "expected an array or None");
        return -1;
    }
    return 0;
}
