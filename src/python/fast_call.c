/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_call.h"

#include "python/args.h"
#include "python/call_apply.h"
#include "python/fast_args.h"
#include "python/fast_memory.h"
#include "python/fast_target.h"
#include "python/job_from_numpy.h"
#include "python/job_mask.h"
#include "python/key_from_rng.h"

void
drop_set_mode(drop_call *call, int train, int is_scaled)
{
    const double p = call->p;
    call->p = train ? p : 0;
    call->affine.form = call->r ? DROP_RESIDUAL : DROP_SCALE;
    call->affine.a = 1;
    if (is_scaled && train && p < 1) {
        call->affine.a = 1 / (1 - p);
    }
    else if (is_scaled && !train) {
        call->affine.a = 1 - p;
    }
}

int
drop_find_affine(drop_affine *affine, PyObject *function, double p)
{
    PyArrayObject *factors;
    PyObject *rate = PyFloat_FromDouble(p);
    PyObject *found =
        rate ? PyObject_CallFunctionObjArgs(function, rate, NULL) : NULL;
    int status = found ? drop_parse_affine(affine, &factors, found) : -1;
    if (status == 0 && (factors || affine->form == DROP_RESIDUAL ||
                        affine->form == DROP_REPLACE)) {
        PyErr_SetString(PyExc_ValueError, "the affine needs another array");
        status = -1;
    }
    Py_XDECREF(found);
    Py_XDECREF(rate);
    return status;
}

PyObject *
drop_finish(PyObject *out, int status)
{
    if (status == 0) {
        return out;
    }
    Py_XDECREF(out);
    if (status > 0) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return NULL;
}

/* Lets a job draw its mask from a key. */
static void
set_draw(drop_job *job, const drop_call *call, double p, uint64_t key)
{
    drop_job_draw(job, key, drop_threshold(p));
    drop_job_block(job, call->axes, call->shared, call->whole, call->first);
}

/* Writes the mask of a key to the array that is returned. */
static int
show_mask(const drop_memory *memory, const drop_call *call, double p,
          uint64_t key)
{
    drop_job job = {.op.affine.form = DROP_SCALE};
    if (drop_job_arrays(&job, memory->mask, NULL, NULL) < 0) {
        return -1;
    }
    set_draw(&job, call, p, key);
    return drop_do(&job, NULL);
}

/* Applies the mask that was given, or that of a key; the arrays may have
 * changed since the call was parsed. */
static int
apply(drop_memory *memory, const drop_call *call, double p, uint64_t key)
{
    drop_job job;
    if (PyArray_NDIM(call->x) != call->axes) {
        PyErr_SetString(PyExc_RuntimeError, "x was changed during the call");
        return -1;
    }
    job.op.affine = call->affine;
    if (drop_job_arrays(&job, memory->out, memory->x, call->r) < 0) {
        return -1;
    }
    set_draw(&job, call, p, key);
    if (memory->given.packed && drop_use_given(&job, &memory->given) < 0) {
        return -1;
    }
    return memory->rates.array
               ? drop_rates_do(&memory->rates, &job, key, call->affine.a != 1)
               : drop_do(&job, NULL);
}

/* The arrays' pointers are read after the draw: drawing may run Python code,
 * which may change them. */
static PyObject *
draw_and_apply(PyObject *module, const drop_call *call, double p,
               drop_key *key)
{
    drop_memory memory;
    int status = drop_memory_reserve(&memory, call);
    if (status == 0) {
        status = drop_draw_key(key, module);
    }
    if (status == 0 && memory.mask) {
        status = show_mask(&memory, call, p, key->number);
    }
    if (status == 0) {
        status = apply(&memory, call, p, key->number);
    }
    PyObject *result = drop_finish(Py_XNewRef(memory.result), status);
    drop_memory_free(&memory);
    return result;
}

/* Whether the arrays of a call are of the usual kinds. */
static int
are_usual(const drop_call *call, PyArrayObject *r)
{
    PyArrayObject *x = call->x, *out = call->out;
    if (call->converts) {
        return !r && !out;
    }
    return (call->affine.form == DROP_REPLACE || drop_has_kernel(x) ||
            drop_has_parts(x)) &&
           (!r || drop_is_alike(x, r)) && (!out || drop_is_target(x, r, out));
}

PyObject *
drop_run_call(PyObject *module, const drop_call *call)
{
    drop_key key;
    const drop_form form = call->affine.form;
    PyArrayObject *r = form == DROP_REPLACE ? NULL : call->r;
    /* Zeros by selection: 0 * infinity would be NaN. */
    const double p = call->affine.a == 0 ? 1 : call->p;
    const int is_seen = call->mask || call->returns_mask;
    if (p == 0 && call->affine.a == 1 && !r && !call->out && !is_seen &&
        !call->converts) {
        return Py_NewRef((PyObject *)call->x);
    }
    if (!are_usual(call, r) || (is_seen && !(p > 0 && p < 1)) ||
        !drop_find_key(&key, module, call->rng, call->mask ? 1 : p)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return draw_and_apply(module, call, p, &key);
}
