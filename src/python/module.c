/* SPDX-License-Identifier: BSD-3-Clause
 *
 * droplayers._core: the method table and the module's state.
 */
#define DROP_IMPORTS_NUMPY
#include "kernels/kernels.h"
#include "ops/join.h"
#include "python/calls.h"
#include "python/rng_state.h"
#include "python/settings.h"

#define FAST(name) (PyCFunction)(void (*)(void)) name, METH_FASTCALL
static PyMethodDef methods[] = {
    {"apply", FAST(drop_core_apply), "apply(out, x, r, mask, affine)"},
    {"pack", FAST(drop_core_pack), "pack(out, shape, mask)"},
    {"pack_given", drop_core_pack_given, METH_O,
     "pack_given(keep): the bits of a boolean array, and its strides in "
     "them."},
    {"pack_rates", FAST(drop_core_pack_rates),
     "pack_rates(packed, rates, key, index)"},
    {"take_rows", FAST(drop_core_take_rows), "take_rows(x, packed): x[keep]"},
    {"add_rows", FAST(drop_core_add_rows),
     "add_rows(out, x, part, packed, a): x, with a * part added where kept."},
    {"block_mask", FAST(drop_core_block_mask),
     "block_mask(packed, cells, blocks, seeds): the number of kept."},
    {"masked_matmul", FAST(drop_core_masked_matmul),
     "masked_matmul(sums, a, m, transposed, mask)"},
    {"dropout", FAST(drop_core_dropout),
     "dropout(x, p, rng, full_shape, start, mode, mask, return_mask, out,"
     " residual, scaling, shared_axes): NotImplemented where Python has to do"
     " it."},
    {"spatial_dropout", FAST(drop_core_spatial_dropout),
     "spatial_dropout(x, p, rng, full_shape, start, mode, mask, return_mask,"
     " out, channel_axis): likewise."},
    {"replace", FAST(drop_core_replace),
     "replace(x, p, rng, full_shape, start, value, mask, return_mask, out,"
     " shared_axes): likewise."},
    {"drop_path", FAST(drop_core_drop_path),
     "drop_path(x, prob, rng, full_shape, start, training, mask, return_mask,"
     " out, residual, scaling, per, scale_by_keep): likewise."},
    {"keep_mask", FAST(drop_core_keep_mask),
     "keep_mask(shape, p, rng, full_shape, start, packed): likewise."},
    {"fractal_join", FAST(drop_core_fractal_join),
     "fractal_join(paths, prob, training, sampling, per, column, rng, out):"
     " likewise."},
    {"elementwise", FAST(drop_core_elementwise),
     "elementwise(x, p, rng, full_shape, start, mode, mask, return_mask, out,"
     " shared_axes, affine): likewise; affine(p) is the Affine at a rate."},
    {"empty_like", FAST(drop_core_empty_like),
     "empty_like(x, dtype): a plain array in the layout of a ufunc's result."},
    {"draw_key", drop_core_draw_key, METH_O,
     "draw_key(rng): a call's key; NotImplemented as above."},
    {"lazy_key", drop_core_lazy_key, METH_O,
     "lazy_key(rng): a Key whose number the first draw_key of it draws."},
    {"survivors", FAST(drop_core_survivors),
     "survivors(keep, key, size, places, thresholds)"},
    {"join", FAST(drop_core_join), "join(out, paths, keep)"},
    {"uniforms", FAST(drop_core_uniforms), "uniforms(key, index, n)"},
    {"choices", FAST(drop_core_choices), "choices(key, index, n, count, c2)"},
    {"child", FAST(drop_core_child), "child(key, index)"},
    {"threshold", drop_core_threshold, METH_O, "threshold(p): T of a rate."},
    {"address", drop_core_address, METH_O,
     "address(array): where its first element is."},
    {"isas", drop_core_isas, METH_NOARGS,
     "The kernels that run here, best first."},
    {"isa", drop_core_isa, METH_NOARGS, "The kernels in use."},
    {"threads", drop_core_threads, METH_NOARGS,
     "The threads of a large call."},
    {"set_threads", drop_core_set_threads, METH_O, "Use as many threads."},
    {"on_one_thread", FAST(drop_core_on_one_thread),
     "on_one_thread(function, args, kwargs): what it returns; this thread's"
     " calls use one thread meanwhile."},
    {"use", drop_core_use, METH_O, "Use these kernels."},
    {NULL, NULL, 0, NULL},
};

/* Constants that Python and C share. */
static const struct {
    const char *name;
    uint64_t value;
} constants[] = {
    {"ONE", DROP_ONE},           {"BITS_PAD", DROP_BITS_PAD},
    {"MAX_AXES", DROP_MAX_AXES}, {"JOIN_PATHS", DROP_JOIN_PATHS},
    {"SCALE", DROP_SCALE},       {"AFFINE", DROP_AFFINE},
    {"RESIDUAL", DROP_RESIDUAL}, {"NOISE", DROP_NOISE},
    {"REPLACE", DROP_REPLACE},
};

static int
add_constants(PyObject *module)
{
    int status = 0;
    for (size_t i = 0; !status && i < sizeof constants / sizeof *constants;
         i++) {
        PyObject *value = PyLong_FromUnsignedLongLong(constants[i].value);
        status = value
                     ? PyModule_AddObjectRef(module, constants[i].name, value)
                     : -1;
        Py_XDECREF(value);
    }
    return status;
}

/* The settings and NumPy's functions are the process's. Python refuses some
 * subinterpreters by the slot below, 3.11 and others none. */
static int
refuse_subinterpreter(void)
{
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0) {
        return 0;
    }
    PyErr_SetString(PyExc_ImportError,
                    "droplayers does not support subinterpreters: import it "
                    "in the main interpreter");
    return -1;
}

static int
execute(PyObject *module)
{
    if (refuse_subinterpreter() < 0 || PyArray_ImportNumPyAPI() < 0 ||
        add_constants(module) < 0 ||
        drop_rng_start(PyModule_GetState(module)) < 0) {
        return -1;
    }
    drop_settings_start();
    return 0;
}

/* Slots that 3.12 and 3.13 require are unknown to 3.11, so they are added at
 * import by version: an extension for the stable ABI runs on all. Like NumPy
 * this module needs no GIL and supports one interpreter. */
static PyModuleDef_Slot slots[4] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_size = sizeof(drop_rng_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = drop_rng_traverse,
    .m_clear = drop_rng_clear,
    .m_free = drop_rng_free,
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
