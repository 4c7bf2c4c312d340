/* SPDX-License-Identifier: BSD-3-Clause
 *
 * droplayers._core: positional arguments that the Python package has checked
 * and completed. What could crash is checked here again.
 */
#define DROP_IMPORTS_NUMPY
#include "ndarray.h"

#include "dispatch.h"

#include <time.h>

/* Jobs below this keep the GIL: giving it up and taking it again costs as much
 * as a thousand elements, and other threads wait some microseconds at most. */
#define GIL_CELLS 16384

/* How often a long job looks for Ctrl-C, in seconds. */
#define SIGNAL_SECONDS 0.05

/* The kernels in use, which only use() sets. */
static const drop_kernels *kernels;

typedef struct {
    PyThreadState *thread;
    double next;
} watch;

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int
look_for_signals(void *context)
{
    watch *w = context;
    double time = now();
    if (time < w->next) {
        return 0;
    }
    w->next = time + SIGNAL_SECONDS;
    PyEval_RestoreThread(w->thread);
    int status = PyErr_CheckSignals();
    w->thread = PyEval_SaveThread();
    return status;
}

/* Does a job, without the GIL when it is long: a walk, or a packing to to. */
static int
run(drop_job *job, uint8_t *to)
{
    watch w = {NULL, 0};
    int alone = drop_job_size(job) < GIL_CELLS, status;
    job->stop = alone ? NULL : look_for_signals;
    job->context = &w;
    if (!alone) {
        w.next = now() + SIGNAL_SECONDS;
        w.thread = PyEval_SaveThread();
    }
    status = to ? drop_pack(job, to) : drop_walk(job);
    if (!alone) {
        PyEval_RestoreThread(w.thread);
    }
    return status;
}

/* The five arguments that say which mask: key, threshold, given (a packed mask
 * or None), index of the first cell, strides. */
static int
parse_mask(drop_job *job, Py_buffer *given, PyObject *const *args)
{
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t threshold = PyLong_AsUnsignedLongLong(args[1]);
    job->index = PyLong_AsUnsignedLongLongMask(args[3]);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (threshold > DROP_ONE) {
        PyErr_SetString(PyExc_ValueError, "threshold is above 2**40");
        return -1;
    }
    if (drop_job_strides(job, args[4]) < 0) {
        return -1;
    }
    job->task.kernels = kernels;
    job->given = NULL;
    if (args[2] == Py_None) {
        drop_law_start(&job->law, key, threshold);
        return 0;
    }
    if (PyObject_GetBuffer(args[2], given, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (!drop_job_holds(job, given->len)) {
        PyErr_SetString(PyExc_ValueError, "the packed mask is too short");
        return -1;
    }
    job->given = given->buf;
    return 0;
}

static int
parse_affine(drop_affine *affine, PyObject *const *args)
{
    long form = PyLong_AsLong(args[0]);
    affine->a = PyFloat_AsDouble(args[1]);
    affine->b = PyFloat_AsDouble(args[2]);
    affine->c = PyFloat_AsDouble(args[3]);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (form < DROP_SCALE || form > DROP_RESIDUAL) {
        PyErr_SetString(PyExc_ValueError, "unknown form");
        return -1;
    }
    affine->form = (drop_form)form;
    return 0;
}

static int
count_args(const char *name, Py_ssize_t n, Py_ssize_t expected)
{
    if (n == expected) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", name,
                 expected, n);
    return -1;
}

/* An argument that is an array, or None, which is NULL. */
static int
parse_array(PyArrayObject **array, PyObject *arg)
{
    *array = arg == Py_None ? NULL : (PyArrayObject *)arg;
    if (*array && !PyArray_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "expected an array or None");
        return -1;
    }
    return 0;
}

static PyObject *
core_select(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0};
    PyArrayObject *x, *r, *out;
    int status = -1;
    (void)self;
    if (count_args("select", n, 12) < 0 || parse_array(&out, args[0]) < 0 ||
        parse_array(&x, args[1]) < 0 || parse_array(&r, args[2]) < 0 ||
        parse_affine(&job.task.affine, args + 8) < 0) {
        return NULL;
    }
    if ((r != NULL) != (job.task.affine.form == DROP_RESIDUAL) ||
        (!out && !x)) {
        PyErr_SetString(PyExc_TypeError, "an array is missing or too many");
        return NULL;
    }
    if (out) {
        Py_INCREF((PyObject *)out);
    }
    else {
        out = (PyArrayObject *)PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    }
    if (out && drop_job_arrays(&job, out, x, r) == 0 &&
        parse_mask(&job, &given, args + 3) == 0) {
        status = run(&job, NULL);
    }
    PyBuffer_Release(&given);
    if (status) {
        Py_CLEAR(out);
    }
    return (PyObject *)out;
}

