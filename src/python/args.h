/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The arguments that the Python package passes, which it has checked and
 * completed. What could crash is checked again. Each returns -1 with an
 * exception set, or 0.
 */
#ifndef DROP_PYTHON_ARGS_H
#define DROP_PYTHON_ARGS_H

#include "array/job.h"
#include "python/numpy_api.h"

/* Checks the number of arguments. */
int drop_count(const char *function, Py_ssize_t n, Py_ssize_t expected);

/* An array, or None, which is NULL. */
int drop_parse_array(PyArrayObject **array, PyObject *arg);

/* The items of a tuple of n, borrowed; whether it is one. */
int drop_unpack(PyObject **item, PyObject *tuple, Py_ssize_t n,
                const char *what);

/* An Affine of the Python package: form, a, b, c. factors is a where that is
 * an array, borrowed, else NULL. */
int drop_parse_affine(drop_affine *affine, PyArrayObject **factors,
                      PyObject *tuple);

/* Factors for the elements of the mask of a job that is otherwise complete. */
int drop_parse_factors(drop_job *job, PyArrayObject *factors);

#endif
