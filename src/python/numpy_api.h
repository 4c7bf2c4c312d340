/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The two foreign headers, set up alike for the files that need them. */
#ifndef DROP_PYTHON_NUMPY_API_H
#define DROP_PYTHON_NUMPY_API_H

#include <Python.h>
#include <stdio.h> /* NumPy's header uses FILE */

/* From Python 3.12 on some objects are immortal, whose counts nobody changes.
 * The inline functions of older headers do not know that, and an extension for
 * the stable ABI has them compiled in: counts are changed by the functions of
 * the interpreter that runs instead, in NumPy's header too. They take NULL. */
#ifdef Py_LIMITED_API
#undef Py_INCREF
#undef Py_XINCREF
#undef Py_DECREF
#undef Py_XDECREF
#undef Py_NewRef
#undef Py_XNewRef
#define Py_INCREF(object) Py_IncRef((PyObject *)(object))
#define Py_XINCREF(object) Py_IncRef((PyObject *)(object))
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))
#endif

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