static PyObject *
core_pack(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0};
    PyObject *out = NULL;
    (void)self;
    if (count_args("pack", n, 6) < 0 || drop_job_shape(&job, args[0]) < 0) {
        return NULL;
    }
    job.task = (drop_task){.dtype = DROP_BOOL};
    if (parse_mask(&job, &given, args + 1) == 0) {
        npy_intp bytes = (npy_intp)(drop_job_size(&job) / 8);
        bytes += drop_job_size(&job) % 8 != 0;
        out = PyArray_SimpleNew(1, &bytes, NPY_UINT8);
        if (out && run(&job, PyArray_DATA((PyArrayObject *)out))) {
            Py_CLEAR(out);
        }
    }
    PyBuffer_Release(&given);
    return out;
}

static PyObject *
core_uniforms(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (count_args("uniforms", n, 3) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t index = PyLong_AsUnsignedLongLongMask(args[1]);
    npy_intp count = PyLong_AsSsize_t(args[2]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyObject *out = PyArray_SimpleNew(1, &count, NPY_UINT64);
    if (out) {
        uint64_t *uniform = PyArray_DATA((PyArrayObject *)out);
        for (npy_intp i = 0; i < count; i++) {
            uniform[i] = drop_uniform(key, index + (uint64_t)i);
        }
    }
    return out;
}

static PyObject *
core_child(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (count_args("child", n, 2) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t index = PyLong_AsUnsignedLongLong(args[1]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(drop_child(key, index));
}

/* Whether an array is one that select takes as it is, and gives as it is. */
static PyObject *
core_is_plain(PyObject *self, PyObject *arg)
{
    PyArrayObject *x = (PyArrayObject *)arg;
    (void)self;
    return PyBool_FromLong(
        PyArray_CheckExact(arg) && PyArray_NDIM(x) > 0 &&
        PyArray_ISNOTSWAPPED(x) &&
        (PyArray_TYPE(x) == NPY_FLOAT || PyArray_TYPE(x) == NPY_DOUBLE));
}

static PyObject *
core_isas(PyObject *self, PyObject *ignored)
{
    PyObject *names = PyList_New(0);
    (void)self, (void)ignored;
    for (const drop_kernels *const *k = drop_dispatch(); names && *k; k++) {
        PyObject *name = PyUnicode_FromString((*k)->name);
        if (!name || PyList_Append(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *
core_use(PyObject *self, PyObject *name)
{
    (void)self;
    for (const drop_kernels *const *k = drop_dispatch(); *k; k++) {
        PyObject *other = PyUnicode_FromString((*k)->name);
        int same = other ? PyObject_RichCompareBool(name, other, Py_EQ) : -1;
        Py_XDECREF(other);
        if (same < 0) {
            return NULL;
        }
        if (same) {
            kernels = *k;
            Py_RETURN_NONE;
        }
    }
    PyErr_Format(PyExc_ValueError, "no kernels %R here", name);
    return NULL;
}

static PyObject *
core_isa(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyUnicode_FromString(kernels->name);
}

#define FAST(name) (PyCFunction)(void (*)(void)) name, METH_FASTCALL
static PyMethodDef methods[] = {
    {"select", FAST(core_select),
     "select(out, x, r, key, threshold, given, index, strides, form, a, b, "
     "c)"},
    {"pack", FAST(core_pack),
     "pack(shape, key, threshold, given, index, strides)"},
    {"uniforms", FAST(core_uniforms), "uniforms(key, index, n)"},
    {"child", FAST(core_child), "child(key, index)"},
    {"is_plain", core_is_plain, METH_O, "Whether select takes it as it is."},
    {"isas", core_isas, METH_NOARGS, "The kernels that run here, best first."},
    {"isa", core_isa, METH_NOARGS, "The kernels in use."},
    {"use", core_use, METH_O, "Use these kernels."},
    {NULL, NULL, 0, NULL},
};

static int
execute(PyObject *module)
{
    (void)module;
    if (PyArray_ImportNumPyAPI() < 0) {
        return -1;
    }
    kernels = drop_dispatch()[0];
    return 0;
}

/* What a newer Python asks for an older one refuses, and an extension for the
 * stable ABI runs on both: the slots are put together at import. Like NumPy
 * this module needs no GIL and knows one interpreter. */
static PyModuleDef_Slot slots[4] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_methods = methods,
    .m_slots = slots,
};

enum { MULTIPLE_INTERPRETERS = 3, GIL = 4 }; /* slot numbers, 3.12 and 3.13 */

PyMODINIT_FUNC
PyInit__core(void)
{
    int n = 1;
    if (Py_Version >= 0x030C0000) {
        slots[n++] = (PyModuleDef_Slot){MULTIPLE_INTERPRETERS, (void *)0};
    }
    if (Py_Version >= 0x030D0000) {
        slots[n++] = (PyModuleDef_Slot){GIL, (void *)1};
    }
    slots[n] = (PyModuleDef_Slot){0, NULL};
    return PyModuleDef_Init(&definition);
}
