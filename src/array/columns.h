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
#define DROP_COLUMNS DROP_SEGMENT

/* Draws count rows of n <= DROP_COLUMNS elements as n columns: row i begins
 * at element index + i*stride of the mask, and column j at byte j*pitch, which
 * is a multiple of 8. What is behind a column's last bit is unspecified. */
void drop_draw_columns(drop_loop *loop, uint8_t *to, size_t pitch,
                       uint64_t index, uint64_t stride, size_t count,
                       size_t n);

#endif
