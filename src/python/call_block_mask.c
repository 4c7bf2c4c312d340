/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DropBlock's arguments -> a map of blocks.
 */
#include "ops/block_mask.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/release.h"
#include "python/settings.h"

#include <string.h>

/* Cells, block and stride of the seeds, for each axis. */
static int
parse_extents(drop_block_mask *map, PyObject *cells, PyObject *blocks,
              PyObject *strides)
{
    Py_ssize_t axes = PyTuple_Size(cells);
    if (axes < 1 || axes > DROP_BLOCK_MASK_AXES ||
        PyTuple_Size(blocks) != axes || PyTuple_Size(strides) != axes) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "cells, blocks and strides do not fit");
        }
        return -1;
    }
    size_t size = 1;
    map->axes = (int)axes;
    for (Py_ssize_t i = 0; i < axes; i++) {
        size_t n = PyLong_AsSize_t(PyTuple_GetItem(cells, i));
        size_t block = PyLong_AsSize_t(PyTuple_GetItem(blocks, i));
        uint64_t stride =
            PyLong_AsUnsignedLongLongMask(PyTuple_GetItem(strides, i));
        if (PyErr_Occurred()) {
            return -1;
        }
        if (block < 1 || block > n || __builtin_mul_overflow(size, n, &size) ||
            size > INT64_MAX) {
            PyErr_SetString(PyExc_ValueError, "no such map of blocks");
            return -1;
        }
        map->axis[i] = (drop_extent){n, block, stride};
    }
    return 0;
}

static int
draw_block_mask(void *work, int threads, drop_interrupt interrupt)
{
    (void)threads;
    return drop_block_mask_draw(work, interrupt);
}

PyObject *
drop_core_block_mask(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_block_mask map = {.kernels = drop_settings.kernels};
    Py_buffer to = {0};
    int status = -1;
    (void)self;
    if (drop_count("block_mask", n, 7) < 0 ||
        parse_extents(&map, args[1], args[2], args[6]) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[3]);
    uint64_t threshold = PyLong_AsUnsignedLongLong(args[4]);
    map.index = PyLong_AsUnsignedLongLongMask(args[5]);
    if (PyErr_Occurred() ||
        PyObject_GetBuffer(args[0], &to, PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    map.to = to.buf;
    if (threshold > DROP_ONE || to.len < DROP_BITS_PAD ||
        (drop_block_mask_size(&map) + 7) / 8 >
            (size_t)to.len - DROP_BITS_PAD) {
        PyErr_SetString(PyExc_ValueError, "the map has no room for the bits");
    }
    else {
        memset(map.to, 0, (size_t)to.len);
        drop_sampler_start(&map.sampler, key, threshold);
        status =
            drop_release(draw_block_mask, &map, drop_block_mask_work(&map));
    }
    PyBuffer_Release(&to);
    return status ? NULL : PyLong_FromUnsignedLongLong(map.kept);
}
