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

/* A cross-compiler is given the headers of the machine that it runs on. */
_Static_assert(SIZEOF_VOID_P == sizeof(void *) &&
                   SIZEOF_LONG == sizeof(long) &&
                   SIZEOF_WCHAR_T == sizeof(wchar_t),
               "pyconfig.h is that of another kind of machine");
_Static_assert(NPY_SIZEOF_LONG == sizeof(long) &&
                   NPY_SIZEOF_LONGDOUBLE == sizeof(long double),
               "NumPy's headers are those of another kind of machine");

#endif
