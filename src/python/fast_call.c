/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_call.h"

#include "python/call_apply.h"
#include "python/fast_args.h"
#include "python/job_from_numpy.h"
#include "python/job_mask.h"
#include "python/key_from_rng.h"

void
drop_set_mode(drop_call *call, int train, int is_scaled)
{
    const double p = call->p;
    call->p = train ? p : 0;
    call->a = 1;
    if (is_scaled && train && p < 1) {
        call->a = 1 / (1 - p);
    }
    else if (is_scaled && !train) {
        call->a = 1 - p;
    }
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

/* Applies the mask of a key; the arrays may have changed since the call was
 * parsed. */
static int
apply(const drop_call *call, PyArrayObject *out, drop_rates *rates, double p,
      uint64_t key)
{
    drop_job job;
    job.op.affine = (drop_affine){.form = call->replaces ? DROP_REPLACE
                                          : call->r      ? DROP_RESIDUAL
                                                         : DROP_SCALE,
                                  .a = call->a};
    if (drop_job_arrays(&job, out, call->x, call->r) < 0) {
        return -1;
    }
    drop_job_draw(&job, key, drop_threshold(p));
    drop_job_block(&job, PyArray_NDIM(call->x), call->shared, call->whole,
                   call->first);
    return rates->array ? drop_rates_do(rates, &job, key, call->a != 1)
                        : drop_do(&job, NULL);
}

/* Allocates first: where there is no memory, no generator has advanced. The
 * arrays' pointers are read after the draw: drawing may run Python code, which
 * may change them. */
static PyObject *
draw_and_apply(PyObject *module, const drop_call *call, double p,
               drop_key *key)
{
    drop_rates rates = call->rates;
    int status = -1;
    PyObject *out = Py_XNewRef((PyObject *)call->out);
    if (!out) {
        out = PyArray_NewLikeArray(call->x, NPY_KEEPORDER, NULL, 0);
    }
    if (out && (!rates.array || drop_rates_reserve(&rates) == 0)) {
        status = drop_draw_key(key, module);
    }
    if (status == 0) {
        status = apply(call, (PyArrayObject *)out, &rates, p, key->number);
    }
    drop_rates_free(&rates);
    return drop_finish(out, status);
}

PyObject *
drop_run_call(PyObject *module, const drop_call *call)
{
    drop_key key;
    PyArrayObject *x = call->x, *out = call->out;
    PyArrayObject *r = call->replaces ? NULL : call->r;
    /* Zeros by selection: 0 * infinity would be NaN. */
    const double p = call->a == 0 ? 1 : call->p;
    if (p == 0 && call->a == 1 && !r && !out) {
        return Py_NewRef((PyObject *)x);
    }
    if (!(call->replaces || drop_has_kernel(x) || drop_has_parts(x)) ||
        (!out && drop_is_broadcast(x)) || (r && !drop_is_alike(x, r)) ||
        (out && !drop_is_target(x, r, out)) ||
        !drop_find_key(&key, module, call->rng, p)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return draw_and_apply(module, call, p, &key);
}
