/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the walk share: its state, and how it goes from place to
 * place. The outer axes lead to leaves, where the elements are; a leaf ends in
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
#define DROP_SHORT_SPREAD 4096

/* Columns of a block that lie end to end and have no more places than these
 * are put together from bytes. */
#define DROP_NARROW 8

typedef struct {
    drop_run run;
    uint64_t index;
} drop_place;

typedef struct drop_leaf {
    const drop_job *job;
    drop_task task;
    drop_source source;
    drop_stretch stretch; /* what is now to be applied */
    drop_axis inner;      /* and along which axis */
    drop_axis along;      /* the other axis of short rows and of blocks */
    int is_joined;        /* whether inner lies end to end along it */
    const drop_axis *shared;
    int shareds;
    size_t work;       /* elements since the last question */
    uint64_t nth[256]; /* of narrow blocks: a byte's bits, every n-th place */
} drop_leaf;

typedef int drop_visit(drop_leaf *leaf, drop_place at);

/* The leaves; each returns what the watch said. A row has one stretch of the
 * mask; whole rows have one bit each, and those that lie end to end and have
 * the same one are applied together; short rows lie end to end along another
 * axis. In blocks the mask is contiguous along another axis, or along none;
 * narrow ones have few places, which lie end to end along it. Noise has a
 * variate for each element instead of a bit. */
drop_visit drop_do_row, drop_do_whole_rows, drop_do_short_rows, drop_do_blocks,
    drop_do_narrow, drop_do_noise;

/* Fills a leaf's table of bytes for narrow blocks of n places. */
void drop_fill_nth(uint64_t nth[256], size_t n);

/* Counts elements that were done, and asks when it is time. */
int drop_count_work(drop_leaf *leaf, size_t n);

/* Applies leaf->stretch at a place. */
drop_visit drop_apply_here;

/* Writes the bits of n neighbours in the mask. */
void drop_copy_bits(drop_leaf *leaf, drop_writer *to, uint64_t index,
                    size_t n);

DROP_INLINE drop_place
drop_moved(drop_place at, const drop_axis *axis, size_t i)
{
    at.run.out += (ptrdiff_t)i * axis->out;
    at.run.x += (ptrdiff_t)i * axis->x;
    if (at.run.r) {
        at.run.r += (ptrdiff_t)i * axis->r;
    }
    at.index += i * axis->mask;
    return at;
}

/* Visits every place of some axes, until a visit returns not 0. */
static inline int
drop_each(drop_leaf *leaf, const drop_axis *axis, int axes, drop_place at,
          drop_visit *visit)
{
    int status = 0;
    if (axes == 0) {
        return visit(leaf, at);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = drop_each(leaf, axis + 1, axes - 1, drop_moved(at, axis, i),
                           visit);
    }
    return status;
}

/* Applies n bits at a place and along the shared axes. */
static inline int
drop_apply_bits(drop_leaf *leaf, drop_place at, const uint8_t *bits,
                size_t offset, size_t n)
{
    leaf->stretch = (drop_stretch){bits, offset, n};
    return drop_each(leaf, leaf->shared, leaf->shareds, at, drop_apply_here);
}

#endif
