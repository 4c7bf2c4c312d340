/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements of a mask -> the segments that have their bits, drawn together; and
 * their uniforms as numbers.
 */
#ifndef DROP_ARRAY_DRAW_H
#define DROP_ARRAY_DRAW_H

#include "base/bit_writer.h"
#include "base/interrupt.h"
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

/* Draws the bits of elements index..index+n-1 of any tiles. Returns the offset
 * in bits of the first. bits has room for the segments that the elements touch
 * and DROP_MAX_LANES - 1 more. */
size_t drop_draw_range(const drop_kernels *kernels,
                       const drop_sampler *sampler, uint8_t *bits,
                       uint64_t index, size_t n);

/* Writes the uniforms of elements index..index+n-1 as numbers. Returns 0, or
 * what interrupted it. */
int drop_draw_uniforms(const drop_kernels *kernels, uint64_t *to, uint64_t key,
                       uint64_t index, size_t n, drop_interrupt interrupt);

/* Writes the bits of rows of n elements, end to end: row i begins at element
 * index + i*stride. Rows that are far apart in the mask fill vectors too; a
 * row alone may have any length. */
void drop_draw_rows(const drop_kernels *kernels, const drop_sampler *sampler,
                    drop_writer *to, uint64_t index, uint64_t stride,
                    size_t rows, size_t n);

#endif
