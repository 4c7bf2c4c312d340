/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/args.h"

#include "python/calls.h"
#include "python/job_mask.h"

/* The items of Python's Affine, in their order. */
enum { AFFINE_FORM, AFFINE_A, AFFINE_B, AFFINE_C, AFFINE_ITEMS };

int
drop_unpack(PyObject **item, PyObject *tuple, Py_ssize_t n, const char *what)
{
    if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) != n) {
        PyErr_Format(PyExc_TypeError, "%s must be a tuple of %zd", what, n);
        return 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        item[i] = PyTuple_GetItem(tuple, i);
    }
    return 1;
}

int
drop_parse_affine(drop_affine *affine, PyArrayObject **factors,
                  PyObject *tuple)
{
    PyObject *item[AFFINE_ITEMS];
    *factors = NULL;
    if (!drop_unpack(item, tuple, AFFINE_ITEMS, "affine")) {
        return -1;
    }
    *affine = (drop_affine){.form = DROP_SCALE};
    long form = PyLong_AsLong(item[AFFINE_FORM]);
    affine->a = 1;
    if (PyArray_Check(item[AFFINE_A])) {
        *factors = (PyArrayObject *)item[AFFINE_A];
    }
    else {
        affine->a = PyFloat_AsDouble(item[AFFINE_A]);
    }
    affine->b = PyFloat_AsDouble(item[AFFINE_B]);
    affine->c = PyFloat_AsDouble(item[AFFINE_C]);
    if (PyErr_Occurred()) {
        return -1;
    }
    /* Python passes no DROP_FILL: a constant r becomes one (job_from_numpy.c).
     */
    if (form < 0 || form >= DROP_FORMS || form == DROP_FILL) {
        PyErr_SetString(PyExc_ValueError, "unknown form");
        return -1;
    }
    affine->form = (drop_form)form;
    return 0;
}

int
drop_parse_factors(drop_job *job, PyArrayObject *factors)
{
    const drop_form form = job->op.affine.form;
    int fits = job->given && (form == DROP_SCALE || form == DROP_RESIDUAL) &&
               job->op.dtype != DROP_BOOL &&
               PyArray_TYPE(factors) == NPY_DOUBLE &&
               PyArray_NDIM(factors) == 1 && PyArray_ISCARRAY_RO(factors);
    for (int i = 0; i < job->axes; i++) {
        fits = fits && job->axis[i].mask < 2;
    }
    if (!fits || !drop_job_holds(job, (uint64_t)PyArray_DIM(factors, 0))) {
        PyErr_SetString(PyExc_ValueError, "the factors do not fit");
        return -1;
    }
    job->factors = PyArray_DATA(factors);
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

/* NumPy's __array_interface__ crashes where it has no memory (2.4). */
PyObject *
drop_core_address(PyObject *self, PyObject *arg)
{
    PyArrayObject *array;
    (void)self;
    if (drop_parse_array(&array, arg) < 0) {
        return NULL;
    }
    return PyLong_FromVoidPtr(array ? PyArray_DATA(array) : NULL);
}
