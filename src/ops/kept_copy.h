/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies of the samples that a mask keeps, between an array that has all
 * samples and one that has the kept ones side by side.
 */
#ifndef DROP_OPS_KEPT_COPY_H
#define DROP_OPS_KEPT_COPY_H

#include "array/axes.h"

/* The bytes from one sample to the next, or from one kept sample to the next:
 * the other one is 0. */
typedef struct {
    ptrdiff_t place, rank;
} drop_sample_step;

/* Copies of kept samples: at each place of some axes, as many bytes as lie
 * side by side, as often as the inner axis has places. */
typedef struct {
    const uint8_t *bits;
    drop_sample_step out, x;
    size_t size;
    drop_axis inner;
    int axes;
    drop_axis axis[DROP_MAX_AXES];
} drop_kept_copy;

/* Sets the axes of a sample, of which out and x count, with items of 1, 2, 4,
 * 8 or 16 bytes. The bits and both steps are set. */
void drop_kept_axes(drop_kept_copy *c, const drop_axis *axis, int axes,
                    size_t size);

/* Copies the kept ones of n samples, the first of which has bit offset.
 * Returns how many they are. */
size_t drop_copy_kept(const drop_kept_copy *c, char *out, const char *x,
                      size_t offset, size_t n);

#endif
