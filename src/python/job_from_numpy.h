/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NumPy arrays and Python's numbers -> jobs. Each returns -1 with an exception
 * set, or 0.
 */
#ifndef DROP_PYTHON_JOB_FROM_NUMPY_H
#define DROP_PYTHON_JOB_FROM_NUMPY_H

#include "python/numpy_api.h"
#include "array/job.h"

/* The memory of a job that has its affine: x and r (NULL for none) are of
 * out's shape and dtype, native and of any strides and alignment. Without x,
 * out is bool. For DROP_REPLACE the dtype may be any without objects that has
 * the size of an item; r may then have no axes, and one that is the same
 * everywhere makes it DROP_FILL. */
int drop_job_arrays(drop_job *job, PyArrayObject *out, PyArrayObject *x,
                    PyArrayObject *r);

/* The cells of a job without memory: a tuple of lengths. */
int drop_job_shape(drop_job *job, PyObject *shape);

/* The mask's stride on each axis, integers modulo 2**64; None: C order. */
int drop_job_strides(drop_job *job, PyObject *strides);

/* Mask strides in C order. */
void drop_job_order(drop_job *job);

/* Mask strides of a block of a larger array, of these lengths, that begins at
 * first: on its ndim axes, and 0 on the others; bit i of shared: axis i shares
 * one draw. Sets the job's index. */
void drop_job_block(drop_job *job, int ndim, uint64_t shared,
                    const uint64_t *whole, const uint64_t *first);

/* Whether every cell is among the first elements of the mask. */
int drop_job_holds(const drop_job *job, uint64_t elements);

#endif
