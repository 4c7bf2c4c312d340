/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mask of a job: what its bits come from, and the bit of each cell.
 * Functions that can fail return -1 with an exception set, or 0.
 */
#ifndef DROP_PYTHON_JOB_MASK_H
#define DROP_PYTHON_JOB_MASK_H

#include "array/job.h"
#include "python/numpy_api.h"

/* Sets the lengths of a job without memory from a tuple. */
int drop_job_shape(drop_job *job, PyObject *shape);

/* Sets mask strides in C order. */
void drop_job_order(drop_job *job);

/* Sets the mask strides and index of a block of a larger array, which has
 * lengths whole; the block begins at first. The first ndim axes have strides
 * unless their bit of shared is 1; the others have 0. */
void drop_job_block(drop_job *job, int ndim, uint64_t shared,
                    const uint64_t *whole, const uint64_t *first);

/* Whether every cell is among the first elements of the mask. */
int drop_job_holds(const drop_job *job, uint64_t elements);

/* Parses a Mask of the Python package: key, threshold, packed bits or None,
 * index of the first cell, and strides, integers modulo 2**64 or None for C
 * order. The caller releases given. */
int drop_parse_mask(drop_job *job, Py_buffer *given, PyObject *mask);

#endif
