/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The calls that users make most, from the functions' own arguments and
 * without any detour: plain arrays, or blocks of larger ones, for which a mask
 * is drawn or nothing is to be done. Anything else gives NotImplemented before
 * memory is allocated or a word drawn. The Python package goes on from there:
 * it gives the same results, and all the errors.
 */
#include "python/args.h"
#include "python/calls.h"
#include "python/fast_args.h"
#include "python/fast_call.h"
#include "python/fast_value.h"
#include "python/given_mask.h"
#include "python/job_from_numpy.h"

#include <string.h>

/* The positions of arguments, in which the Python package passes them. */
enum {
    /* Of all functions. */
    X,
    P,
    RNG,
    FULL_SHAPE,
    START,
    /* The mode is drop_path's training, or replace's value. */
    MODE,
    MASK,
    RETURN_MASK,
    OUT,
    OWN,
    /* Of dropout, and the first two of drop_path too. */
    RESIDUAL = OWN,
    SCALING,
    SHARED_AXES,
    DROPOUT_ARGS,
    /* Of spatial_dropout. */
    CHANNEL_AXIS = OWN,
    SPATIAL_DROPOUT_ARGS,
    /* Of drop_path. */
    PER = SCALING + 1,
    SCALE_BY_KEEP,
    DROP_PATH_ARGS,
    /* Of replace and elementwise. */
    VALUE = MODE,
    AXES = OWN,
    REPLACE_ARGS,
    AFFINE = REPLACE_ARGS,
    ELEMENTWISE_ARGS
};

static PyArrayObject *
array_or_null(PyObject *arg)
{
    return arg == Py_None ? NULL : (PyArrayObject *)arg;
}

/* Parses the arguments of all functions, without the rate, the mode and what
 * is told of the mask. x is a native array. */
static int
parse_options(drop_call *call, PyObject *const *args)
{
    /* The block, 1 KiB, is set next. */
    memset(call, 0, offsetof(drop_call, whole));
    call->x = (PyArrayObject *)args[X];
    call->axes = PyArray_NDIM(call->x);
    call->out = array_or_null(args[OUT]);
    call->rng = args[RNG];
    return drop_is_block(call->x, args[FULL_SHAPE], args[START], call->whole,
                         call->first);
}

/* Parses the mask of a call, whose shared axes are known: it has as many axes
 * as x, or fewer. At most one is given or returned. */
static int
parse_mask(drop_call *call, PyObject *const *args, int axes)
{
    call->mask = array_or_null(args[MASK]);
    call->returns_mask = args[RETURN_MASK] == Py_True;
    call->mask_axes = axes;
    if (call->mask) {
        return args[RETURN_MASK] == Py_False && !call->rates.array &&
               drop_is_keep(args[MASK], call->x, axes, call->shared);
    }
    return args[RETURN_MASK] == Py_False ||
           (call->returns_mask && !call->rates.array);
}

static int
parse(drop_call *call, PyObject *const *args)
{
    const int converts = drop_is_small_integral(args[X]);
    if (!(converts || drop_is_plain(args[X])) || !parse_options(call, args)) {
        return 0;
    }
    call->converts = converts;
    return drop_is_rate(args[P], &call->p);
}

/* The same with one rate, or one for each sample: p then says only whether a
 * key is needed, and later a whether there are factors. */
static int
parse_rates(drop_call *call, PyObject *const *args)
{
    if (parse(call, args)) {
        return 1;
    }
    if (!drop_is_plain(args[X]) || !parse_options(call, args) ||
        !drop_find_rates(&call->rates, args[P], PyArray_DIM(call->x, 0))) {
        return 0;
    }
    call->p = call->rates.draws ? 0.5 : 1;
    return 1;
}

