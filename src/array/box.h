/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Boxes: some places along each axis of a plan, whose bits are drawn together
 * and applied in the order of memory. A box is chosen so that long parts of
 * both the mask and the memory are in it.
 */
#ifndef DROP_ARRAY_BOX_H
#define DROP_ARRAY_BOX_H

#include "array/plan.h"

/* Bits that are held for a box, at most: they stay in L1 and fit a small
 * stack. */
#define DROP_HELD_BITS ((size_t)1 << 17)

/* Columns of bits that are interleaved, at most: four bits of each make a
 * word. */
#define DROP_COLUMNS_MOST 16

/* With shorter columns that takes longer to prepare than to run. */
#define DROP_LONG_COLUMNS 32

typedef struct {
    int axes;
    drop_axis axis[DROP_MAX_AXES]; /* by memory, the innermost last */
    int across; /* an axis of memory inside of which few places are, where it
                 * is long and goes across rows of the mask; else -1 */
    int drawn;  /* axes that are not shared */
    int by_mask[DROP_MAX_AXES]; /* these, from the smallest stride up */
    int in_row; /* how many of them belong to a row, the axis across apart */
    size_t most[DROP_MAX_AXES]; /* places of each axis in a whole box */
} drop_boxes;

/* Chooses the boxes of a plan. */
void drop_boxes_choose(drop_boxes *boxes, const drop_plan *plan);

#endif
