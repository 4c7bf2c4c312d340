/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masks that are given as boolean arrays.
 */
#ifndef DROP_PYTHON_GIVEN_MASK_H
#define DROP_PYTHON_GIVEN_MASK_H

#include "python/numpy_api.h"
#include "array/job.h"

/* Packed bits, and how many of them each axis of the mask goes on by. */
typedef struct {
    PyObject *packed; /* a bytearray; NULL: no mask is given */
    int axes;
    uint64_t stride[DROP_MAX_AXES];
} drop_given;

/* Whether mask is a plain boolean array with the lengths of x's first axes, 1
 * on the shared ones. */
int drop_is_keep(PyObject *mask, PyArrayObject *x, int axes, uint64_t shared);

/* Packs a boolean array in the order of its memory and once along axes of
 * stride 0. A large one is packed without the GIL. The caller releases packed,
 * which is NULL on failure. Returns -1 with an exception set, or 0. */
int drop_pack_given(drop_given *given, PyArrayObject *mask);

/* Makes given bits the mask of a job, whose first axes are those of the mask.
 * Returns -1 with an exception set where they are too few, or 0. */
int drop_use_given(drop_job *job, const drop_given *given);

#endif
