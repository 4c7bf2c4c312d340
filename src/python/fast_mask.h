/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masks that are given to a usual call as boolean arrays.
 */
#ifndef DROP_PYTHON_FAST_MASK_H
#define DROP_PYTHON_FAST_MASK_H

#include "python/numpy_api.h"
#include "array/job.h"

/* Packed bits, and how many of them each axis of the mask goes on by. */
typedef struct {
    uint8_t *bits; /* NULL: no mask is given */
    int axes;
    uint64_t stride[DROP_MAX_AXES];
} drop_given;

/* Whether mask is a plain boolean array with the lengths of x's first axes, 1
 * on the shared ones, and takes little time to pack. */
int drop_is_keep(PyObject *mask, PyArrayObject *x, int axes, uint64_t shared);

/* Packs a mask that was found to be one, in the order of its memory and once
 * along axes of stride 0. Returns -1 with an exception set, or 0. */
int drop_pack_given(drop_given *given, PyArrayObject *mask);
void drop_given_free(drop_given *given);

/* Makes given bits the mask of a job, whose first axes are those of the mask.
 */
void drop_use_given(drop_job *job, const drop_given *given);

#endif
