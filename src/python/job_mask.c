/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/job_mask.h"

#include "python/args.h"

/* The items of Python's Mask, in their order. */
enum {
    MASK_KEY,
    MASK_THRESHOLD,
    MASK_PACKED,
    MASK_FIRST,
    MASK_STRIDES,
    MASK_ITEMS
};

int
drop_job_shape(drop_job *job, PyObject *shape)
{
    Py_ssize_t axes = PyTuple_Check(shape) ? PyTuple_Size(shape) : -1;
    size_t cells = 1;
    int is_empty = 0, wraps = 0;
    if (axes < 0 || axes > DROP_MAX_AXES) {
        PyErr_Format(PyExc_ValueError, "shape must be a tuple of up to %d",
                     DROP_MAX_AXES);
        return -1;
    }
    for (Py_ssize_t i = 0; i < axes; i++) {
        Py_ssize_t n = PyLong_AsSsize_t(PyTuple_GetItem(shape, i));
        if (n < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "negative length");
            }
            return -1;
        }
        job->axis[i] = (drop_axis){.n = (size_t)n};
        is_empty |= n == 0;
        wraps |= __builtin_mul_overflow(cells, (size_t)n, &cells);
    }
    if (wraps && !is_empty) {
        PyErr_SetString(PyExc_ValueError, "too many cells");
        return -1;
    }
    job->axes = (int)axes;
    return 0;
}

void
drop_job_order(drop_job *job)
{
    uint64_t stride = 1;
    for (int i = job->axes; i-- > 0;) {
        job->axis[i].mask = stride;
        stride *= job->axis[i].n;
    }
}

void
drop_job_block(drop_job *job, int ndim, uint64_t shared, const uint64_t *whole,
               const uint64_t *first)
{
    uint64_t stride = 1;
    for (int i = job->axes; i-- > 0;) {
        job->axis[i].mask = 0;
        if (i < ndim && !(shared >> i & 1)) {
            job->axis[i].mask = stride;
            job->index += first[i] * stride;
            stride *= whole[i];
        }
    }
}

/* Sets the mask stride of each axis. */
static int
parse_strides(drop_job *job, PyObject *strides)
{
    PyObject *item[DROP_MAX_AXES];
    if (strides == Py_None) {
        drop_job_order(job);
        return 0;
    }
    if (!drop_unpack(item, strides, job->axes, "mask strides")) {
        return -1;
    }
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].mask = PyLong_AsUnsignedLongLongMask(item[i]);
    }
    return PyErr_Occurred() ? -1 : 0;
}

int
drop_job_holds(const drop_job *job, uint64_t elements)
{
    uint64_t last = job->index;
    if (drop_job_size(job) == 0) {
        return 1;
    }
    for (int i = 0; i < job->axes; i++) {
        uint64_t steps = job->axis[i].n - 1, span;
        if (__builtin_mul_overflow(steps, job->axis[i].mask, &span) ||
            __builtin_add_overflow(last, span, &last)) {
            return 0;
        }
    }
    return last < elements;
}

int
drop_parse_mask(drop_job *job, Py_buffer *given, PyObject *mask)
{
    PyObject *item[MASK_ITEMS];
    if (!drop_unpack(item, mask, MASK_ITEMS, "mask")) {
        return -1;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(item[MASK_KEY]);
    uint64_t threshold = PyLong_AsUnsignedLongLong(item[MASK_THRESHOLD]);
    uint64_t index = PyLong_AsUnsignedLongLongMask(item[MASK_FIRST]);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (threshold > DROP_ONE) {
        PyErr_SetString(PyExc_ValueError, "threshold is above 2**40");
        return -1;
    }
    if (parse_strides(job, item[MASK_STRIDES]) < 0) {
        return -1;
    }
    drop_job_draw(job, key, threshold);
    job->index = index;
    if (item[MASK_PACKED] == Py_None) {
        return 0;
    }
    if (PyObject_GetBuffer(item[MASK_PACKED], given, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    const Py_ssize_t bytes = given->len - DROP_BITS_PAD;
    if (!drop_job_holds(job, bytes > 0 ? (uint64_t)bytes * 8 : 0)) {
        PyErr_SetString(PyExc_ValueError, "the packed mask is too short");
        return -1;
    }
    job->given = given->buf;
    return 0;
}
