/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_memory.h"

#include "python/new_array.h"

/* The mask to return: 1 long where axes are shared. */
static PyArrayObject *
new_mask(const drop_call *call)
{
    npy_intp lengths[DROP_MAX_AXES];
    for (int i = 0; i < call->mask_axes; i++) {
        lengths[i] = call->shared >> i & 1 ? 1 : PyArray_DIM(call->x, i);
    }
    return (PyArrayObject *)PyArray_SimpleNew(call->mask_axes, lengths,
                                              NPY_BOOL);
}

/* Reserves out, and converts x to its dtype. */
static int
reserve_out(drop_memory *memory, const drop_call *call)
{
    memory->x = call->x;
    if (call->out) {
        memory->out = (PyArrayObject *)Py_NewRef((PyObject *)call->out);
        return 0;
    }
    memory->out = drop_new_like(
        call->x, PyArray_DescrFromType(
                     call->converts ? NPY_DOUBLE : PyArray_TYPE(call->x)));
    if (!memory->out || !call->converts) {
        return memory->out ? 0 : -1;
    }
    memory->x = memory->out;
    return PyArray_CopyInto(memory->out, call->x);
}

/* Reserves the mask to return. */
static int
reserve_result(drop_memory *memory, const drop_call *call)
{
    if (!call->returns_mask) {
        memory->result = Py_NewRef((PyObject *)memory->out);
        return 0;
    }
    memory->mask = new_mask(call);
    if (memory->mask) {
        memory->result =
            PyTuple_Pack(2, (PyObject *)memory->out, (PyObject *)memory->mask);
    }
    return memory->result ? 0 : -1;
}

int
drop_memory_reserve(drop_memory *memory, const drop_call *call)
{
    memory->out = memory->mask = NULL;
    memory->result = NULL;
    memory->rates = call->rates;
    memory->given.packed = NULL; /* its strides, 512 bytes, are set with it */
    if (reserve_out(memory, call) < 0 || reserve_result(memory, call) < 0 ||
        (call->mask && drop_pack_given(&memory->given, call->mask) < 0)) {
        return -1;
    }
    return call->rates.array ? drop_rates_reserve(&memory->rates) : 0;
}

void
drop_memory_free(drop_memory *memory)
{
    Py_XDECREF((PyObject *)memory->out);
    Py_XDECREF((PyObject *)memory->mask);
    Py_XDECREF(memory->result);
    drop_rates_free(&memory->rates);
    Py_XDECREF(memory->given.packed);
}
