/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The arguments that the Python package passes, which it has checked and
 * completed. What could crash is checked again. Functions return -1 with an
 * exception set, or 0, unless they say otherwise.
 */
#ifndef DROP_PYTHON_ARGS_H
#define DROP_PYTHON_ARGS_H

#include "array/job.h"
#include "python/numpy_api.h"

/* Checks the number of arguments. */
int drop_count(const char *function, Py_ssize_t n, Py_ssize_t expected);

/* Gets an array, borrowed; NULL for None. */
int drop_parse_array(PyArrayObject **array, PyObject *arg);

/* Gets the n items of a tuple, borrowed. Returns 1, or 0 with an exception
 * set. */
int drop_unpack(PyObject **item, PyObject *tuple, Py_ssize_t n,
                const char *what);

/* Parses an Affine of the Python package: form, a, b, c. Where a is an array,
 * factors is that array, borrowed; else NULL. */
int drop_parse_affine(drop_affine *affine, PyArrayObject **factors,
                      PyObject *tuple);

/* Sets the factors of a job that is otherwise complete, one for each element
 * of its mask. */
int drop_parse_factors(drop_job *job, PyArrayObject *factors);

#endif
