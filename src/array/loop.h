/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the loops share. The outer axes of a plan lead to places from which a
 * loop does the elements along inner and along; it ends in the shared axes,
 * along which the same bits are applied again and again.
 */
#ifndef DROP_ARRAY_LOOP_H
#define DROP_ARRAY_LOOP_H

#include "array/mask_reader.h"
#include "array/plan.h"
#include "base/bit_writer.h"

/* Shorter rows are applied together, with their bits end to end: in elements
 * where bits are copied, in bytes where one bit is repeated. A longer row that
 * is dropped whole may have pages of its own, which are not touched. */
#define DROP_SHORT_COPY (DROP_TILE / 2)
#define DROP_SHORT_REPEAT 4096

/* Columns that lie end to end in memory and have no more places than these are
 * put together from bytes. */
#define DROP_NARROW 8

/* The state of a loop: of a thread, where there are several. */
struct drop_loop {
    const drop_plan *plan;
    drop_interrupt interrupt;
    drop_mask_reader reader;
    drop_bit_span span; /* what is now to be applied */
    size_t work;        /* elements since the last poll */
};

/* A row has one span of the mask. Whole rows have one bit each, and those that
 * lie end to end and have the same bit are applied together. Short rows go on
 * along another axis. In transposed ones the mask is contiguous along another
 * axis; narrow ones are short, and lie end to end along it. Normal ones have a
 * variate for each element instead of a bit. */
drop_loop_fn drop_loop_row, drop_loop_whole_rows, drop_loop_short_rows,
    drop_loop_transposed, drop_loop_narrow, drop_loop_normal;

/* Counts elements that were done, and polls when it is time. */
int drop_count_work(drop_loop *loop, size_t n);

/* Writes the bits of rows end to end, as drop_mask_reader_rows does. */
void drop_copy_rows(drop_loop *loop, drop_writer *to, uint64_t index,
                    uint64_t stride, size_t rows, size_t n);

/* Applies n bits at a cursor, along inner, and along the shared axes. */
int drop_apply_bits(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                    size_t offset, size_t n);

/* The same for bits of whole rows along inner and along, end to end. */
int drop_apply_rows(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                    size_t rows);

/* As drop_apply_bits, with bits that are all 1 or all 0; x of the dropped is
 * not read. Returns at most how many of n elements this does at once. */
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

/* Visits every place of some axes, until a loop_fn returns not 0. */
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
