/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

/* Bits are transposed in squares of this side, or of 8 where rows are
 * short. */
#define SQUARE 64

/* Places of a row of the mask that are drawn at once. With fewer, more
 * segments would be drawn twice, for different places of them. */
#define ROW 512

/* The bits that are transposed at once, in columns that are the longer the
 * fewer they are, and those of the rows that are drawn at once. Both stay in
 * L1 and fit a small stack. */
#define COLUMNS_BITS ((size_t)1 << 18)
#define ROWS_BITS ((size_t)1 << 15)

/* The most bytes of a column that are prefetched. */
#define PREFETCH_MOST 4096

/* Transposed bits, column by column, each from a whole word on. */
typedef struct {
    uint8_t bits[COLUMNS_BITS / 8 + DROP_BITS_PAD];
    size_t pitch; /* bytes of a column */
} columns;

/* Some rows of the mask, end to end. */
typedef struct {
    uint8_t bits[ROWS_BITS / 8 + 2 * DROP_BITS_PAD];
    size_t count, n;
} mask_rows;

/* Transposes 8 x 8 bits: bit j of byte i becomes bit i of byte j (Warren,
 * Hacker's Delight, 7-3). */
static uint64_t
transpose8(uint64_t word)
{
    uint64_t swap = (word ^ word >> 7) & UINT64_C(0x00AA00AA00AA00AA);
    word ^= swap ^ swap << 7;
    swap = (word ^ word >> 14) & UINT64_C(0x0000CCCC0000CCCC);
    word ^= swap ^ swap << 14;
    swap = (word ^ word >> 28) & UINT64_C(0x00000000F0F0F0F0);
    return word ^ swap ^ swap << 28;
}

/* Transposes eight columns of some rows, from column first on. The rows go to
 * the places from place on of each column, a multiple of 8. */
static void
transpose_bytes(columns *to, const mask_rows *from, size_t first, size_t place)
{
    const size_t left = from->n - first, some = left < 8 ? left : 8;
    for (size_t i = 0; i < from->count; i += 8) {
        uint64_t square = 0;
        for (size_t j = 0; j < 8; j++) {
            size_t offset = (i + j) * from->n + first;
            square |= (uint64_t)(load_bits32(from->bits, offset) & 0xFF)
                      << 8 * j;
        }
        square = transpose8(square);
        for (size_t j = 0; j < some; j++) {
            to->bits[(first + j) * to->pitch + (place + i) / 8] =
                (uint8_t)(square >> 8 * j);
        }
    }
}

/* The 64 bits from an offset on. */
static uint64_t
load_bits64(const uint8_t *bits, size_t offset)
{
    return load_bits32(bits, offset) | (uint64_t)load_bits32(bits, offset + 32)
                                           << 32;
}

static void
transpose_words(columns *to, const mask_rows *from, size_t first, size_t place,
                const drop_kernels *kernels)
{
    const size_t left = from->n - first, some = left < SQUARE ? left : SQUARE;
    for (size_t i = 0; i < from->count; i += SQUARE) {
        uint64_t word[SQUARE] = {0};
        for (size_t j = 0; j < SQUARE && i + j < from->count; j++) {
            word[j] = load_bits64(from->bits, (i + j) * from->n + first);
        }
        kernels->transpose64(word);
        for (size_t j = 0; j < some; j++) {
            store_le64(to->bits + (first + j) * to->pitch + (place + i) / 8,
                       word[j]);
        }
    }
}

/* Draws bits column by column: at some places of the inner axis, of n places
 * of the second. */
static void
draw_columns(drop_loop *loop, drop_cursor at, columns *to, size_t places,
             size_t n)
{
    const drop_axis *inner = &loop->plan->inner;
    const size_t most = ROWS_BITS / n / SQUARE * SQUARE;
    mask_rows rows;
    rows.n = n;
    for (size_t i = 0; i < places; i += rows.count) {
        drop_writer writer = {rows.bits, 0, 0};
        rows.count = places - i < most ? places - i : most;
        drop_copy_rows(loop, &writer, at.index + i * inner->mask, inner->mask,
                       rows.count, n);
        drop_bits_end(&writer);
        for (size_t first = 0; first < n; first += n < SQUARE ? 8 : SQUARE) {
            if (n < SQUARE) {
                transpose_bytes(to, &rows, first, i);
            }
            else {
                transpose_words(to, &rows, first, i, loop->plan->op.kernels);
            }
        }
    }
}

/* Columns that lie end to end in memory: their bits are put end to end too. */
static int
apply_contiguous(drop_loop *loop, drop_cursor at, const columns *from,
                 size_t n)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const size_t cells = loop->plan->inner.n, most = DROP_TILE / cells;
    int status = 0;
    if (cells % SQUARE == 0) {
        return drop_apply_bits(loop, at, from->bits, 0, n * cells);
    }
    for (size_t b = 0, some; b < n && !status; b += some) {
        drop_writer writer = {bits, 0, 0};
        some = n - b < most ? n - b : most;
        for (size_t i = 0; i < some; i++) {
            drop_bits_copy(&writer, from->bits + (b + i) * from->pitch, 0,
                           cells);
        }
        drop_bits_end(&writer);
        status =
            drop_apply_bits(loop, drop_cursor_at(at, &loop->plan->second, b),
                            bits, 0, some * cells);
    }
    return status;
}

/* Prefetches x of the next column while one is applied: columns do not follow
 * each other in memory, and no processor prefetches from one to the next. */
static int
apply_columns(drop_loop *loop, drop_cursor at, const columns *from, size_t n,
              size_t cells)
{
    const drop_plan *plan = loop->plan;
    const int prefetches = plan->job->op.hints & DROP_PREFETCH;
    size_t bytes = cells * drop_size(plan->op.dtype);
    bytes = bytes < PREFETCH_MOST ? bytes : PREFETCH_MOST;
    int status = 0;
    for (size_t b = 0; b < n && !status; b++) {
        const drop_cursor next = drop_cursor_at(at, &plan->second, b + 1);
        for (size_t i = 0; prefetches && i < bytes; i += 64) {
            __builtin_prefetch(next.run.x + i);
        }
        status = drop_apply_bits(loop, drop_cursor_at(at, &plan->second, b),
                                 from->bits + b * from->pitch, 0, cells);
    }
    return status;
}

int
drop_loop_transposed(drop_loop *loop, drop_cursor at)
{
    columns drawn;
    const drop_axis *inner = &loop->plan->inner, *second = &loop->plan->second;
    int status = 0;
    for (size_t b = 0, n; b < second->n; b += n) {
        n = second->n - b < ROW ? second->n - b : ROW;
        const size_t most = COLUMNS_BITS / n / SQUARE * SQUARE;
        for (size_t a = 0; a < inner->n && !status; a += most) {
            size_t cells = inner->n - a < most ? inner->n - a : most;
            drop_cursor here = drop_cursor_at(at, inner, a);
            here = drop_cursor_at(here, second, b);
            drawn.pitch = (cells + SQUARE - 1) / SQUARE * (SQUARE / 8);
            draw_columns(loop, here, &drawn, cells, n);
            status = loop->plan->is_contiguous && cells == inner->n &&
                             cells <= DROP_TILE
                         ? apply_contiguous(loop, here, &drawn, n)
                         : apply_columns(loop, here, &drawn, n, cells);
        }
    }
    return status;
}
