/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the loops share. A loop is called at each place of a plan's outer axes,
 * and handles the elements of its inner and second axes from there. It applies
 * each span of bits at every place of the shared axes.
 */
#ifndef DROP_ARRAY_LOOP_H
#define DROP_ARRAY_LOOP_H

#include "array/mask_reader.h"
#include "array/plan.h"
#include "base/bit_writer.h"

/* Rows below these lengths are applied together, with their bits end to end:
 * DROP_SHORT_COPY elements where each element has a bit, DROP_SHORT_REPEAT
 * bytes where a row has one bit. Longer rows of one bit are applied one by
 * one, so that x of a dropped row is not read. */
#define DROP_SHORT_COPY (DROP_TILE / 2)
#define DROP_SHORT_REPEAT 4096

/* The state of a loop: of a thread, where there are several. */
struct drop_loop {
    const drop_plan *plan;
    drop_poller poller;
    drop_mask_reader reader;
    drop_bit_span span; /* the bits that are being applied */
};

/* drop_loop_row: the inner axis is contiguous in the mask.
 * drop_loop_whole_rows: each row has one bit; contiguous rows with the same
 * bit are applied together. drop_loop_short_rows: short rows of the inner axis
 * are applied together, as many places of the second axis as fit a tile.
 * drop_loop_boxes: any order of axes; takes all of them itself.
 * drop_loop_normal: each element has a normal variate instead of a bit.
 * drop_loop_factors: each element of the mask has a factor beside its bit. */
drop_loop_fn drop_loop_row, drop_loop_whole_rows, drop_loop_short_rows,
    drop_loop_boxes, drop_loop_normal, drop_loop_factors;

/* Writes the bits of rows end to end, as drop_mask_reader_rows does. */
void drop_copy_rows(drop_loop *loop, drop_writer *to, uint64_t index,
                    uint64_t stride, size_t rows, size_t n);

/* Applies n bits to n elements of the inner axis from a cursor on, at every
 * place of the shared axes. */
int drop_apply_bits(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                    size_t offset, size_t n);

/* The same for whole rows of the inner axis, which follow each other along the
 * second; their bits lie end to end. */
int drop_apply_rows(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                    size_t rows);

/* Writes n copies of each of count factors of a size, which is that of floats
 * or doubles; may write up to DROP_FACTORS_PAD bytes behind the last. */
#define DROP_FACTORS_PAD (4 * sizeof(double))
void drop_repeat_factors(char *to, const char *from, size_t count, size_t n,
                         size_t size);

/* A span of n bits or fewer that are all keep. For keep = 0, drop_apply_bits
 * does not read x. */
drop_bit_span drop_same_bits(const drop_loop *loop, drop_run run, int keep,
                             size_t n);

DROP_INLINE drop_cursor
drop_cursor_at(drop_cursor at, const drop_axis *axis, size_t i)
{
    at.run.out += (ptrdiff_t)i * axis->out;
    at.run.x += (ptrdiff_t)i * axis->x;
    if (at.run.r) {
        at.run.r += (ptrdiff_t)i * axis->r;
    }
    at.index += i * axis->mask;
    return at;
}

/* Calls loop_fn at every place of some axes, until it returns anything but
 * 0. */
static inline int
drop_loop_outer(drop_loop *loop, const drop_axis *axis, int axes,
                drop_cursor at, drop_loop_fn *loop_fn)
{
    int status = 0;
    if (axes == 0) {
        return loop_fn(loop, at);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = drop_loop_outer(loop, axis + 1, axes - 1,
                                 drop_cursor_at(at, axis, i), loop_fn);
    }
    return status;
}

#endif
