/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs of a box: elements side by side in memory, and their bits in this
 * order.
 */
#ifndef DROP_ARRAY_BOX_RUN_H
#define DROP_ARRAY_BOX_RUN_H

#include "array/box_layout.h"
#include "array/mask_reader.h"

/* Units of bits that are gathered for a run, at most. */
#define DROP_UNITS 512

typedef struct {
    /* A run has some places of its first axis, and all of those behind it. */
    int first;
    size_t step;      /* places of the first axis */
    size_t inside;    /* elements for each of them */
    drop_axis memory; /* the run as one axis, unless it is scattered */
    int is_scattered; /* whether several axes are to be gathered */
    /* Its bits are units of held bits, or columns of them interleaved. */
    size_t unit;
    int outside; /* the axis outside of a unit, or -1 */
    int interleaves;
    uint32_t offset[DROP_UNITS]; /* of units or columns from the first */
    uint64_t deposit[256];       /* bit i of the index at bit inside * i */
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
} drop_box_run;

/* Finds the runs of boxes with a layout, of tuples of a size. */
void drop_box_run_find(drop_box_run *run, const drop_boxes *boxes,
                       const drop_layout *layout, size_t size);

/* The bits of a run of n elements, of which the first is held at a bit. They
 * are valid until the next call. held is followed by 2 * DROP_BITS_PAD
 * readable bytes. */
drop_bit_span drop_box_run_bits(drop_box_run *run, const uint8_t *held,
                                size_t from, size_t n);

#endif
