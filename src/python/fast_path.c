/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The calls that users make most, from the functions' own arguments and
 * without any detour: plain arrays, of which a whole mask is drawn or nothing
 * is to be done. Anything else gives NotImplemented before memory is allocated
 * or a word drawn. The Python package goes on from there: it gives the same
 * results, and all the errors.
 */
#include "python/args.h"
#include "python/call_apply.h"
#include "python/calls.h"
#include "python/fast_args.h"
#include "python/job_from_numpy.h"
#include "python/key_from_rng.h"

/* The positions of arguments, in which the Python package passes them. */
enum {
    /* Of all functions; x is the shape for keep_mask. */
    X,
    P,
    RNG,
    FULL_SHAPE,
    START,
    COMMON,
    /* Of keep_mask. */
    PACKED = COMMON,
    KEEP_MASK_ARGS,
    /* Of all others; the mode is drop_path's training. */
    MODE = COMMON,
    MASK,
    RETURN_MASK,
    OUT,
    OWN,
    /* Of dropout; the residual of drop_path too. */
    RESIDUAL = OWN,
    SCALING,
    SHARED_AXES,
    DROPOUT_ARGS,
    /* Of spatial_dropout. */
    CHANNEL_AXIS = OWN,
    SPATIAL_DROPOUT_ARGS,
    /* Of drop_path. */
    PER = RESIDUAL + 1,
    SCALE_BY_KEEP,
    DROP_PATH_ARGS,
    /* Of unchanged. */
    AXES = OWN,
    UNCHANGED_ARGS
};

/* What a function makes of its arguments. */
typedef struct {
    PyArrayObject *x, *r, *out; /* r, out: NULL for none */
    PyObject *rng;
    double p;        /* the rate; 0 where the mode drops nothing */
    double a;        /* what kept elements are multiplied by */
    uint64_t shared; /* the axes that share a draw, as bits */
} fast_call;

static int
is_whole(PyObject *const *args)
{
    return args[FULL_SHAPE] == Py_None && args[START] == Py_None;
}

static PyArrayObject *
array_or_null(PyObject *arg)
{
    return arg == Py_None ? NULL : (PyArrayObject *)arg;
}

/* What the arguments of all but keep_mask say, for any mode. */
static int
parse(fast_call *call, PyObject *const *args)
{
    *call = (fast_call){.x = (PyArrayObject *)args[X],
                        .out = array_or_null(args[OUT]),
                        .rng = args[RNG]};
    return drop_is_plain(args[X]) && drop_is_rate(args[P], &call->p) &&
           is_whole(args) && args[MASK] == Py_None &&
           args[RETURN_MASK] == Py_False;
}

/* Completes a call of a mode. Its factor is 1/(1-p) in training or 1-p in
 * test mode, where the function scales in that mode at all. */
static void
set_mode(fast_call *call, int train, int is_scaled)
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

/* Does a job that has its cells and operation; to is as of drop_do. */
static int
do_job(drop_job *job, uint64_t key, double p, uint64_t shared, uint8_t *to)
{
    drop_job_draw(job, key, drop_threshold(p));
    drop_job_order(job, shared);
    return drop_do(job, to);
}

/* What a call returns, by the status of its key and then of its job. */
static PyObject *
finish(PyObject *out, int status)
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

/* Whether an axis repeats its first place: a new array like this one would not
 * have the order that NumPy gives to results. */
static int
is_broadcast(PyArrayObject *x)
{
    int found = 0;
    for (int i = 0; i < PyArray_NDIM(x); i++) {
        found |= PyArray_STRIDE(x, i) == 0;
    }
    return found;
}

/* Memory first: where it cannot be had, no generator has advanced. And the
 * arrays' memory after the key, which may run Python's code, and that may
 * change them. */
static PyObject *
draw_and_apply(PyObject *module, const fast_call *call, double p,
               drop_key *key)
{
    drop_job job;
    int status = -1;
    PyArrayObject *x = call->x, *r = call->r;
    PyObject *out = Py_XNewRef((PyObject *)call->out);
    if (!out) {
        out = PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    }
    if (out) {
        status = drop_draw_key(key, module);
    }
    job.op.affine =
        (drop_affine){r ? DROP_RESIDUAL : DROP_SCALE, call->a, 0, 0};
    if (status == 0) {
        status = drop_job_arrays(&job, (PyArrayObject *)out, x, r);
    }
    if (status == 0) {
        status = do_job(&job, key->number, p, call->shared, NULL);
    }
    return finish(out, status);
}

