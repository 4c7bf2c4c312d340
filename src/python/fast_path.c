/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The calls that users make most, from their own arguments and without any
 * detour: native float16, float32 and float64 arrays, training, and otherwise
 * defaults but for shared axes, rng, residual and out. What is not plain gives
 * NotImplemented, and nothing has happened; the Python package takes the long
 * way then, which gives the same results and all the errors.
 */
#include "python/args.h"
#include "python/call_apply.h"
#include "python/calls.h"
#include "python/job_from_numpy.h"
#include "python/key_from_rng.h"

static int
is_word(PyObject *text, const char *word)
{
    return PyUnicode_CheckExact(text) &&
           PyUnicode_CompareWithASCIIString(text, word) == 0;
}

/* A rate that draws. */
static int
is_rate(PyObject *p, double *rate)
{
    if (!PyFloat_CheckExact(p)) {
        return 0;
    }
    *rate = PyFloat_AsDouble(p);
    return *rate > 0 && *rate < 1;
}

static int
is_supported(PyObject *array)
{
    PyArrayObject *x = (PyArrayObject *)array;
    if (!PyArray_CheckExact(array)) {
        return 0;
    }
    int type = PyArray_TYPE(x);
    return (type == NPY_FLOAT || type == NPY_DOUBLE || type == NPY_HALF) &&
           PyArray_ISNOTSWAPPED(x) && PyArray_NDIM(x) > 0;
}

/* Whether y is as x is, element for element. */
static int
is_alike(PyArrayObject *x, PyObject *y)
{
    PyArrayObject *other = (PyArrayObject *)y;
    return is_supported(y) && PyArray_TYPE(other) == PyArray_TYPE(x) &&
           PyArray_SAMESHAPE(other, x);
}

static int
is_apart(PyArrayObject *x, PyArrayObject *y)
{
    const char *a = PyArray_BYTES(x), *b = PyArray_BYTES(y);
    return x == y || a + PyArray_NBYTES(x) <= b || b + PyArray_NBYTES(y) <= a;
}

/* out is alike, writeable and in one piece, and is an operand or far from it;
 * operands that are not in one piece are far from nothing. */
static int
is_target(PyArrayObject *x, PyArrayObject *r, PyObject *out)
{
    PyArrayObject *y = (PyArrayObject *)out;
    return is_alike(x, out) && PyArray_ISWRITEABLE(y) &&
           PyArray_IS_C_CONTIGUOUS(y) && PyArray_IS_C_CONTIGUOUS(x) &&
           is_apart(x, y) &&
           (!r || (PyArray_IS_C_CONTIGUOUS(r) && is_apart(r, y)));
}

static int
are_none(PyObject *const *args, int n)
{
    while (n && args[n - 1] == Py_None) {
        n--;
    }
    return n == 0;
}

/* Whether mask, return_mask, full_shape and start are not asked for, and out
 * is none or fits. */
static int
is_simple(PyArrayObject *x, PyArrayObject *r, PyObject *const *args)
{
    return args[0] == Py_None && args[1] == Py_False &&
           are_none(args + 2, 2) &&
           (args[4] == Py_None || is_target(x, r, args[4]));
}

/* The axes of a tuple, or one axis, as bits; whether they are different ones
 * of some, from the end where they are negative. */
static int
are_axes(PyObject *axes, int ndim, uint64_t *bits)
{
    int one = PyLong_CheckExact(axes), overflow;
    *bits = 0;
    if (!one && !PyTuple_CheckExact(axes)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < (one ? 1 : PyTuple_Size(axes)); i++) {
        PyObject *item = one ? axes : PyTuple_GetItem(axes, i);
        if (!PyLong_CheckExact(item)) {
            return 0;
        }
        long axis = PyLong_AsLongAndOverflow(item, &overflow);
        axis += axis < 0 ? ndim : 0;
        if (overflow || axis < 0 || axis >= ndim || *bits >> axis & 1) {
            return 0;
        }
        *bits |= UINT64_C(1) << axis;
    }
    return 1;
}

/* T: exact, and rounded half to even, as docs/STREAM.md wants it. */
static uint64_t
threshold(double p)
{
    return (uint64_t)__builtin_rint(p * 0x1p40);
}

/* What a call returns: 1 says that its rng is for Python to understand. */
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

/* Drops at rate p by a mask of x's shape but for the axes that share a draw.
 */
