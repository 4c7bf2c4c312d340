/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fractal joins: which paths survive, and their mean.
 */
#include "python/call_join.h"

#include "python/args.h"
#include "python/calls.h"
#include "python/job_from_numpy.h"
#include "python/release.h"
#include "python/settings.h"

static int
draw_survivors(void *work, int threads, drop_interrupt interrupt)
{
    (void)threads;
    return drop_survivors_draw(work, interrupt);
}

int
drop_do_survivors(drop_survivors *job)
{
    job->kernels = drop_settings.kernels;
    return drop_release(draw_survivors, job, drop_survivors_work(job));
}

/* Numbers up to most from a tuple of some length. */
static int
parse_numbers(uint64_t *to, PyObject *tuple, size_t n, uint64_t most)
{
    if (!PyTuple_Check(tuple) || (size_t)PyTuple_Size(tuple) != n) {
        PyErr_SetString(PyExc_TypeError, "a number for each living path");
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] =
            PyLong_AsUnsignedLongLong(PyTuple_GetItem(tuple, (Py_ssize_t)i));
        if (PyErr_Occurred()) {
            return -1;
        }
        if (to[i] > most) {
            PyErr_SetString(PyExc_ValueError, "a number is too large");
            return -1;
        }
    }
    return 0;
}

PyObject *
drop_core_survivors(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_survivors job;
    PyArrayObject *keep;
    int status = -1;
    (void)self;
    if (drop_count("survivors", n, 5) < 0 ||
        drop_parse_array(&keep, args[0]) < 0) {
        return NULL;
    }
    job.key = PyLong_AsUnsignedLongLong(args[1]);
    job.size = PyLong_AsSize_t(args[2]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (!keep || PyArray_TYPE(keep) != NPY_BOOL || !PyArray_ISCARRAY(keep) ||
        PyArray_NDIM(keep) != 2 || PyArray_DIM(keep, 0) < 1 || job.size < 1 ||
        job.size > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "keep has no room for the bits");
        return NULL;
    }
    job.keep = PyArray_DATA(keep);
    job.living = (size_t)PyArray_DIM(keep, 0);
    job.samples = (size_t)PyArray_DIM(keep, 1);
    uint64_t *numbers = PyMem_Malloc(2 * job.living * sizeof *numbers);
    if (!numbers) {
        return PyErr_NoMemory();
    }
    job.place = numbers;
    job.threshold = numbers + job.living;
    if (parse_numbers(numbers, args[3], job.living, job.size - 1) == 0 &&
        parse_numbers(numbers + job.living, args[4], job.living, DROP_ONE) ==
            0) {
        status = drop_do_survivors(&job);
    }
    PyMem_Free(numbers);
    return status ? NULL : Py_NewRef(args[0]);
}

static int
run_join(void *work, int threads, drop_interrupt interrupt)
{
    return drop_join_run(work, threads, interrupt);
}

int
drop_do_join(drop_join *job)
{
    job->kernels = drop_settings.kernels;
    return drop_release(run_join, job, drop_join_work(job));
}

drop_join *
drop_join_new(void)
{
    drop_join *job = PyMem_Calloc(1, sizeof *job);
    if (!job) {
        PyErr_NoMemory();
    }
    return job;
}

int
drop_join_arrays(drop_join *job, PyArrayObject *out, PyObject *paths)
{
    Py_ssize_t n = PyTuple_Check(paths) ? PyTuple_Size(paths) : 0;
    if (n < 1 || n > DROP_JOIN_PATHS) {
        PyErr_SetString(PyExc_TypeError, "paths must be a short tuple");
        return -1;
    }
    job->paths = (size_t)n;
    for (size_t p = 0; p < job->paths; p++) {
        drop_job pair;
        PyObject *path = PyTuple_GetItem(paths, (Py_ssize_t)p);
        PyArrayObject *x;
        pair.op.affine.form = DROP_SCALE;
        if (drop_parse_array(&x, path) < 0 ||
            drop_job_arrays(&pair, out, x, NULL) < 0) {
            return -1;
        }
        if (!x) {
            PyErr_SetString(PyExc_TypeError, "a path is missing");
            return -1;
        }
        job->dtype = pair.op.dtype;
        job->out = pair.run.out;
        job->x[p] = pair.run.x;
        job->axes = pair.axes;
        for (int i = 0; i < pair.axes; i++) {
            const drop_axis *axis = &pair.axis[i];
            job->axis[i].n = axis->n;
            job->axis[i].out = axis->out;
            job->axis[i].x[p] = axis->x;
        }
    }
    return 0;
}

void
drop_join_select(drop_join *job, const uint8_t *keep)
{
    size_t kept = 0;
    for (size_t p = 0; p < job->paths; p++) {
        job->x[kept] = job->x[p];
        for (int i = 0; i < job->axes; i++) {
            job->axis[i].x[kept] = job->axis[i].x[p];
        }
        kept += keep[p];
    }
    job->paths = kept;
}

void
drop_join_keep(drop_join *job, const uint8_t *keep)
{
    job->keep = keep;
    job->samples = job->axis[0].n;
    job->axis[0].mask = 1;
}

/* A row of bools for each path, with one for each sample; or None. */
static int
parse_keep(drop_join *job, PyObject *arg)
{
    PyArrayObject *keep;
    if (drop_parse_array(&keep, arg) < 0) {
        return -1;
    }
    if (!keep) {
        return 0;
    }
    if (PyArray_TYPE(keep) != NPY_BOOL || !PyArray_ISCARRAY_RO(keep) ||
        PyArray_NDIM(keep) != 2 || job->axes < 1 ||
        (size_t)PyArray_DIM(keep, 0) != job->paths ||
        (size_t)PyArray_DIM(keep, 1) != job->axis[0].n) {
        PyErr_SetString(PyExc_ValueError, "keep does not fit the paths");
        return -1;
    }
    drop_join_keep(job, PyArray_DATA(keep));
    return 0;
}

PyObject *
drop_core_join(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyArrayObject *out;
    int status = -1;
    (void)self;
    if (drop_count("join", n, 3) < 0 || drop_parse_array(&out, args[0]) < 0) {
        return NULL;
    }
    if (!out) {
        PyErr_SetString(PyExc_TypeError, "out must be an array");
        return NULL;
    }
    drop_join *job = drop_join_new();
    if (!job) {
        return NULL;
    }
    if (drop_join_arrays(job, out, args[1]) == 0 &&
        parse_keep(job, args[2]) == 0) {
        status = drop_do_join(job);
    }
    PyMem_Free(job);
    return status ? NULL : Py_NewRef(args[0]);
}
