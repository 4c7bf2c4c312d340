/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"
#include "array/strided_run.h"

static const uint8_t all[DROP_TILE / 8 + DROP_BITS_PAD] = {
#define FF8 255, 255, 255, 255, 255, 255, 255, 255
#define FF64 FF8, FF8, FF8, FF8, FF8, FF8, FF8, FF8
    FF64, FF64, FF64, FF64, FF64,
    FF64, FF64, FF64, FF8
#undef FF8
#undef FF64
};
static const uint8_t none[DROP_TILE / 8 + DROP_BITS_PAD];

/* Stands in for an x that is dropped whole and must not be read. */
static const char blank[4096];

int
drop_count_work(drop_leaf *leaf, size_t n)
{
    leaf->work += n;
    if (leaf->work < DROP_PIECE) {
        return 0;
    }
    leaf->work = 0;
    return drop_ask(leaf->job->watch);
}

int
drop_apply_here(drop_leaf *leaf, drop_place at)
{
    drop_axis axis = leaf->inner;
    if (leaf->stretch.bits == none) {
        at.run.x = at.run.r ? at.run.r : blank;
        axis.x = at.run.r ? axis.r : (ptrdiff_t)drop_size(leaf->task.dtype);
    }
    drop_strided_apply(&leaf->task, at.run, &axis, leaf->stretch);
    return drop_count_work(leaf, leaf->stretch.n);
}

void
drop_copy_bits(drop_leaf *leaf, drop_writer *to, uint64_t index, size_t n)
{
    leaf->work += DROP_BATCH; /* which may be drawn for these few */
    for (size_t i = 0; i < n;) {
        drop_stretch some = drop_source_get(&leaf->source, index + i, n - i);
        drop_bits_copy(to, some.bits, some.offset, some.n);
        i += some.n;
    }
}

/* Whether a row is long, and in one piece as memory and as a mask to draw. */
static int
is_straight(const drop_leaf *leaf, int residual)
{
    const drop_axis *row = &leaf->inner;
    const ptrdiff_t size = (ptrdiff_t)drop_size(leaf->task.dtype);
    return row->n >= DROP_TILE && row->mask == 1 && row->out == size &&
           row->x == size && (!residual || row->r == size) && !leaf->shareds &&
           !leaf->job->given;
}

int
drop_do_row(drop_leaf *leaf, drop_place at)
{
    int status = 0, straight = is_straight(leaf, at.run.r != NULL);
    for (size_t i = 0, n; i < leaf->inner.n && !status; i += n) {
        drop_place here = drop_moved(at, &leaf->inner, i);
        n = leaf->inner.n - i;
        n = n < DROP_PIECE ? n : DROP_PIECE;
        if (straight) {
            drop_run_draw(&leaf->task, here.run, leaf->source.sampler,
                          here.index, n);
            status = drop_count_work(leaf, n);
        }
        else {
            drop_stretch some = drop_source_get(&leaf->source, here.index, n);
            n = some.n;
            status = drop_apply_bits(leaf, here, some.bits, some.offset, n);
        }
    }
    return status;
}

/* How many of n neighbours in the mask have the bit of the first. */
static size_t
alike(drop_leaf *leaf, uint64_t index, size_t n, int *keep)
{
    drop_stretch some = drop_source_get(&leaf->source, index, n);
    uint32_t bits = load_bits32(some.bits, some.offset);
    *keep = bits & 1;
    bits = *keep ? ~bits : bits;
    size_t equal = bits ? (size_t)__builtin_ctz(bits) : 32;
    return equal < some.n ? equal : some.n;
}

/* One bit for up to n elements, so many that the next begin at an aligned
 * out. */
static drop_stretch
same_bits(const drop_leaf *leaf, drop_run run, int keep, size_t n)
{
    const size_t size = drop_size(leaf->task.dtype);
    size_t most = keep || run.r ? DROP_TILE : sizeof blank / size;
    most -= (uintptr_t)run.out % DROP_ALIGN / size;
    return (drop_stretch){keep ? all : none, 0, n < most ? n : most};
}

int
drop_do_whole_rows(drop_leaf *leaf, drop_place at)
{
    int status = 0, keep;
    for (size_t i = 0, rows; i < leaf->along.n && !status; i += rows) {
        drop_place first = drop_moved(at, &leaf->along, i);
        rows = alike(leaf, first.index, leaf->along.n - i, &keep);
        const size_t n = rows * leaf->inner.n;
        for (size_t j = 0; j < n && !status; j += leaf->stretch.n) {
            drop_place here = drop_moved(first, &leaf->inner, j);
            drop_stretch some = same_bits(leaf, here.run, keep, n - j);
            status = drop_apply_bits(leaf, here, some.bits, 0, some.n);
        }
    }
    return status;
}

int
drop_do_short_rows(drop_leaf *leaf, drop_place at)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const drop_axis *along = &leaf->along;
    const size_t n = leaf->inner.n, most = DROP_TILE / n;
    int status = 0;
    for (size_t i = 0, rows; i < along->n && !status; i += rows) {
        drop_place here = drop_moved(at, along, i);
        drop_writer writer = {bits, 0, 0};
        rows = along->n - i < most ? along->n - i : most;
        if (leaf->inner.mask == 0) {
            drop_stretch some =
                drop_source_get(&leaf->source, here.index, rows);
            rows = some.n;
            drop_bits_spread(&writer, some.bits, some.offset, rows, n);
        }
        else {
            for (size_t row = 0; row < rows; row++) {
                uint64_t index = drop_moved(here, along, row).index;
                drop_copy_bits(leaf, &writer, index, n);
            }
        }
        drop_bits_end(&writer);
        status = drop_apply_bits(leaf, here, bits, 0, rows * n);
    }
    return status;
}
