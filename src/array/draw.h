/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements of a mask -> the segments that have their bits, drawn together.
 */
#ifndef DROP_ARRAY_DRAW_H
#define DROP_ARRAY_DRAW_H

#include "base/bit_writer.h"
#include "kernels/kernels.h"

/* The longest of several rows that drop_draw_rows takes: a tile has room for
 * all segments that it touches, wherever it begins. */
#define DROP_ROW_MOST (DROP_TILE - DROP_SEGMENT)

/* Draws the bits of elements index..index+n-1 of one tile, n > 0. bits begins
 * with the segment of the first; returns the index of that segment's first
 * element. The bits of other elements in the segments are unspecified. */
uint64_t drop_draw(const drop_kernels *kernels, const drop_sampler *sampler,
                   uint8_t *bits, uint64_t index, size_t n,
                   drop_progress_fn *progress_fn, void *context);

/* Writes the bits of rows of n elements, end to end: row i begins at element
 * index + i*stride. Rows that are far apart in the mask fill vectors too; a
 * row alone may have any length. */
void drop_draw_rows(const drop_kernels *kernels, const drop_sampler *sampler,
                    drop_writer *to, uint64_t index, uint64_t stride,
                    size_t rows, size_t n);

#endif
