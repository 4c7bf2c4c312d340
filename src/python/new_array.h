/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of new results.
 */
#ifndef DROP_PYTHON_NEW_ARRAY_H
#define DROP_PYTHON_NEW_ARRAY_H

#include "python/numpy_api.h"

/* A plain array of x's shape, in the layout of a ufunc's result, or NULL with
 * an exception set. Steals dtype, also on failure. */
PyArrayObject *drop_new_like(PyArrayObject *x, PyArray_Descr *dtype);

#endif