PyObject *
drop_core_dropout(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    drop_call call;
    int train;
    if (drop_count("dropout", n, DROPOUT_ARGS) < 0) {
        return NULL;
    }
    const int is_inverted = drop_is_word(args[SCALING], "inverted");
    if (!parse(&call, args) || !drop_is_mode(args[MODE], &train) ||
        !(is_inverted || drop_is_word(args[SCALING], "classic")) ||
        !drop_are_axes(args[SHARED_AXES], PyArray_NDIM(call.x),
                       &call.shared) ||
        !parse_mask(&call, args, PyArray_NDIM(call.x))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.r = array_or_null(args[RESIDUAL]);
    drop_set_mode(&call, train, is_inverted == train);
    return drop_run_call(module, &call);
}

PyObject *
drop_core_spatial_dropout(PyObject *module, PyObject *const *args,
                          Py_ssize_t n)
{
    drop_call call;
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
    if (!parse_mask(&call, args, PyArray_NDIM(call.x))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    drop_set_mode(&call, train, train);
    return drop_run_call(module, &call);
}

PyObject *
drop_core_drop_path(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    drop_call call;
    if (drop_count("drop_path", n, DROP_PATH_ARGS) < 0) {
        return NULL;
    }
    const int train = args[MODE] == Py_True;
    const int is_inverted = drop_is_word(args[SCALING], "inverted");
    const int is_scaled = args[SCALE_BY_KEEP] == Py_True;
    const int per_sample = drop_is_word(args[PER], "sample");
    if (!parse_rates(&call, args) || !(train || args[MODE] == Py_False) ||
        !(per_sample || drop_is_word(args[PER], "batch")) ||
        !(is_inverted || drop_is_word(args[SCALING], "classic")) ||
        !(is_scaled || (is_inverted && args[SCALE_BY_KEEP] == Py_False)) ||
        (call.rates.array && !(train && per_sample))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.shared = per_sample ? ~UINT64_C(1) : ~UINT64_C(0);
    if (!parse_mask(&call, args, 1)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.r = array_or_null(args[RESIDUAL]);
    drop_set_mode(&call, train, is_scaled && is_inverted == train);
    return drop_run_call(module, &call);
}

/* Whether a rate is given, or a mask in its place. */
static int
parse_rate_or_mask(drop_call *call, PyObject *const *args)
{
    if (args[MASK] == Py_None) {
        return drop_is_rate(args[P], &call->p);
    }
    call->p = 0.5;
    return args[P] == Py_None;
}

PyObject *
drop_core_replace(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    drop_call call;
    if (drop_count("replace", n, REPLACE_ARGS) < 0) {
        return NULL;
    }
    if (!drop_is_replaceable(args[X]) || !parse_options(&call, args) ||
        !parse_rate_or_mask(&call, args) ||
        !drop_are_axes(args[AXES], PyArray_NDIM(call.x), &call.shared) ||
        !parse_mask(&call, args, PyArray_NDIM(call.x))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    call.affine = (drop_affine){.form = DROP_REPLACE, .a = 1};
    call.r = drop_find_value(call.x, args[VALUE]);
    if (!call.r) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *y = drop_run_call(module, &call);
    Py_DECREF((PyObject *)call.r);
    return y;
}

/* For functions of real arrays that change nothing in test mode and have an
 * affine at each rate. At p = 1 they may refuse any mode. */
PyObject *
drop_core_elementwise(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    drop_call call;
    drop_affine affine = {.form = DROP_SCALE, .a = 1};
    double p;
    int train;
    if (drop_count("elementwise", n, ELEMENTWISE_ARGS) < 0) {
        return NULL;
    }
    if (!drop_is_mode(args[MODE], &train) || !drop_is_rate(args[P], &p) ||
        p == 1) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (train && p > 0 && drop_find_affine(&affine, args[AFFINE], p) < 0) {
        return NULL;
    }
    if (!parse(&call, args) || !drop_has_kernel(call.x) ||
        !drop_are_axes(args[AXES], PyArray_NDIM(call.x), &call.shared) ||
        !parse_mask(&call, args, PyArray_NDIM(call.x))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    drop_set_mode(&call, train, 0);
    call.affine = affine;
    return drop_run_call(module, &call);
}
