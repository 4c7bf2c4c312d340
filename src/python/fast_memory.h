/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of a usual call, which is reserved before its key is drawn: where
 * there is none, no generator has advanced.
 */
#ifndef DROP_PYTHON_FAST_MEMORY_H
#define DROP_PYTHON_FAST_MEMORY_H

#include "python/fast_call.h"
#include "python/given_mask.h"

typedef struct {
    PyArrayObject *out;
    PyArrayObject *x;    /* that of the call, or out with what x becomes in its
                          * dtype */
    PyArrayObject *mask; /* to return, or NULL */
    PyObject *result;    /* what the call returns: out, or both */
    drop_rates rates;
    drop_given given;
} drop_memory;

/* Returns -1 with an exception set, or 0. Either way the caller frees it. */
int drop_memory_reserve(drop_memory *memory, const drop_call *call);
void drop_memory_free(drop_memory *memory);

#endif
