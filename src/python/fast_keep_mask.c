/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masks alone, as fast_path.c has what is done with them: whole ones.
 */
#include "python/args.h"
#include "python/call_apply.h"
#include "python/calls.h"
#include "python/fast_args.h"
#include "python/fast_call.h"
#include "python/job_from_numpy.h"
#include "python/job_mask.h"
#include "python/key_from_rng.h"

/* The positions of arguments. */
enum { SHAPE, P, RNG, FULL_SHAPE, START, PACKED, KEEP_MASK_ARGS };

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
        args[FULL_SHAPE] != Py_None || args[START] != Py_None ||
        !drop_are_lengths(args[SHAPE], &job, lengths) ||
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
        drop_job_draw(&job, key.number, drop_threshold(p));
        drop_job_order(&job);
        status = drop_do(&job, to);
    }
    return drop_finish(out, status);
}
