/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

_Static_assert(DROP_SHORT_COPY <= DROP_ROW_MOST, "short rows are drawn whole");
_Static_assert(DROP_SHORT_REPEAT <= DROP_TILE, "a short row fits a tile");

/* Whether drop_draw_and_apply serves a row, which is contiguous in the mask:
 * it is long, contiguous in memory, its mask is drawn, and no axis is shared.
 */
static int
is_straight(const drop_plan *plan, int residual)
{
    const drop_axis *row = &plan->inner;
    const ptrdiff_t size = (ptrdiff_t)drop_tuple_size(&plan->op);
    return row->n >= DROP_TILE && row->out == size && row->x == size &&
           (!residual || row->r == size) && !plan->shareds &&
           !plan->job->given;
}

int
drop_loop_row(drop_loop *loop, drop_cursor at)
{
    const drop_axis *row = &loop->plan->inner;
    const size_t width = loop->plan->op.width;
    int status = 0, straight = is_straight(loop->plan, at.run.r != NULL);
    for (size_t i = 0, n; i < row->n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, row, i);
        n = row->n - i;
        n = least(n, DROP_POLL_EVERY / width);
        if (straight) {
            drop_draw_and_apply(&loop->plan->op, here.run,
                                loop->reader.sampler, here.index, n);
            status = drop_count_work(&loop->poller, n * width);
        }
        else {
            drop_bit_span some =
                drop_mask_reader_get(&loop->reader, here.index, n);
            n = some.n;
            status = drop_apply_bits(loop, here, some.bits, some.offset, n);
        }
    }
    return status;
}

/* The number of bits, of n from index on, that are equal to the first; *keep
 * is the first. */
static size_t
count_alike(drop_loop *loop, uint64_t index, size_t n, int *keep)
{
    drop_bit_span some = drop_mask_reader_get(&loop->reader, index, n);
    uint32_t bits = load_bits32(some.bits, some.offset);
    *keep = bits & 1;
    bits = *keep ? ~bits : bits;
    size_t equal = bits ? (size_t)__builtin_ctz(bits) : 32;
    return equal < some.n ? equal : some.n;
}

int
drop_loop_whole_rows(drop_loop *loop, drop_cursor at)
{
    const drop_axis *row = &loop->plan->inner, *second = &loop->plan->second;
    int status = 0, keep;
    for (size_t i = 0, rows; i < second->n && !status; i += rows) {
        drop_cursor first = drop_cursor_at(at, second, i);
        rows = count_alike(loop, first.index, second->n - i, &keep);
        const size_t n = rows * row->n;
        for (size_t j = 0; j < n && !status; j += loop->span.n) {
            drop_cursor here = drop_cursor_at(first, row, j);
            drop_bit_span some = drop_same_bits(loop, here.run, keep, n - j);
            status = drop_apply_bits(loop, here, some.bits, 0, some.n);
        }
    }
    return status;
}

/* Writes the bits of rows that share one draw: those of the first row, and
 * then copies of all that is there until every row has its bits. */
static void
write_periodic(drop_loop *loop, drop_writer *to, uint64_t index, size_t rows,
               size_t n)
{
    const uint8_t *bits = to->to;
    drop_copy_rows(loop, to, index, 0, 1, n);
    for (size_t done = 1, more; done < rows; done += more) {
        more = least(rows - done, done);
        drop_bits_end(to);
        drop_bits_copy(to, bits, 0, more * n);
    }
}

int
drop_loop_short_rows(drop_loop *loop, drop_cursor at)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const drop_axis *row = &loop->plan->inner, *second = &loop->plan->second;
    const size_t n = row->n, most = DROP_TILE / n;
    int status = 0;
    for (size_t i = 0, rows; i < second->n && !status; i += rows) {
        drop_cursor here = drop_cursor_at(at, second, i);
        drop_writer writer = {bits, 0, 0};
        rows = least(second->n - i, most);
        if (row->mask == 0) {
            drop_bit_span some =
                drop_mask_reader_get(&loop->reader, here.index, rows);
            rows = some.n;
            drop_bits_repeat(&writer, some.bits, some.offset, rows, n);
        }
        else if (second->mask) {
            drop_copy_rows(loop, &writer, here.index, second->mask, rows, n);
        }
        else if (i == 0) {
            write_periodic(loop, &writer, here.index, rows, n);
        }
        drop_bits_end(&writer);
        status = drop_apply_rows(loop, here, bits, rows);
    }
    return status;
}