static PyObject *
run(drop_form form, double p, uint64_t shared, PyArrayObject *x,
    PyArrayObject *r, PyObject *const *seed, PyObject *target)
{
    drop_job job;
    uint64_t key;
    int status = -1;
    PyArrayObject *out = (PyArrayObject *)target;
    if (target == Py_None && is_broadcast(x)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (target == Py_None) {
        out = (PyArrayObject *)PyArray_NewLikeArray(x, NPY_KEEPORDER, NULL, 0);
    }
    else {
        Py_INCREF(target);
    }
    /* Memory first: where it cannot be had, no generator has advanced. And the
     * arrays after the generator, whose code may be Python's and change them.
     */
    if (out) {
        status = drop_key_from_rng(&key, seed[0], seed[1]);
    }
    job.op.affine = (drop_affine){form, 1 / (1 - p), 0, 0};
    if (status == 0 && (status = drop_job_arrays(&job, out, x, r)) == 0) {
        drop_job_draw(&job, key, threshold(p));
        drop_job_order(&job, shared);
        status = drop_do(&job, NULL);
    }
    return finish((PyObject *)out, status);
}

PyObject *
drop_core_dropout(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    double p;
    uint64_t shared;
    (void)self;
    if (drop_count("dropout", n, 12) < 0) {
        return NULL;
    }
    PyArrayObject *x = (PyArrayObject *)args[0];
    if (!is_supported(args[0]) || !is_rate(args[1], &p) ||
        !is_word(args[2], "train") || !is_word(args[3], "inverted") ||
        !are_axes(args[4], PyArray_NDIM(x), &shared) ||
        !is_simple(x, NULL, args + 7)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return run(DROP_SCALE, p, shared, x, NULL, args + 5, args[11]);
}

PyObject *
drop_core_drop_path(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    double p;
    (void)self;
    if (drop_count("drop_path", n, 13) < 0) {
        return NULL;
    }
    PyArrayObject *x = (PyArrayObject *)args[0];
    int residual = args[5] != Py_None;
    PyArrayObject *r = residual ? (PyArrayObject *)args[5] : NULL;
    if (!is_supported(args[0]) || !is_rate(args[1], &p) ||
        args[2] != Py_True || !is_word(args[3], "sample") ||
        args[4] != Py_True || (residual && !is_alike(x, args[5])) ||
        !is_simple(x, r, args + 8)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    drop_form form = residual ? DROP_RESIDUAL : DROP_SCALE;
    return run(form, p, ~UINT64_C(1), x, r, args + 6, args[12]);
}

/* The lengths of a mask, a tuple or an int; whether they are plain ones. */
static int
are_lengths(drop_job *job, PyObject *shape, npy_intp lengths[DROP_MAX_AXES])
{
    npy_intp cells = 1;
    PyObject *tuple = PyLong_CheckExact(shape) ? PyTuple_Pack(1, shape) : NULL;
    shape = tuple ? tuple : shape;
    int plain = PyTuple_CheckExact(shape) && PyTuple_Size(shape) > 0;
    for (Py_ssize_t i = 0; plain && i < PyTuple_Size(shape); i++) {
        plain = PyLong_CheckExact(PyTuple_GetItem(shape, i));
    }
    plain = plain && drop_job_shape(job, shape) == 0;
    Py_XDECREF(tuple);
    PyErr_Clear();
    for (int i = 0; plain && i < job->axes; i++) {
        lengths[i] = (npy_intp)job->axis[i].n;
        plain =
            lengths[i] && !__builtin_mul_overflow(cells, lengths[i], &cells);
    }
    return plain;
}

PyObject *
drop_core_keep_mask(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    double p;
    uint64_t key;
    npy_intp lengths[DROP_MAX_AXES], bytes;
    int status = -1, packed;
    (void)self;
    if (drop_count("keep_mask", n, 7) < 0) {
        return NULL;
    }
    packed = args[4] == Py_True;
    if (!is_rate(args[1], &p) || !(packed || args[4] == Py_False) ||
        !are_none(args + 5, 2) || !are_lengths(&job, args[0], lengths)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    bytes = (npy_intp)((drop_job_size(&job) + 7) / 8);
    PyObject *out = packed ? PyArray_SimpleNew(1, &bytes, NPY_UINT8)
                           : PyArray_SimpleNew(job.axes, lengths, NPY_BOOL);
    if (out) {
        status = drop_key_from_rng(&key, args[2], args[3]);
    }
    job.op = (drop_operation){.dtype = DROP_BOOL};
    if (status == 0 && !packed) {
        status = drop_job_arrays(&job, (PyArrayObject *)out, NULL, NULL);
    }
    if (status == 0) {
        drop_job_draw(&job, key, threshold(p));
        drop_job_order(&job, 0);
        status =
            drop_do(&job, packed ? PyArray_DATA((PyArrayObject *)out) : NULL);
    }
    return finish(out, status);
}
