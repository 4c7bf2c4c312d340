/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/job_from_numpy.h"

#include "base/mem.h"
#include "python/settings.h"

#include <string.h>

/* Whether an array has the dtype bfloat16 of ml_dtypes. */
static int
is_bfloat16(PyArrayObject *array)
{
    if (PyArray_TYPE(array) < NPY_USERDEF || PyArray_ITEMSIZE(array) != 2) {
        return 0;
    }
    PyObject *name = PyType_GetName(PyArray_DESCR(array)->typeobj);
    const int found =
        name && PyUnicode_CompareWithASCIIString(name, "bfloat16") == 0;
    if (!name) {
        PyErr_Clear();
    }
    Py_XDECREF(name);
    return found;
}

/* The kernel for an array, complex numbers passing as their parts; or -1. */
static int
find_dtype(PyArrayObject *array)
{
    if (!PyArray_ISNOTSWAPPED(array)) {
        return -1;
    }
    switch (PyArray_TYPE(array)) {
    case NPY_CFLOAT:
        return DROP_F32;
    case NPY_CDOUBLE:
        return DROP_F64;
#define CASE(name, prefix, bytes, numpy) \
    case NPY_##numpy:                    \
        return DROP_##name;
        DROP_DTYPE_ROWS(CASE)
#undef CASE
    default:
        return is_bfloat16(array) ? DROP_BF16 : -1;
    }
}

int
drop_has_kernel(PyArrayObject *array)
{
    const int dtype = find_dtype(array);
    return dtype >= 0 && dtype != DROP_BOOL && !PyArray_ISCOMPLEX(array);
}

/* The kernel for an array's items, which hold no objects; or -1. */
static int
find_item(PyArrayObject *array)
{
    if (PyDataType_REFCHK(PyArray_DESCR(array))) {
        return -1;
    }
    switch (PyArray_ITEMSIZE(array)) {
#define CASE(name, prefix, bytes) \
    case bytes:                   \
        return DROP_##name;
        DROP_ITEM_ROWS(CASE)
#undef CASE
    default:
        return -1;
    }
}

static int
find_kernel(PyArrayObject *array, drop_form form)
{
    return form == DROP_REPLACE ? find_item(array) : find_dtype(array);
}

/* Checks an array against out. Where may_be_one, it may be one item without
 * axes. */
static int
check(PyArrayObject *out, PyArrayObject *array, int dtype, drop_form form,
      int may_be_one)
{
    if (find_kernel(array, form) != dtype || dtype == DROP_BOOL ||
        PyArray_ISCOMPLEX(array) != PyArray_ISCOMPLEX(out)) {
        PyErr_SetString(PyExc_TypeError, "arrays have no common kernel");
        return -1;
    }
    if (may_be_one && PyArray_NDIM(array) == 0) {
        return 0;
    }
    if (!PyArray_SAMESHAPE(out, array)) {
        PyErr_SetString(PyExc_ValueError, "arrays differ in shape");
        return -1;
    }
    return 0;
}

/* Non-temporal stores pay where out is not read soon: beyond about 3/4 of the
 * last cache. In place they only evict what the loads brought. */
static int
find_hints(const drop_job *job)
{
    size_t bytes = drop_job_size(job) * drop_size(job->op.dtype);
    const size_t beyond = drop_settings.cache / 2;
    if (bytes < least(drop_settings.kernels->prefetch_from, beyond)) {
        return 0;
    }
    if (job->run.out == job->run.x || job->run.out == job->run.r ||
        bytes < drop_settings.cache / 4 * 3) {
        return DROP_PREFETCH;
    }
    return DROP_PREFETCH | DROP_NONTEMPORAL;
}

_Static_assert(NPY_MAXDIMS <= DROP_MAX_AXES, "a job has room for all axes");

/* Sets the memory of arrays that were checked; r may have no axes. */
static void
set_memory(drop_job *job, PyArrayObject *out, PyArrayObject *x,
           PyArrayObject *r)
{
    const int r_axes = r ? PyArray_NDIM(r) : 0;
    job->run.out = PyArray_BYTES(out);
    job->run.x = PyArray_BYTES(x);
    job->run.r = r ? PyArray_BYTES(r) : NULL;
    job->axes = PyArray_NDIM(out);
    for (int i = 0; i < job->axes; i++) {
        drop_axis *axis = &job->axis[i];
        axis->n = (size_t)PyArray_DIM(out, i);
        axis->out = PyArray_STRIDE(out, i);
        axis->x = PyArray_STRIDE(x, i);
        axis->r = r ? (r_axes ? PyArray_STRIDE(r, i) : 0) : axis->x;
    }
}

/* Takes the real and imaginary parts of complex arrays along one more axis. */
static int
add_parts(drop_job *job)
{
    const ptrdiff_t size = (ptrdiff_t)drop_size(job->op.dtype);
    if (job->axes == DROP_MAX_AXES) {
        PyErr_SetString(PyExc_ValueError, "too many axes");
        return -1;
    }
    job->axis[job->axes++] =
        (drop_axis){.n = 2, .out = size, .x = size, .r = size};
    return 0;
}

/* Whether r is one item at every element. */
static int
is_constant(const drop_job *job)
{
    int found = drop_job_size(job) > 0;
    for (int i = 0; i < job->axes; i++) {
        found &= job->axis[i].n == 1 || job->axis[i].r == 0;
    }
    return found;
}

/* Copies r's only item: the job then reads no r. */
static void
fill_with_constant(drop_job *job)
{
    drop_affine *affine = &job->op.affine;
    affine->form = DROP_FILL;
    memcpy(affine->fill, job->run.r, drop_size(job->op.dtype));
    job->run.r = NULL;
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].r = job->axis[i].x;
    }
}

int
drop_job_arrays(drop_job *job, PyArrayObject *out, PyArrayObject *x,
                PyArrayObject *r)
{
    const drop_form form = job->op.affine.form;
    int dtype = find_kernel(out, form);
    if (dtype < 0 || (!x && dtype != DROP_BOOL)) {
        PyErr_SetString(PyExc_TypeError, "out has no kernel");
        return -1;
    }
    if (!PyArray_ISWRITEABLE(out)) {
        PyErr_SetString(PyExc_ValueError, "out is read-only");
        return -1;
    }
    if ((x && check(out, x, dtype, form, 0) < 0) ||
        (r && check(out, r, dtype, form, form == DROP_REPLACE) < 0)) {
        return -1;
    }
    job->op.dtype = (drop_dtype)dtype;
    set_memory(job, out, x ? x : out, r);
    if (form != DROP_REPLACE && PyArray_ISCOMPLEX(out) && add_parts(job) < 0) {
        return -1;
    }
    if (form == DROP_REPLACE && is_constant(job)) {
        fill_with_constant(job);
    }
    job->op.hints = find_hints(job);
    return 0;
}
