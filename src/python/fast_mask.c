/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_mask.h"

#include "base/bit_writer.h"
#include "python/fast_args.h"

/* Elements of a mask that are packed without the GIL being released: they take
 * some 0.2 ns each. */
#define MOST ((npy_intp)1 << 18)

/* Bytes that are packed at once. */
#define CHUNK 512

int
drop_is_keep(PyObject *mask, PyArrayObject *x, int axes, uint64_t shared)
{
    PyArrayObject *array = (PyArrayObject *)mask;
    if (!drop_is_native(mask) || !PyArray_ISBOOL(array) ||
        PyArray_NDIM(array) != axes || PyArray_SIZE(array) > MOST) {
        return 0;
    }
    int taken = 1;
    for (int i = 0; i < axes; i++) {
        taken &=
            PyArray_DIM(array, i) == (shared >> i & 1 ? 1 : PyArray_DIM(x, i));
    }
    return taken;
}

/* Appends n bytes as bits, of which any byte but 0 is 1. */
static void
pack_row(drop_writer *writer, const char *from, ptrdiff_t stride, size_t n)
{
    uint8_t byte[CHUNK];
    for (size_t i = 0, some; i < n; i += some) {
        some = least(n - i, CHUNK);
        if (stride == 1) {
            for (size_t j = 0; j < some; j++) {
                byte[j] = from[i + j] != 0;
            }
        }
        else {
            for (size_t j = 0; j < some; j++) {
                byte[j] = from[(ptrdiff_t)(i + j) * stride] != 0;
            }
        }
        drop_bits_pack(writer, byte, some);
    }
}

static void
pack_axes(drop_writer *writer, const char *from, const drop_axis *axis,
          int axes)
{
    if (axes == 1) {
        pack_row(writer, from, axis->x, axis->n);
        return;
    }
    for (size_t i = 0; i < axis->n; i++) {
        pack_axes(writer, from + (ptrdiff_t)i * axis->x, axis + 1, axes - 1);
    }
}

int
drop_pack_given(drop_given *given, PyArrayObject *mask)
{
    drop_axis axis[DROP_MAX_AXES];
    size_t bits = 1;
    given->axes = PyArray_NDIM(mask);
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
    given->bits = PyMem_Malloc(bits / 8 + 1 + DROP_BITS_PAD);
    if (!given->bits) {
        PyErr_NoMemory();
        return -1;
    }
    drop_writer writer = {given->bits, 0, 0};
    int axes = drop_axes_coalesce(axis, given->axes);
    if (axes == 0) {
        axis[axes++] = (drop_axis){.n = 1};
    }
    pack_axes(&writer, PyArray_BYTES(mask), axis, axes);
    drop_bits_end(&writer);
    return 0;
}

void
drop_given_free(drop_given *given)
{
    PyMem_Free(given->bits);
}

void
drop_use_given(drop_job *job, const drop_given *given)
{
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].mask = i < given->axes ? given->stride[i] : 0;
    }
    job->given = given->bits;
    job->index = 0;
}
