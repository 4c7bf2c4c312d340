/* SPDX-License-Identifier: BSD-3-Clause
 *
 * droplayers._core: the method table.
 */
#define DROP_IMPORTS_NUMPY
#include "python/calls.h"
#include "python/settings.h"

#define FAST(name) (PyCFunction)(void (*)(void)) name, METH_FASTCALL
static PyMethodDef methods[] = {
    {"apply", FAST(drop_core_apply), "apply(out, x, r, mask, affine)"},
    {"pack", FAST(drop_core_pack), "pack(out, shape, mask)"},
    {"block_mask", FAST(drop_core_block_mask),
     "block_mask(packed, cells, blocks, key, threshold): the number of kept."},
    {"masked_matmul", FAST(drop_core_masked_matmul),
     "masked_matmul(sums, a, m, transposed, mask)"},
    {"dropout", FAST(drop_core_dropout),
     "dropout(x, p, mode, scaling, shared_axes, number, rng, mask,"
     " return_mask, full_shape, start, out): NotImplemented if not plain."},
    {"drop_path", FAST(drop_core_drop_path),
     "drop_path(x, prob, training, per, scale_by_keep, residual, number, rng,"
     " mask, return_mask, full_shape, start, out): likewise."},
    {"keep_mask", FAST(drop_core_keep_mask),
     "keep_mask(shape, p, number, rng, packed, full_shape, start): likewise."},
    {"uniforms", FAST(drop_core_uniforms), "uniforms(key, index, n)"},
    {"choices", FAST(drop_core_choices), "choices(key, index, n, count, c2)"},
    {"child", FAST(drop_core_child), "child(key, index)"},
    {"isas", drop_core_isas, METH_NOARGS,
     "The kernels that run here, best first."},
    {"isa", drop_core_isa, METH_NOARGS, "The kernels in use."},
    {"threads", drop_core_threads, METH_NOARGS,
     "The threads of a large call."},
    {"set_threads", drop_core_set_threads, METH_O, "Use as many threads."},
    {"use", drop_core_use, METH_O, "Use these kernels."},
    {NULL, NULL, 0, NULL},
};

static int
execute(PyObject *module)
{
    (void)module;
    if (PyArray_ImportNumPyAPI() < 0) {
        return -1;
    }
    drop_settings_start();
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
