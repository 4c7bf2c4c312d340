/* SPDX-License-Identifier: BSD-3-Clause
 *
 * droplayers._core: settings, small functions and the method table.
 */
#define DROP_IMPORTS_NUMPY
#include "python/calls.h"

#include "kernels/dispatch.h"

struct drop_settings drop_settings = {NULL, 1, 0};

/* Numbers for elements index, index + 1, ...: uniforms, or choices among count
 * where that is not 0. */
typedef struct {
    uint64_t key, index, *to;
    size_t n;
    uint32_t count, c2;
} numbers;

/* Numbers between two questions: some milliseconds. */
#define NUMBERS ((size_t)1 << 16)

static int
draw_numbers(void *work, int threads, drop_interrupt interrupt)
{
    const numbers *j = work;
    int status = 0;
    (void)threads;
    for (size_t i = 0; i < j->n && !status; i++) {
        uint64_t at = j->index + i;
        j->to[i] = j->count ? drop_choice(j->key, at, j->count, j->c2)
                            : drop_uniform(j->key, at);
        status = i % NUMBERS == NUMBERS - 1 ? drop_poll(interrupt) : 0;
    }
    return status;
}

/* A new array of n numbers; each takes as long as 64 cells of a mask. */
static PyObject *
new_numbers(numbers job, Py_ssize_t n)
{
    npy_intp length = n;
    PyObject *out = PyArray_SimpleNew(1, &length, NPY_UINT64);
    if (out) {
        job.n = (size_t)n;
        job.to = PyArray_DATA((PyArrayObject *)out);
        if (drop_release(draw_numbers, &job, 64 * job.n)) {
            Py_CLEAR(out);
        }
    }
    return out;
}

static PyObject *
core_uniforms(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("uniforms", n, 3) < 0) {
        return NULL;
    }
    numbers job = {.key = PyLong_AsUnsignedLongLong(args[0]),
                   .index = PyLong_AsUnsignedLongLongMask(args[1])};
    Py_ssize_t length = PyLong_AsSsize_t(args[2]);
    return PyErr_Occurred() ? NULL : new_numbers(job, length);
}

static PyObject *
core_choices(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("choices", n, 5) < 0) {
        return NULL;
    }
    numbers job = {.key = PyLong_AsUnsignedLongLong(args[0]),
                   .index = PyLong_AsUnsignedLongLongMask(args[1])};
    Py_ssize_t length = PyLong_AsSsize_t(args[2]);
    unsigned long count = PyLong_AsUnsignedLong(args[3]);
    unsigned long c2 = PyLong_AsUnsignedLong(args[4]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (count < 1 || count > UINT32_MAX || c2 > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "no such choice");
        return NULL;
    }
    job.count = (uint32_t)count;
    job.c2 = (uint32_t)c2;
    return new_numbers(job, length);
}

static PyObject *
core_child(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    (void)self;
    if (drop_count("child", n, 2) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[0]);
    uint64_t index = PyLong_AsUnsignedLongLong(args[1]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(drop_child(key, index));
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
            drop_settings.kernels = *k;
            Py_RETURN_NONE;
        }
    }
    PyErr_Format(PyExc_ValueError, "no kernels %R here", name);
    return NULL;
}

static PyObject *
core_set_threads(PyObject *self, PyObject *number)
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

static PyObject *
core_threads(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyLong_FromLong(drop_settings.threads);
}

static PyObject *
core_isa(PyObject *self, PyObject *ignored)
{
    (void)self, (void)ignored;
    return PyUnicode_FromString(drop_settings.kernels->name);
}

#define FAST(name) (PyCFunction)(void (*)(void)) name, METH_FASTCALL
static PyMethodDef methods[] = {
    {"select", FAST(drop_core_select),
     "select(out, x, r, key, threshold, given, index, strides, form, a, b, "
     "c)"},
    {"pack", FAST(drop_core_pack),
     "pack(out, shape, key, threshold, given, index, strides)"},
    {"spread", FAST(drop_core_block_mask),
     "draw_block_mask(packed, cells, blocks, key, threshold)"},
    {"products", FAST(drop_core_masked_matmul),
     "products(sums, a, m, transposed, key, threshold, index, sample, k)"},
    {"dropout", FAST(drop_core_dropout),
     "dropout(x, p, mode, scaling, shared_axes, number, rng, mask,"
     " return_mask, full_shape, start, out): NotImplemented if not plain."},
    {"drop_path", FAST(drop_core_drop_path),
     "drop_path(x, prob, training, per, scale_by_keep, residual, number, rng,"
     " mask, return_mask, full_shape, start, out): likewise."},
    {"keep_mask", FAST(drop_core_keep_mask),
     "keep_mask(shape, p, number, rng, packed, full_shape, start): likewise."},
    {"uniforms", FAST(core_uniforms), "uniforms(key, index, n)"},
    {"choices", FAST(core_choices), "choices(key, index, n, count, c2)"},
    {"child", FAST(core_child), "child(key, index)"},
    {"isas", core_isas, METH_NOARGS, "The kernels that run here, best first."},
    {"isa", core_isa, METH_NOARGS, "The kernels in use."},
    {"threads", core_threads, METH_NOARGS, "The threads of a large call."},
    {"set_threads", core_set_threads, METH_O, "Use as many threads."},
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
    drop_settings.kernels = drop_dispatch()[0];
    drop_settings.cache = drop_cache_size();
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
