/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

/* Bits that are drawn at once. */
#define DRAWN_BITS ((size_t)1 << 16)

_Static_assert(DROP_GROUP_BITS <= DROP_ROW_MOST,
               "a row with its group is drawn");

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Applies rows, at consecutive places of the second axis, at each place of the
 * group axis. Their bits lie row by row, and within a row place by place. */
static int
apply_group(drop_loop *loop, drop_cursor at, const uint8_t *drawn, size_t rows,
            size_t places)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const drop_plan *plan = loop->plan;
    const size_t n = plan->inner.n;
    int status = 0;
    for (size_t j = 0; j < places && !status; j++) {
        drop_writer writer = {bits, 0, 0};
        for (size_t i = 0; i < rows; i++) {
            drop_bits_copy(&writer, drawn, (i * places + j) * n, n);
        }
        drop_bits_end(&writer);
        status = drop_apply_rows(loop, drop_cursor_at(at, &plan->group, j),
                                 bits, rows);
    }
    return status;
}

int
drop_loop_grouped(drop_loop *loop, drop_cursor at)
{
    uint8_t drawn[DRAWN_BITS / 8 + DROP_BITS_PAD];
    const drop_axis *second = &loop->plan->second, *group = &loop->plan->group;
    const size_t n = loop->plan->inner.n, most = DROP_GROUP_BITS / n;
    int status = 0;
    for (size_t j = 0, places; j < group->n && !status; j += places) {
        places = least(most, group->n - j);
        const size_t room = least(DRAWN_BITS / (places * n), DROP_TILE / n);
        for (size_t i = 0, rows; i < second->n && !status; i += rows) {
            drop_cursor here = drop_cursor_at(at, group, j);
            drop_writer writer = {drawn, 0, 0};
            here = drop_cursor_at(here, second, i);
            rows = least(room, second->n - i);
            drop_copy_rows(loop, &writer, here.index, second->mask, rows,
                           places * n);
            drop_bits_end(&writer);
            status = apply_group(loop, here, drawn, rows, places);
        }
    }
    return status;
}
