/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the loops share: its state, and how it goes from place to
 * place. The outer axes lead to loops, where the elements are; a loop ends in
 * the shared axes, along which the same bits are applied again and again.
 */
#ifndef DROP_ARRAY_LOOP_H
#define DROP_ARRAY_LOOP_H

#include "base/bit_writer.h"
#include "array/mask_reader.h"
#include "array/traverse.h"

/* Rows that lie end to end in memory and are shorter than this are applied
 * together, with their bits end to end: in elements where bits are copied, in
 * bytes where one bit is spread. A longer row may have pages of its own, which
 * are not touched where it is dropped. */
#define DROP_SHORT_COPY 256
#define DROP_SHORT_REPEAT 4096

/* Columns of a block that lie end to end and have no more places than these
 * are put together from bytes. */
#define DROP_NARROW 8

typedef struct {
    drop_run run;
    uint64_t index;
} drop_cursor;

typedef struct drop_loop {
    const drop_job *job;
    drop_operation op;
    drop_mask_reader reader;
    drop_bit_span span; /* what is now to be applied */
    drop_axis inner;    /* and along which axis */
    drop_axis along;    /* the other axis of short rows and of blocks */
    int is_contiguous;  /* whether inner lies end to end along it */
    const drop_axis *shared;
    int shareds;
    size_t work; /* elements since the last question */
    uint64_t
        deposit[256]; /* of narrow blocks: a byte's bits, every n-th place */
} drop_loop;

typedef int drop_loop_fn(drop_loop *loop, drop_cursor at);

/* The loops; each returns what the interrupt said. A row has one span of the
 * mask; whole rows have one bit each, and those that lie end to end and have
 * the same one are applied together; short rows lie end to end along another
 * axis. In blocks the mask is contiguous along another axis, or along none;
 * narrow ones have few places, which lie end to end along it. Noise has a
 * variate for each element instead of a bit. */
drop_loop_fn drop_loop_row, drop_loop_whole_rows, drop_loop_short_rows,
    drop_loop_transposed, drop_loop_narrow, drop_loop_normal;

/* Fills a loop's table of bytes for narrow blocks of n places. */
void drop_fill_deposit(uint64_t deposit[256], size_t n);

/* Counts elements that were done, and asks when it is time. */
int drop_count_work(drop_loop *loop, size_t n);

/* Applies loop->span at a place. */
drop_loop_fn drop_apply_here;

/* Writes the bits of n neighbours in the mask. */
void drop_copy_bits(drop_loop *loop, drop_writer *to, uint64_t index,
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

/* Applies n bits at a place and along the shared axes. */
static inline int
drop_apply_bits(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                size_t offset, size_t n)
{
    loop->span = (drop_bit_span){bits, offset, n};
    return drop_loop_outer(loop, loop->shared, loop->shareds, at,
                           drop_apply_here);
}

#endif
