/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers of the mask stream as arrays: uniforms and choices, and keys.
 */
#include "array/draw.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/release.h"
#include "python/settings.h"

/* The n numbers from element index on. For choices, count is among how many,
 * and c2 says which choice of a sample. */
typedef struct {
    const drop_kernels *kernels;
    uint64_t key, index, *to;
    size_t n;
    uint32_t count, c2;
} numbers;

static int
draw_uniforms(void *work, int threads, drop_interrupt interrupt)
{
    const numbers *j = work;
    (void)threads;
    return drop_draw_uniforms(j->kernels, j->to, j->key, j->index, j->n,
                              interrupt);
}

/* Choices between two polls: some milliseconds. */
#define CHOICES ((size_t)1 << 16)

static int
draw_choices(void *work, int threads, drop_interrupt interrupt)
{
    const numbers *j = work;
    int status = 0;
    (void)threads;
    for (size_t i = 0; i < j->n && !status; i++) {
        j->to[i] = drop_choice(j->key, j->index + i, j->count, j->c2);
        status = i % CHOICES == CHOICES - 1 ? drop_poll(interrupt) : 0;
    }
    return status;
}

/* A new array of n numbers. Each costs as much as 64 cells of a mask. */
static PyObject *
new_numbers(drop_work_fn *draw, numbers job, Py_ssize_t n)
{
    npy_intp length = n;
    PyObject *out = PyArray_SimpleNew(1, &length, NPY_UINT64);
    if (out) {
        job.kernels = drop_settings.kernels;
        job.n = (size_t)n;
        job.to = PyArray_DATA((PyArrayObject *)out);
        if (drop_release(draw, &job, 64 * job.n)) {
            Py_CLEAR(out);
        }
    }
    return out;
}

PyObject *
drop_core_uniforms(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("uniforms", n, 3) < 0) {
        return NULL;
    }
    numbers job = {.key = PyLong_AsUnsignedLongLong(args[0]),
                   .index = PyLong_AsUnsignedLongLongMask(args[1])};
    Py_ssize_t length = PyLong_AsSsize_t(args[2]);
    return PyErr_Occurred() ? NULL : new_numbers(draw_uniforms, job, length);
}

PyObject *
drop_core_choices(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("choices", n, 5) < 0) {
        return NULL;
    }
    numbers job = {.key = PyLong_AsUnsignedLongLong(args[0]),
                   .index = PyLong_AsUnsignedLongLongMask(args[1])};
    Py_ssize_t length = PyLong_AsSsize_t(args[2]);
    unsigned long count = PyLong_AsUnsignedLong(args[3]);
    unsigned long c2 = PyLong_AsUnsignedLong(args[4]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (count < 1 || count > UINT32_MAX || c2 > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "no such choice");
        return NULL;
    }
    job.count = (uint32_t)count;
    job.c2 = (uint32_t)c2;
    return new_numbers(draw_choices, job, length);
}

PyObject *
drop_core_child(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("child", n, 2) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t index = PyLong_AsUnsignedLongLong(args[1]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(drop_child(key, index));
}

PyObject *
drop_core_threshold(PyObject *self, PyObject *p)
{
    (void)self;
    const double rate = PyFloat_AsDouble(p);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (!(rate >= 0 && rate <= 1)) {
        PyErr_SetString(PyExc_ValueError, "a rate is in [0, 1]");
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(drop_threshold(rate));
}
