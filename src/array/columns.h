/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rows of the mask that lie far apart in it, drawn together and transposed.
 */
#ifndef DROP_ARRAY_COLUMNS_H
#define DROP_ARRAY_COLUMNS_H

#include "array/loop.h"

/* Bits are transposed in squares of this side, or of 8 where rows are
 * short. */
#define DROP_SQUARE 64

/* Elements of a row of the mask that is transposed, at most. With fewer, more
 * segments would be drawn twice, for different elements of theirs. */
#define DROP_ROW_COLUMNS (2 * DROP_SEGMENT)

/* Rows of n <= DROP_ROW_COLUMNS elements of the mask, in groups of some rows.
 */
typedef struct {
    size_t n, rows, groups;
    uint64_t row, group; /* elements from one to the next */
} drop_row_groups;

/* Draws each group of rows as n columns, end to end; the first row begins at
 * element index. A column has pitch bytes, a multiple of 8. What is behind its
 * last bit is unspecified. */
void drop_draw_columns(drop_loop *loop, uint8_t *to, size_t pitch,
                       uint64_t index, const drop_row_groups *groups);

#endif
