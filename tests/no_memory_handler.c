/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A module whose import replaces NumPy's allocator of arrays: the n-th
 * allocation after fail_at(n) fails. */
#include <Python.h>
#include <stdio.h>
#include <stdlib.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

static long left = -1;
static int is_armed;

static int
fails(void)
{
    return is_armed && left-- == 0;
}

static void *
get(void *context, size_t size)
{
    (void)context;
    return fails() ? NULL : malloc(size);
}

static void *
get_zeros(void *context, size_t count, size_t size)
{
    (void)context;
    return fails() ? NULL : calloc(count, size);
}

static void *
resize(void *context, void *block, size_t size)
{
    (void)context;
    return fails() ? NULL : realloc(block, size);
}

static void
give_back(void *context, void *block, size_t size)
{
    (void)context, (void)size;
    free(block);
}

static PyDataMem_Handler handler = {
    "no_memory", 1, {NULL, get, get_zeros, resize, give_back}};

static PyObject *
fail_at(PyObject *self, PyObject *n)
{
    (void)self;
    left = PyLong_AsLong(n);
    is_armed = 1;
    Py_RETURN_NONE;
}

static PyObject *
has_failed(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    is_armed = 0;
    return PyBool_FromLong(left < 0);
}

static PyMethodDef methods[] = {
    {"fail_at", fail_at, METH_O, "Let the n-th allocation from now on fail."},
    {"has_failed", has_failed, METH_NOARGS, "Whether it did; none does now."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                 .m_name = "no_memory_handler", .m_size = -1,
                                 .m_methods = methods};

PyMODINIT_FUNC
PyInit_no_memory_handler(void)
{
    import_array();
    PyObject *capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    PyObject *before = capsule ? PyDataMem_SetHandler(capsule) : NULL;
    Py_XDECREF(capsule);
    Py_XDECREF(before);
    return before ? PyModule_Create(&definition) : NULL;
}
