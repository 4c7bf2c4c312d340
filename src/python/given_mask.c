/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/given_mask.h"

#include "base/bit_writer.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/fast_args.h"
#include "python/job_mask.h"
#include "python/release.h"

/* Bytes that are packed at once, a multiple of 64. */
#define CHUNK 512

/* What is packed, without Python. */
typedef struct {
    const char *from;
    int axes;
    drop_axis axis[DROP_MAX_AXES]; /* x counts */
    uint8_t byte[CHUNK];           /* gathered, each 0 or 1 */
    size_t filled;
    drop_writer writer;
    drop_poller poller;
} packing;

int
drop_is_keep(PyObject *mask, PyArrayObject *x, int axes, uint64_t shared)
{
    PyArrayObject *array = (PyArrayObject *)mask;
    int taken = drop_is_native(mask) && PyArray_ISBOOL(array) &&
                PyArray_NDIM(array) == axes;
    for (int i = 0; taken && i < axes; i++) {
        taken =
            PyArray_DIM(array, i) == (shared >> i & 1 ? 1 : PyArray_DIM(x, i));
    }
    return taken;
}

/* Packs the bytes that were gathered. */
static int
flush(packing *p)
{
    const size_t n = p->filled;
    drop_bits_pack(&p->writer, p->byte, n);
    p->filled = 0;
    return drop_count_work(&p->poller, n);
}

/* Any byte but 0 is 1. */
static inline void
normalize(uint8_t *to, const char *from, ptrdiff_t stride, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[(ptrdiff_t)i * stride] != 0;
    }
}

/* Gathers n bytes. */
static int
gather(packing *p, const char *from, ptrdiff_t stride, size_t n)
{
    int status = 0;
    for (size_t some; n && !status; n -= some) {
        some = least(n, CHUNK - p->filled);
        uint8_t *to = p->byte + p->filled;
        if (stride == 1) { /* the compiler makes vectors of it */
            normalize(to, from, 1, some);
        }
        else if (stride == -1) {
            normalize(to, from, -1, some);
        }
        else {
            normalize(to, from, stride, some);
        }
        from += (ptrdiff_t)some * stride;
        p->filled += some;
        status = p->filled == CHUNK ? flush(p) : 0;
    }
    return status;
}

static int
gather_axes(packing *p, const char *from, const drop_axis *axis, int axes)
{
    int status = 0;
    if (axes == 1) {
        return gather(p, from, axis->x, axis->n);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status =
            gather_axes(p, from + (ptrdiff_t)i * axis->x, axis + 1, axes - 1);
    }
    return status;
}

static int
pack(void *work, int threads, drop_interrupt interrupt)
{
    packing *p = work;
    (void)threads;
    p->filled = 0;
    p->poller = (drop_poller){interrupt, 0};
    int status = gather_axes(p, p->from, p->axis, p->axes);
    status = status ? status : flush(p);
    drop_bits_end(&p->writer);
    return status;
}

/* Sets the axes of a mask in the order of its memory, and how the bits of each
 * lie. Returns how many bits there are. */
static size_t
set_axes(packing *p, drop_given *given, PyArrayObject *mask)
{
    size_t bits = 1;
    drop_axis *axis = p->axis;
    p->axes = given->axes = PyArray_NDIM(mask);
    for (int i = 0; i < given->axes; i++) {
        const ptrdiff_t stride = PyArray_STRIDE(mask, i);
        const size_t n = (size_t)PyArray_DIM(mask, i);
        /* mask: which of the given axes it is */
        axis[i] = (drop_axis){stride ? n : least(n, 1), stride, stride, stride,
                              (uint64_t)i};
    }
    drop_axes_sort(axis, given->axes);
    for (int i = given->axes; i-- > 0; bits *= axis[i].n) {
        given->stride[axis[i].mask] = axis[i].n > 1 ? bits : 0;
        axis[i].mask = bits;
    }
    p->axes = drop_axes_coalesce(axis, given->axes);
    if (p->axes == 0) {
        axis[p->axes++] = (drop_axis){.n = 1};
    }
    return bits;
}

int
drop_pack_given(drop_given *given, PyArrayObject *mask)
{
    packing p;
    const size_t bits = set_axes(&p, given, mask);
    const size_t bytes = bits / 8 + (bits % 8 != 0) + DROP_BITS_PAD;
    given->packed = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)bytes);
    if (!given->packed) {
        return -1;
    }
    p.from = PyArray_BYTES(mask);
    p.writer =
        (drop_writer){(uint8_t *)PyByteArray_AsString(given->packed), 0, 0};
    memset(p.writer.to + bytes - DROP_BITS_PAD, 0, DROP_BITS_PAD);
    if (bits && drop_release(pack, &p, bits)) {
        Py_CLEAR(given->packed);
        return -1;
    }
    return 0;
}

int
drop_use_given(drop_job *job, const drop_given *given)
{
    const Py_ssize_t bytes = PyByteArray_Size(given->packed) - DROP_BITS_PAD;
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].mask = i < given->axes ? given->stride[i] : 0;
    }
    job->given = (const uint8_t *)PyByteArray_AsString(given->packed);
    job->index = 0;
    if (!drop_job_holds(job, 8 * (uint64_t)bytes)) {
        PyErr_SetString(PyExc_RuntimeError, "x was changed during the call");
        return -1;
    }
    return 0;
}

PyObject *
drop_core_pack_given(PyObject *self, PyObject *arg)
{
    PyArrayObject *mask;
    drop_given given;
    PyObject *both = NULL;
    (void)self;
    if (drop_parse_array(&mask, arg) < 0) {
        return NULL;
    }
    if (!mask || !PyArray_ISBOOL(mask)) {
        PyErr_SetString(PyExc_TypeError, "expected an array of bools");
        return NULL;
    }
    if (drop_pack_given(&given, mask) < 0) {
        return NULL;
    }
    PyObject *strides = PyTuple_New(given.axes);
    int status = strides ? 0 : -1;
    for (int i = 0; status == 0 && i < given.axes; i++) {
        PyObject *stride = PyLong_FromUnsignedLongLong(given.stride[i]);
        status = stride ? PyTuple_SetItem(strides, i, stride) : -1;
    }
    if (status == 0) {
        both = PyTuple_Pack(2, given.packed, strides);
    }
    Py_XDECREF(strides);
    Py_DECREF(given.packed);
    return both;
}