static PyObject *
run(PyObject *module, const fast_call *call)
{
    drop_key key;
    PyArrayObject *x = call->x, *r = call->r, *out = call->out;
    /* Zeros by selection: 0 * infinity would be NaN. */
    const double p = call->a == 0 ? 1 : call->p;
    if (p == 0 && call->a == 1 && !r && !out) {
        return Py_NewRef((PyObject *)x);
    }
    if (!drop_has_kernel(x) || (!out && is_broadcast(x)) ||
        (r && !drop_is_alike(x, r)) || (out && !drop_is_target(x, r, out)) ||
        !drop_find_key(&key, module, call->rng, p)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return draw_and_apply(module, call, p, &key);
}

PyObject *
drop_core_dropout(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    fast_call call;
    int train;
    if (drop_count("dropout", n, DROPOUT_ARGS) < 0) {
        return NULL;
    }
    const int is_inverted = drop_is_word(args[SCALING], "inverted");
    if (!parse(&call, args) || !drop_is_mode(args[MODE], &train) ||
        !(is_inverted || drop_is_word(args[SCALING], "classic")) ||
        !drop_are_axes(args[SHARED_AXES], PyArray_NDIM(call.x),
                       &call.shared)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.r = array_or_null(args[RESIDUAL]);
    set_mode(&call, train, is_inverted == train);
    return run(module, &call);
}

PyObject *
drop_core_spatial_dropout(PyObject *module, PyObject *const *args,
                          Py_ssize_t n)
{
    fast_call call;
    int train;
    uint64_t channels;
    if (drop_count("spatial_dropout", n, SPATIAL_DROPOUT_ARGS) < 0) {
        return NULL;
    }
    if (!parse(&call, args) || !drop_is_mode(args[MODE], &train) ||
        !PyLong_CheckExact(args[CHANNEL_AXIS]) ||
        !drop_are_axes(args[CHANNEL_AXIS], PyArray_NDIM(call.x), &channels) ||
        channels == 1) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.shared = ~(channels | 1);
    set_mode(&call, train, train);
    return run(module, &call);
}

PyObject *
drop_core_drop_path(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    fast_call call;
    if (drop_count("drop_path", n, DROP_PATH_ARGS) < 0) {
        return NULL;
    }
    const int train = args[MODE] == Py_True;
    const int is_scaled = args[SCALE_BY_KEEP] == Py_True;
    const int per_sample = drop_is_word(args[PER], "sample");
    if (!parse(&call, args) || !(train || args[MODE] == Py_False) ||
        !(per_sample || drop_is_word(args[PER], "batch")) ||
        !(is_scaled || args[SCALE_BY_KEEP] == Py_False)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.r = array_or_null(args[RESIDUAL]);
    call.shared = per_sample ? ~UINT64_C(1) : ~UINT64_C(0);
    set_mode(&call, train, train && is_scaled);
    return run(module, &call);
}

/* x, where a function drops nothing that shares axes and scales in a way of
 * its own. At p = 1 it may refuse any mode. */
PyObject *
drop_core_unchanged(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    fast_call call;
    int train;
    (void)module;
    if (drop_count("unchanged", n, UNCHANGED_ARGS) < 0) {
        return NULL;
    }
    if (!parse(&call, args) || !drop_is_mode(args[MODE], &train) ||
        !drop_are_axes(args[AXES], PyArray_NDIM(call.x), &call.shared) ||
        !drop_has_kernel(call.x) || call.out || call.p == 1 ||
        (train && call.p > 0)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return Py_NewRef(args[X]);
}

PyObject *
drop_core_keep_mask(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    double p;
    drop_key key;
    npy_intp lengths[DROP_MAX_AXES], bytes;
    int status = -1;
    if (drop_count("keep_mask", n, KEEP_MASK_ARGS) < 0) {
        return NULL;
    }
    const int packed = args[PACKED] == Py_True;
    if (!drop_is_rate(args[P], &p) || !(packed || args[PACKED] == Py_False) ||
        !is_whole(args) || !drop_are_lengths(args[X], &job, lengths) ||
        !drop_find_key(&key, module, args[RNG], p)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    bytes = (npy_intp)((drop_job_size(&job) + 7) / 8);
    PyObject *out = packed ? PyArray_SimpleNew(1, &bytes, NPY_UINT8)
                           : PyArray_SimpleNew(job.axes, lengths, NPY_BOOL);
    if (out) {
        status = drop_draw_key(&key, module);
    }
    job.op = (drop_operation){.dtype = DROP_BOOL};
    if (status == 0 && !packed) {
        status = drop_job_arrays(&job, (PyArrayObject *)out, NULL, NULL);
    }
    if (status == 0) {
        uint8_t *to = packed ? PyArray_DATA((PyArrayObject *)out) : NULL;
        status = do_job(&job, key.number, p, 0, to);
    }
    return finish(out, status);
}
