/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The joins that users make most, as fast_path.c has the other calls: local
 * sampling at one rate, of plain arrays that are alike.
 */
#include "python/args.h"
#include "python/call_join.h"
#include "python/calls.h"
#include "python/fast_args.h"
#include "python/fast_target.h"
#include "python/job_from_numpy.h"
#include "python/key_from_rng.h"
#include "python/new_array.h"

#include <string.h>

/* The positions of arguments. */
enum { PATHS, PROB, TRAINING, SAMPLING, PER, COLUMN, RNG, OUT, JOIN_ARGS };

/* The paths of a join as a new tuple; NULL where the Python package has to
 * look at them, or at out (None: a new array). */
static PyObject *
take_paths(PyObject *paths, PyObject *out)
{
    if (!PyList_CheckExact(paths) && !PyTuple_CheckExact(paths)) {
        return NULL;
    }
    PyObject *tuple = PySequence_Tuple(paths);
    const Py_ssize_t n = tuple ? PyTuple_Size(tuple) : 0;
    int taken = n > 1 && n <= DROP_JOIN_PATHS;
    for (Py_ssize_t i = 0; taken && i < n; i++) {
        PyObject *first = PyTuple_GetItem(tuple, 0);
        PyArrayObject *x = (PyArrayObject *)first;
        PyArrayObject *y = (PyArrayObject *)PyTuple_GetItem(tuple, i);
        taken =
            drop_is_plain(first) && drop_has_kernel(x) &&
            drop_is_alike(x, y) &&
            (out == Py_None || drop_is_target(y, NULL, (PyArrayObject *)out));
    }
    if (!taken) {
        Py_CLEAR(tuple);
        PyErr_Clear();
    }
    return tuple;
}

/* Draws who survives among a tuple of paths that are all alive. */
static int
draw(uint8_t *keep, size_t samples, PyObject *paths, uint64_t key, double rate)
{
    uint64_t place[DROP_JOIN_PATHS], threshold[DROP_JOIN_PATHS];
    drop_survivors job = {.key = key,
                          .samples = samples,
                          .size = (size_t)PyTuple_Size(paths),
                          .place = place,
                          .threshold = threshold,
                          .keep = keep};
    job.living = job.size;
    for (size_t p = 0; p < job.living; p++) {
        place[p] = p;
        threshold[p] = drop_threshold(rate);
    }
    return drop_do_survivors(&job);
}

/* The one path that survives for all samples, borrowed; NULL where several do.
 */
static PyObject *
find_alone(PyObject *paths, const uint8_t *keep)
{
    PyObject *found = NULL;
    int count = 0;
    for (Py_ssize_t p = 0; p < PyTuple_Size(paths); p++) {
        found = keep[p] ? PyTuple_GetItem(paths, p) : found;
        count += keep[p];
    }
    return count == 1 ? found : NULL;
}

/* The result of a join, a new reference, or NULL: out, or the one path that
 * survives for all samples where out is new. */
static PyObject *
join(drop_join *job, PyObject *out, int is_new, PyObject *paths,
     const uint8_t *keep, size_t samples)
{
    PyObject *alone = samples == 1 ? find_alone(paths, keep) : NULL;
    if (alone && is_new) {
        return Py_NewRef(alone);
    }
    if (drop_join_arrays(job, (PyArrayObject *)out, paths) < 0) {
        return NULL;
    }
    if (samples == 1) {
        drop_join_select(job, keep);
    }
    else {
        drop_join_keep(job, keep);
    }
    return drop_do_join(job) ? NULL : Py_NewRef(out);
}

static PyObject *
new_like(PyArrayObject *x)
{
    PyArray_Descr *dtype = PyArray_DescrFromType(PyArray_TYPE(x));
    return (PyObject *)drop_new_like(x, dtype);
}

/* Allocates before it draws, as fast_call.c does. */
static PyObject *
reserve_and_join(PyObject *module, PyObject *paths, PyObject *target,
                 drop_key *key, double rate, int per_sample)
{
    PyArrayObject *first = (PyArrayObject *)PyTuple_GetItem(paths, 0);
    const size_t samples = per_sample ? (size_t)PyArray_DIM(first, 0) : 1;
    const size_t count = (size_t)PyTuple_Size(paths) * samples;
    PyObject *result = NULL;
    PyObject *out = target == Py_None ? new_like(first) : Py_NewRef(target);
    drop_join *job = out ? drop_join_new() : NULL;
    uint8_t *keep = job ? PyMem_Malloc(count + 1) : NULL;
    if (job && !keep) {
        PyErr_NoMemory();
    }
    const int status = keep ? drop_draw_key(key, module) : -1;
    if (status > 0) {
        result = Py_NewRef(Py_NotImplemented);
    }
    else if (status == 0) {
        memset(keep, 1, count);
        if (rate == 0 || draw(keep, samples, paths, key->number, rate) == 0) {
            result = join(job, out, target == Py_None, paths, keep, samples);
        }
    }
    PyMem_Free(keep);
    PyMem_Free(job);
    Py_XDECREF(out);
    return result;
}

PyObject *
drop_core_fractal_join(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    double rate;
    drop_key key;
    if (drop_count("fractal_join", n, JOIN_ARGS) < 0) {
        return NULL;
    }
    const int train = args[TRAINING] == Py_True;
    const int per_sample = drop_is_word(args[PER], "sample");
    if (!drop_is_rate(args[PROB], &rate) ||
        !(train || args[TRAINING] == Py_False) ||
        !drop_is_word(args[SAMPLING], "local") ||
        !(per_sample || drop_is_word(args[PER], "batch")) ||
        args[COLUMN] != Py_None) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *paths = take_paths(args[PATHS], args[OUT]), *result;
    rate = train ? rate : 0;
    /* At a rate of 1 the survivors are chosen, by the key too. */
    if (paths && drop_find_key(&key, module, args[RNG], rate > 0 ? 0.5 : 0)) {
        result = reserve_and_join(module, paths, args[OUT], &key, rate,
                                  per_sample && rate > 0);
    }
    else {
        result = Py_NewRef(Py_NotImplemented);
    }
    Py_XDECREF(paths);
    return result;
}
