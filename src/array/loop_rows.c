/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"
#include "array/strided_run.h"

static const uint8_t all[DROP_TILE / 8 + DROP_BITS_PAD] = {
#define FF8 255, 255, 255, 255, 255, 255, 255, 255
#define FF64 FF8, FF8, FF8, FF8, FF8, FF8, FF8, FF8
#define FF512 FF64, FF64, FF64, FF64, FF64, FF64, FF64, FF64
    FF512, FF512, FF8
#undef FF8
#undef FF64
#undef FF512
};
static const uint8_t none[DROP_TILE / 8 + DROP_BITS_PAD];

/* Stands in for an x that is dropped whole and must not be read. */
static const char blank[4096];

int
drop_apply_here(drop_loop *loop, drop_cursor at)
{
    drop_axis axis = loop->inner;
    if (loop->span.bits == none) {
        at.run.x = at.run.r ? at.run.r : blank;
        axis.x = at.run.r ? axis.r : (ptrdiff_t)drop_size(loop->op.dtype);
    }
    drop_strided_apply(&loop->op, at.run, &axis, loop->span);
    return drop_count_work(loop, loop->span.n);
}

/* Whether a row is long, and in one piece as memory and as a mask to draw. */
static int
is_straight(const drop_loop *loop, int residual)
{
    const drop_axis *row = &loop->inner;
    const ptrdiff_t size = (ptrdiff_t)drop_size(loop->op.dtype);
    return row->n >= DROP_TILE && row->mask == 1 && row->out == size &&
           row->x == size && (!residual || row->r == size) && !loop->shareds &&
           !loop->job->given;
}

int
drop_loop_row(drop_loop *loop, drop_cursor at)
{
    int status = 0, straight = is_straight(loop, at.run.r != NULL);
    for (size_t i = 0, n; i < loop->inner.n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, &loop->inner, i);
        n = loop->inner.n - i;
        n = n < DROP_POLL_EVERY ? n : DROP_POLL_EVERY;
        if (straight) {
            drop_draw_and_apply(&loop->op, here.run, loop->reader.sampler,
                                here.index, n);
            status = drop_count_work(loop, n);
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

/* How many of n neighbours in the mask have the bit of the first. */
static size_t
alike(drop_loop *loop, uint64_t index, size_t n, int *keep)
{
    drop_bit_span some = drop_mask_reader_get(&loop->reader, index, n);
    uint32_t bits = load_bits32(some.bits, some.offset);
    *keep = bits & 1;
    bits = *keep ? ~bits : bits;
    size_t equal = bits ? (size_t)__builtin_ctz(bits) : 32;
    return equal < some.n ? equal : some.n;
}

/* One bit for up to n elements, so many that the next begin at an aligned
 * out. */
static drop_bit_span
same_bits(const drop_loop *loop, drop_run run, int keep, size_t n)
{
    const size_t size = drop_size(loop->op.dtype);
    size_t most = keep || run.r ? DROP_TILE : sizeof blank / size;
    most -= (uintptr_t)run.out % DROP_ALIGN / size;
    return (drop_bit_span){keep ? all : none, 0, n < most ? n : most};
}

int
drop_loop_whole_rows(drop_loop *loop, drop_cursor at)
{
    int status = 0, keep;
    for (size_t i = 0, rows; i < loop->along.n && !status; i += rows) {
        drop_cursor first = drop_cursor_at(at, &loop->along, i);
        rows = alike(loop, first.index, loop->along.n - i, &keep);
        const size_t n = rows * loop->inner.n;
        for (size_t j = 0; j < n && !status; j += loop->span.n) {
            drop_cursor here = drop_cursor_at(first, &loop->inner, j);
            drop_bit_span some = same_bits(loop, here.run, keep, n - j);
            status = drop_apply_bits(loop, here, some.bits, 0, some.n);
        }
    }
    return status;
}

int
drop_loop_short_rows(drop_loop *loop, drop_cursor at)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const drop_axis *along = &loop->along;
    const size_t n = loop->inner.n, most = DROP_TILE / n;
    int status = 0;
    for (size_t i = 0, rows; i < along->n && !status; i += rows) {
        drop_cursor here = drop_cursor_at(at, along, i);
        drop_writer writer = {bits, 0, 0};
        rows = along->n - i < most ? along->n - i : most;
        if (loop->inner.mask == 0) {
            drop_bit_span some =
                drop_mask_reader_get(&loop->reader, here.index, rows);
            rows = some.n;
            drop_bits_repeat(&writer, some.bits, some.offset, rows, n);
        }
        else {
            for (size_t row = 0; row < rows; row++) {
                uint64_t index = drop_cursor_at(here, along, row).index;
                drop_copy_bits(loop, &writer, index, n);
            }
        }
        drop_bits_end(&writer);
        status = drop_apply_bits(loop, here, bits, 0, rows * n);
    }
    return status;
}
