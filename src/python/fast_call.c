/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/fast_call.h"

#include "python/call_apply.h"
#include "python/fast_args.h"
#include "python/job_from_numpy.h"
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

int
drop_do_drawn(drop_job *job, uint64_t key, double p, uint64_t shared,
              uint8_t *packed)
{
    drop_job_draw(job, key, drop_threshold(p));
    drop_job_order(job, shared);
    return drop_do(job, packed);
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

/* Memory first: where it cannot be had, no generator has advanced. And the
 * arrays' memory after the key, which may run Python's code, and that may
 * change them. */
static PyObject *
draw_and_apply(PyObject *module, const drop_call *call, double p,
               drop_key *key)
{
    drop_job job;
    drop_rates rates = call->rates;
    int status = -1;
    PyArrayObject *x = call->x, *r = call->r;
    PyObject *out = Py_XNewRef((PyObject *)call->out);
    if (!out) {
        out = PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    }
    if (out && (!rates.array || drop_rates_reserve(&rates) == 0)) {
        status = drop_draw_key(key, module);
    }
    job.op.affine =
        (drop_affine){.form = r ? DROP_RESIDUAL : DROP_SCALE, .a = call->a};
    if (status == 0) {
        status = drop_job_arrays(&job, (PyArrayObject *)out, x, r);
    }
    if (status == 0 && rates.array) {
        status = drop_rates_do(&rates, &job, key->number, call->a != 1);
    }
    else if (status == 0) {
        status = drop_do_drawn(&job, key->number, p, call->shared, NULL);
    }
    drop_rates_free(&rates);
    return drop_finish(out, status);
}

PyObject *
drop_run_call(PyObject *module, const drop_call *call)
{
    drop_key key;
    PyArrayObject *x = call->x, *r = call->r, *out = call->out;
    /* Zeros by selection: 0 * infinity would be NaN. */
    const double p = call->a == 0 ? 1 : call->p;
    if (p == 0 && call->a == 1 && !r && !out) {
        return Py_NewRef((PyObject *)x);
    }
    if (!drop_has_kernel(x) || (!out && drop_is_broadcast(x)) ||
        (r && !drop_is_alike(x, r)) || (out && !drop_is_target(x, r, out)) ||
        !drop_find_key(&key, module, call->rng, p)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return draw_and_apply(module, call, p, &key);
}
