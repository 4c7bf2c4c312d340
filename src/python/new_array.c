/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/new_array.h"

#include "python/args.h"
#include "python/calls.h"

/* Whether an axis of x repeats its first place. NumPy's function for new
 * arrays puts such axes outermost, and its ufuncs do not. */
static int
is_broadcast(PyArrayObject *x)
{
    int found = 0;
    for (int i = 0; i < PyArray_NDIM(x); i++) {
        found |= PyArray_STRIDE(x, i) == 0;
    }
    return found;
}

PyArrayObject *
drop_new_like(PyArrayObject *x, PyArray_Descr *dtype)
{
    if (!is_broadcast(x)) {
        return (PyArrayObject *)PyArray_NewLikeArray(x, NPY_KEEPORDER, dtype,
                                                     0);
    }
    /* The rule itself: the iterator allocates as it does for a ufunc. */
    PyArrayObject *array[] = {x, NULL}, *found = NULL;
    PyArray_Descr *dtypes[] = {NULL, dtype};
    npy_uint32 flags[] = {NPY_ITER_READONLY,
                          NPY_ITER_WRITEONLY | NPY_ITER_ALLOCATE};
    NpyIter *iter =
        NpyIter_MultiNew(2, array, NPY_ITER_ZEROSIZE_OK, NPY_KEEPORDER,
                         NPY_NO_CASTING, flags, dtypes);
    if (iter) {
        found = NpyIter_GetOperandArray(iter)[1];
        Py_INCREF((PyObject *)found);
        NpyIter_Deallocate(iter);
    }
    Py_DECREF((PyObject *)dtype);
    return found;
}

PyObject *
drop_core_empty_like(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyArrayObject *x;
    (void)self;
    if (drop_count("empty_like", n, 2) < 0 ||
        drop_parse_array(&x, args[0]) < 0) {
        return NULL;
    }
    if (!x || !PyArray_DescrCheck(args[1])) {
        PyErr_SetString(PyExc_TypeError, "expected an array and a dtype");
        return NULL;
    }
    return (PyObject *)drop_new_like(x, (PyArray_Descr *)Py_NewRef(args[1]));
}
