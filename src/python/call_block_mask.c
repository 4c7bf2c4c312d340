/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DropBlock's arguments -> a map of blocks.
 */
#include "ops/block_mask.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/job_mask.h"
#include "python/release.h"
#include "python/settings.h"

#include <string.h>

/* Cells and block for each axis. */
static int
parse_extents(drop_block_mask *map, PyObject *cells, PyObject *blocks)
{
    PyObject *item[DROP_BLOCK_MASK_AXES];
    Py_ssize_t axes = PyTuple_Check(cells) ? PyTuple_Size(cells) : 0;
    if (axes < 1 || axes > DROP_BLOCK_MASK_AXES) {
        PyErr_Format(PyExc_TypeError, "cells must be a tuple of 1 to %d",
                     DROP_BLOCK_MASK_AXES);
        return -1;
    }
    if (!drop_unpack(item, blocks, axes, "blocks")) {
        return -1;
    }
    size_t size = 1;
    map->axes = (int)axes;
    for (Py_ssize_t i = 0; i < axes; i++) {
        size_t n = PyLong_AsSize_t(PyTuple_GetItem(cells, i));
        size_t block = PyLong_AsSize_t(item[i]);
        if (PyErr_Occurred()) {
            return -1;
        }
        if (block < 1 || block > n || __builtin_mul_overflow(size, n, &size) ||
            size > INT64_MAX) {
            PyErr_SetString(PyExc_ValueError, "no such map of blocks");
            return -1;
        }
        map->axis[i] = (drop_extent){.cells = n, .block = block};
    }
    return 0;
}

/* The mask of the seeds, which is drawn. */
static int
parse_seeds(drop_block_mask *map, PyObject *arg)
{
    Py_buffer given = {0};
    drop_job seeds = {.axes = map->axes};
    for (int i = 0; i < map->axes; i++) {
        seeds.axis[i].n = map->axis[i].cells - map->axis[i].block + 1;
    }
    const int status = drop_parse_mask(&seeds, &given, arg);
    PyBuffer_Release(&given);
    if (status < 0) {
        return -1;
    }
    if (seeds.given) {
        PyErr_SetString(PyExc_ValueError, "seeds are drawn");
        return -1;
    }
    map->sampler = seeds.sampler;
    map->index = seeds.index;
    for (int i = 0; i < map->axes; i++) {
        map->axis[i].stride = seeds.axis[i].mask;
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
    if (drop_count("block_mask", n, 4) < 0 ||
        parse_extents(&map, args[1], args[2]) < 0 ||
        parse_seeds(&map, args[3]) < 0 ||
        PyObject_GetBuffer(args[0], &to, PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    map.to = to.buf;
    if (to.len < DROP_BITS_PAD || (drop_block_mask_size(&map) + 7) / 8 >
                                      (size_t)to.len - DROP_BITS_PAD) {
        PyErr_SetString(PyExc_ValueError, "the map has no room for the bits");
    }
    else {
        memset(map.to, 0, (size_t)to.len);
        status =
            drop_release(draw_block_mask, &map, drop_block_mask_work(&map));
    }
    PyBuffer_Release(&to);
    return status ? NULL : PyLong_FromUnsignedLongLong(map.kept);
}
