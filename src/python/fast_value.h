/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which arrays and values the fast path of replace takes.
 */
#ifndef DROP_PYTHON_FAST_VALUE_H
#define DROP_PYTHON_FAST_VALUE_H

#include "python/numpy_api.h"

/* Whether an object is a native array of bools, integers or real numbers:
 * where nothing is to be done it is the result. */
int drop_is_replaceable(PyObject *array);

/* A Python number or one of NumPy's scalars as an array of x's dtype without
 * axes, where it is what x's items may be replaced by and x's dtype holds it
 * without overflow; else NULL, without an exception. */
PyArrayObject *drop_find_value(PyArrayObject *x, PyObject *value);

#endif
