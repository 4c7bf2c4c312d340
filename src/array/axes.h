/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Axes with strides in memory and in a mask: each axis has a stride for each
 * array, and one for the elements' index in the mask.
 */
#ifndef DROP_ARRAY_AXES_H
#define DROP_ARRAY_AXES_H

#include <stddef.h>
#include <stdint.h>

#define DROP_MAX_AXES 64

typedef struct {
    size_t n;
    ptrdiff_t out, x, r; /* bytes */
    uint64_t mask;       /* elements, modulo 2**64; 0: the axis is shared */
} drop_axis;

static inline size_t
drop_magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -(size_t)stride : (size_t)stride;
}

/* Whether axis a continues, in out, x and r, where axis b inside of it ends.
 */
int drop_axes_contiguous(const drop_axis *a, const drop_axis *b);

/* Removes axes of length 1, and merges neighbours that are contiguous in all
 * arrays and in the mask. Returns how many are left. */
int drop_axes_coalesce(drop_axis *axis, int axes);

/* Sorts axes from the largest stride to the smallest: by out's, then by
 * x's. */
void drop_axes_sort(drop_axis *axis, int axes);

#endif
