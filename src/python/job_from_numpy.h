/* SPDX-License-Identifier: BSD-3-Clause
 *
 * NumPy arrays -> the memory of a job.
 */
#ifndef DROP_PYTHON_JOB_FROM_NUMPY_H
#define DROP_PYTHON_JOB_FROM_NUMPY_H

#include "python/numpy_api.h"
#include "array/job.h"

/* Whether there is a kernel for an array of real numbers. */
int drop_has_kernel(PyArrayObject *array);

/* Sets the memory of a job that has its affine. x and r (NULL for none) have
 * out's shape and dtype, native byte order, any strides and any alignment.
 * Without x, out is bool. For DROP_REPLACE the dtype may be any without
 * objects whose items have a size with a kernel; r may then have no axes, and
 * an r that is the same everywhere makes the form DROP_FILL. For other forms
 * the parts of complex numbers are one more axis. Returns -1 with an exception
 * set, or 0. */
int drop_job_arrays(drop_job *job, PyArrayObject *out, PyArrayObject *x,
                    PyArrayObject *r);

#endif
