/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mask of a job: what its bits come from, and which bit a cell has. Those
 * that can fail return -1 with an exception set, or 0.
 */
#ifndef DROP_PYTHON_JOB_MASK_H
#define DROP_PYTHON_JOB_MASK_H

#include "array/job.h"
#include "python/numpy_api.h"

/* The cells of a job without memory: a tuple of lengths. */
int drop_job_shape(drop_job *job, PyObject *shape);

/* Mask strides in C order. */
void drop_job_order(drop_job *job);

/* Mask strides of a block of a larger array, of these lengths, that begins at
 * first: on its ndim axes, and 0 on the others; bit i of shared: axis i shares
 * one draw. Sets the job's index. */
void drop_job_block(drop_job *job, int ndim, uint64_t shared,
                    const uint64_t *whole, const uint64_t *first);

/* Whether every cell is among the first elements of the mask. */
int drop_job_holds(const drop_job *job, uint64_t elements);

/* A Mask of the Python package: key, threshold, packed bits or None, index of
 * the first cell, strides, which are integers modulo 2**64, or None in C
 * order. The caller releases given. */
int drop_parse_mask(drop_job *job, Py_buffer *given, PyObject *mask);

#endif
