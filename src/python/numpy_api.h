/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The two foreign headers, set up alike for the files that need them. */
#ifndef DROP_PYTHON_NUMPY_API_H
#define DROP_PYTHON_NUMPY_API_H

#include <Python.h>
#include <stdio.h> /* NumPy's header uses FILE */

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL droplayers_numpy
#ifndef DROP_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#endif
