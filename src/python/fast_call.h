/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A usual call, once its arguments are parsed: a mask is drawn for plain
 * arrays or blocks of larger ones, or nothing is to be done.
 */
#ifndef DROP_PYTHON_FAST_CALL_H
#define DROP_PYTHON_FAST_CALL_H

#include "python/numpy_api.h"
#include "array/job.h"
#include "python/call_rates.h"

typedef struct {
    PyArrayObject *x, *r, *out; /* r, out: NULL for none */
    drop_affine affine;  /* with DROP_REPLACE r is a value without axes */
    int converts;        /* whether x becomes float64, and is small */
    PyArrayObject *mask; /* given; NULL: drawn */
    int returns_mask;
    int mask_axes; /* of a mask that is given or returned: x's, or the first */
    PyObject *rng;
    double p;         /* the rate; 0 where the mode drops nothing */
    uint64_t shared;  /* the axes that share a draw, as bits */
    drop_rates rates; /* where each sample has a rate */
    int axes;         /* of x when it was looked at */
    uint64_t whole[DROP_MAX_AXES], first[DROP_MAX_AXES]; /* the block; last */
} drop_call;

/* Completes a call of a mode, which has its r. Its factor is 1/(1-p) in
 * training or 1-p in test mode, where the function scales in that mode at all.
 */
void drop_set_mode(drop_call *call, int train, int is_scaled);

/* Gets the Affine that a function of the Python package gives for a rate. This
 * runs Python code, which may change any array: they are looked at later.
 * Returns -1 with an exception set, or 0. */
int drop_find_affine(drop_affine *affine, PyObject *function, double p);

/* The result of a call; NotImplemented where its arrays or its rng are not of
 * the usual kinds. Nothing is allocated or drawn before that; only where
 * the system refuses has memory been allocated in vain. */
PyObject *drop_run_call(PyObject *module, const drop_call *call);

/* What a call returns, by the status of its key and then of its job. */
PyObject *drop_finish(PyObject *out, int status);

#endif
