/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The samples that a mask keeps: taken out of an array, and added where they
 * came from.
 */
#include "ops/kept_rows.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/job_from_numpy.h"
#include "python/new_array.h"
#include "python/release.h"
#include "python/settings.h"

#include <string.h>

/* Gets the packed bits of n samples. The caller releases them. */
static int
parse_kept(drop_kept *kept, Py_buffer *bits, PyObject *arg, npy_intp n)
{
    if (PyObject_GetBuffer(arg, bits, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    *kept = (drop_kept){drop_settings.kernels, bits->buf, (size_t)n};
    if (bits->len < DROP_BITS_PAD ||
        (size_t)(bits->len - DROP_BITS_PAD) < kept->n / 8 + (n % 8 != 0)) {
        PyErr_SetString(PyExc_ValueError, "there is no room for the bits");
        return -1;
    }
    return 0;
}

/* Whether part has the kept samples of all, and is like it otherwise. */
static int
is_part(PyArrayObject *part, PyArrayObject *all, const drop_kept *kept)
{
    int fits = PyArray_NDIM(part) == PyArray_NDIM(all) &&
               PyArray_EquivTypes(PyArray_DESCR(part), PyArray_DESCR(all)) &&
               (size_t)PyArray_DIM(part, 0) == drop_kept_count(kept, kept->n);
    for (int i = 1; fits && i < PyArray_NDIM(all); i++) {
        fits = PyArray_DIM(part, i) == PyArray_DIM(all, i);
    }
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "the samples do not fit");
    }
    return fits;
}

static int
has_samples(PyArrayObject *x)
{
    const int has = x && PyArray_NDIM(x) > 0;
    if (!has) {
        PyErr_SetString(PyExc_ValueError, "expected an array of samples");
    }
    return has;
}

/* Sets the axes along the items of a sample. Items of other sizes than the
 * kernels' are parts along one more axis. */
static void
set_items(drop_taking *job, PyArrayObject *out, PyArrayObject *x)
{
    const npy_intp bytes = PyArray_ITEMSIZE(x), size = bytes & -bytes;
    job->size = size < DROP_MAX_ITEM ? size : DROP_MAX_ITEM;
    job->sample.out = PyArray_STRIDE(out, 0);
    job->sample.x = PyArray_STRIDE(x, 0);
    job->axes = PyArray_NDIM(x);
    for (int i = 1; i < job->axes; i++) {
        job->axis[i - 1] = (drop_axis){.n = (size_t)PyArray_DIM(x, i),
                                       .out = PyArray_STRIDE(out, i),
                                       .x = PyArray_STRIDE(x, i)};
    }
    job->axis[job->axes - 1] = (drop_axis){
        .n = (size_t)(bytes / job->size), .out = job->size, .x = job->size};
}

static int
take(void *job, int threads, drop_interrupt interrupt)
{
    return drop_take_rows(job, threads, interrupt);
}

/* A new array for some samples of x, as like it as a ufunc's result is. */
static PyArrayObject *
new_part(PyArrayObject *x, size_t samples)
{
    npy_intp lengths[DROP_MAX_AXES];
    PyArray_Descr *dtype = PyArray_DESCR(x);
    memcpy(lengths, PyArray_DIMS(x),
           (size_t)PyArray_NDIM(x) * sizeof *lengths);
    lengths[0] = (npy_intp)samples;
    Py_INCREF((PyObject *)dtype);
    PyObject *view =
        PyArray_NewFromDescr(&PyArray_Type, dtype, PyArray_NDIM(x), lengths,
                             PyArray_STRIDES(x), PyArray_DATA(x), 0, NULL);
    PyArrayObject *part = NULL;
    if (view) {
        Py_INCREF((PyObject *)dtype);
        part = drop_new_like((PyArrayObject *)view, dtype);
    }
    Py_XDECREF(view);
    return part;
}

PyObject *
drop_core_take_rows(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_taking job;
    Py_buffer bits = {0};
    PyArrayObject *x, *out = NULL;
    (void)self;
    if (drop_count("take_rows", n, 2) < 0 ||
        drop_parse_array(&x, args[0]) < 0 || !has_samples(x)) {
        return NULL;
    }
    if (PyDataType_REFCHK(PyArray_DESCR(x)) || PyArray_ITEMSIZE(x) == 0) {
        PyErr_SetString(PyExc_ValueError, "samples cannot be copied");
        return NULL;
    }
    if (parse_kept(&job.kept, &bits, args[1], PyArray_DIM(x, 0)) == 0) {
        out = new_part(x, drop_kept_count(&job.kept, job.kept.n));
    }
    if (out) {
        job.out = PyArray_BYTES(out);
        job.x = PyArray_BYTES(x);
        set_items(&job, out, x);
        if (drop_release(take, &job, drop_taking_work(&job))) {
            Py_CLEAR(out);
        }
    }
    PyBuffer_Release(&bits);
    return (PyObject *)out;
}

static int
add(void *work, int threads, drop_interrupt interrupt)
{
    return drop_add_rows(work, threads, interrupt);
}

/* Adds a part of some samples to r. */
static int
add_part(drop_adding *work, PyArrayObject *out, PyArrayObject *r,
         PyArrayObject *part, PyObject *packed, double a)
{
    Py_buffer bits = {0};
    int status = -1;
    work->job.op.affine = (drop_affine){.form = DROP_RESIDUAL, .a = a};
    /* r stands for x, which has fewer samples. */
    if (drop_job_arrays(&work->job, out, r, r) == 0 &&
        parse_kept(&work->kept, &bits, packed, PyArray_DIM(out, 0)) == 0 &&
        is_part(part, out, &work->kept)) {
        work->job.run.x = PyArray_BYTES(part);
        for (int i = 0; i < PyArray_NDIM(part); i++) {
            work->job.axis[i].x = PyArray_STRIDE(part, i);
        }
        status = drop_release(add, work, drop_job_size(&work->job));
    }
    PyBuffer_Release(&bits);
    return status;
}

PyObject *
drop_core_add_rows(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyArrayObject *out, *r, *part;
    (void)self;
    if (drop_count("add_rows", n, 5) < 0 ||
        drop_parse_array(&out, args[0]) < 0 ||
        drop_parse_array(&r, args[1]) < 0 ||
        drop_parse_array(&part, args[2]) < 0 || !has_samples(out) ||
        !has_samples(r) || !has_samples(part)) {
        return NULL;
    }
    const double a = PyFloat_AsDouble(args[4]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    drop_adding *work = PyMem_Malloc(sizeof *work);
    if (!work) {
        return PyErr_NoMemory();
    }
    const int status = add_part(work, out, r, part, args[3], a);
    PyMem_Free(work);
    return status ? NULL : Py_NewRef(args[0]);
}
