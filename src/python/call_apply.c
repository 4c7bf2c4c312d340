/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs from arguments that the Python package has checked and completed. What
 * could crash is checked again.
 */
#include "python/calls.h"

#include "array/partition.h"

#include <time.h>

/* Jobs below this, of some 5 us, keep the GIL: to give it up and take it again
 * costs 0.3 us, a third of the time of 16 Ki elements at p = 0.5. */
#define GIL_CELLS 65536

/* How often a long job looks for Ctrl-C, in seconds. */
#define SIGNAL_SECONDS 0.05

typedef struct {
    PyThreadState *thread;
    double next;
} looking;

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int
look_for_signals(void *context)
{
    looking *w = context;
    double time = now();
    int is_first = w->next == 0;
    if (time < w->next) {
        return 0;
    }
    w->next = time + SIGNAL_SECONDS;
    if (is_first) {
        return 0;
    }
    PyEval_RestoreThread(w->thread);
    int status = PyErr_CheckSignals();
    w->thread = PyEval_SaveThread();
    return status;
}

int
drop_release(drop_work *work, void *job, size_t cells)
{
    looking w = {NULL, 0};
    if (cells < GIL_CELLS) {
        return work(job, 1, (drop_interrupt){NULL, NULL});
    }
    w.thread = PyEval_SaveThread();
    int status = work(job, drop_settings.threads,
                      (drop_interrupt){look_for_signals, &w});
    PyEval_RestoreThread(w.thread);
    return status;
}

typedef struct {
    drop_job *job;
    uint8_t *to;
} packing;

static int
walk(void *work, int threads, drop_interrupt interrupt)
{
    drop_job *job = work;
    job->interrupt = interrupt;
    return drop_partition(job, threads);
}

static int
pack(void *work, int threads, drop_interrupt interrupt)
{
    packing *p = work;
    (void)threads;
    p->job->interrupt = interrupt;
    return drop_pack(p->job, p->to);
}

int
drop_do(drop_job *job, uint8_t *to)
{
    const size_t cells = drop_job_size(job);
    job->op.kernels = drop_settings.kernels;
    return to ? drop_release(pack, &(packing){job, to}, cells)
              : drop_release(walk, job, cells);
}

/* The five arguments that say which mask: key, threshold, given (a packed mask
 * or None), index of the first cell, strides. */
static int
parse_mask(drop_job *job, Py_buffer *given, PyObject *const *args)
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

static int
parse_affine(drop_affine *affine, PyObject *const *args)
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
static int
parse_array(PyArrayObject **array, PyObject *arg)
{
    *array = arg == Py_None ? NULL : (PyArrayObject *)arg;
    if (*array && !PyArray_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "expected an array or None");
        return -1;
    }
    return 0;
}

PyObject *
drop_core_select(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0};
    PyArrayObject *x, *r, *out;
    int status = -1;
    (void)self;
    if (drop_count("select", n, 12) < 0 || parse_array(&out, args[0]) < 0 ||
        parse_array(&x, args[1]) < 0 || parse_array(&r, args[2]) < 0 ||
        parse_affine(&job.op.affine, args + 8) < 0) {
        return NULL;
    }
    const drop_form form = job.op.affine.form;
    if ((r != NULL) != (form == DROP_RESIDUAL) || !out ||
        (!x && form == DROP_NOISE)) {
        PyErr_SetString(PyExc_TypeError, "an array is missing or too many");
        return NULL;
    }
    if (drop_job_arrays(&job, out, x, r) == 0 &&
        parse_mask(&job, &given, args + 3) == 0) {
        status = drop_do(&job, NULL);
    }
    PyBuffer_Release(&given);
    return status ? NULL : Py_NewRef(args[0]);
}

PyObject *
drop_core_pack(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0};
    PyArrayObject *out;
    int status = -1;
    (void)self;
    if (drop_count("pack", n, 7) < 0 || parse_array(&out, args[0]) < 0 ||
        drop_job_shape(&job, args[1]) < 0) {
        return NULL;
    }
    job.op = (drop_operation){.dtype = DROP_BOOL};
    if (parse_mask(&job, &given, args + 2) == 0) {
        size_t cells = drop_job_size(&job);
        if (out && PyArray_TYPE(out) == NPY_UINT8 && PyArray_ISCARRAY(out) &&
            (size_t)PyArray_NBYTES(out) == cells / 8 + (cells % 8 != 0)) {
            status = drop_do(&job, PyArray_DATA(out));
        }
        else {
            PyErr_SetString(PyExc_ValueError, "out has no room for the bits");
        }
    }
    PyBuffer_Release(&given);
    return status ? NULL : Py_NewRef(args[0]);
}
