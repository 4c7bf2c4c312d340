/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How the bits of a box are held.
 */
#ifndef DROP_ARRAY_BOX_LAYOUT_H
#define DROP_ARRAY_BOX_LAYOUT_H

#include "array/box.h"

/* An axis along which rows of the mask lie. Where they follow each other along
 * several axes, these are one. */
typedef struct {
    uint64_t mask; /* elements from one row to the next */
    size_t n;
} drop_row_axis;

/* A row is a part of the mask with all places of some axes, the innermost in
 * the mask. The rows along the other axes lie end to end; or they are
 * transposed, and columns along the axis across lie end to end. */
typedef struct {
    size_t places[DROP_MAX_AXES]; /* of each axis in this box */
    size_t held[DROP_MAX_AXES];   /* bits from one to the next */
    size_t row;                   /* bits of a row */
    size_t pitch;                 /* bytes of a column, or 0 */
    uint64_t bits;                /* of all that is held */
    int row_axes;
    drop_row_axis row_axis[DROP_MAX_AXES];
    int row_axis_of[DROP_MAX_AXES]; /* the one that an axis is in, or -1 */
} drop_layout;

/* Lays out the bits of a box of some places along each axis, no more than a
 * whole one has. They are at most DROP_HELD_BITS. */
void drop_layout_make(drop_layout *layout, const drop_boxes *boxes,
                      const size_t *places);

#endif
