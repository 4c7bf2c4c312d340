/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/settings.h"

#include "kernels/dispatch.h"
#include "python/args.h"
#include "python/calls.h"

struct drop_settings drop_settings = {NULL, 1, 0};

/* The calls of on_one_thread that this thread is within. */
static _Thread_local int alone;

void
drop_settings_start(void)
{
    const drop_kernels *const *best = drop_all_kernels;
    while (!drop_runs_here(*best)) {
        best++;
    }
    drop_settings.kernels = *best;
    drop_settings.cache = drop_cache_size();
}

PyObject *
drop_core_isas(PyObject *self, PyObject *ignored)
{
    PyObject *names = PyList_New(0);
    (void)self, (void)ignored;
    for (const drop_kernels *const *k = drop_all_kernels; names && *k; k++) {
        if (!drop_runs_here(*k)) {
            continue;
        }
        PyObject *name = PyUnicode_FromString((*k)->name);
        if (!name || PyList_Append(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

PyObject *
drop_core_use(PyObject *self, PyObject *name)
{
    (void)self;
    for (const drop_kernels *const *k = drop_all_kernels; *k; k++) {
        PyObject *other = PyUnicode_FromString((*k)->name);
        int same = other ? PyObject_RichCompareBool(name, other, Py_EQ) : -1;
        Py_XDECREF(other);
        if (same < 0) {
            return NULL;
        }
        if (same && drop_runs_here(*k)) {
            drop_settings.kernels = *k;
            Py_RETURN_NONE;
        }
    }
    PyErr_Format(PyExc_ValueError, "no kernels %R here", name);
    return NULL;
}

PyObject *
drop_core_set_threads(PyObject *self, PyObject *number)
{
    long threads = PyLong_AsLong(number);
    (void)self;
    if (threads < 1 || threads > INT_MAX) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "threads out of range");
        }
        return NULL;
    }
    drop_settings.threads = (int)threads;
    Py_RETURN_NONE;
}

PyObject *
drop_core_threads(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyLong_FromLong(drop_settings.threads);
}

int
drop_threads_here(void)
{
    return alone ? 1 : drop_settings.threads;
}

/* The limit is for this call on this thread: other threads and the setting do
 * not see it. */
PyObject *
drop_core_on_one_thread(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("on_one_thread", n, 3) < 0) {
        return NULL;
    }
    if (!PyTuple_Check(args[1]) || !PyDict_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "arguments are a tuple and a dict");
        return NULL;
    }
    alone++;
    PyObject *result = PyObject_Call(args[0], args[1], args[2]);
    alone--;
    return result;
}

PyObject *
drop_core_isa(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    const drop_kernels *kernels = drop_settings.kernels;
    return PyUnicode_FromString(kernels->name);
}
