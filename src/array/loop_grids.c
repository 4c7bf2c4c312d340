/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

/* Bits are transposed in squares of this side, or of 8 where rows are
 * short. */
#define SQUARE 64

/* Elements of a row of the mask that are drawn at once, where rows are
 * transposed. With fewer, more segments would be drawn twice, for different
 * elements of theirs. */
#define TRANSPOSED_ROW 512

/* The bits of a grid, whose columns are the longer the shorter its rows are,
 * and of the rows that are transposed at once. Both stay in L1 and fit a small
 * stack. */
#define GRID_BITS ((size_t)1 << 17)
#define ROWS_BITS ((size_t)1 << 15)

_Static_assert(DROP_ROW_BITS <= DROP_ROW_MOST, "a row of a grid is drawn");

/* The bits of a grid: rows as they lie in the mask, or columns, each from a
 * whole word on. */
typedef struct {
    uint8_t bits[GRID_BITS / 8 + DROP_BITS_PAD];
    size_t pitch; /* bytes of a column */
} columns;

/* The axes of a plan by their strides in the mask: it is contiguous along
 * fast, goes on from there along next, and its rows are the places of far. */
typedef struct {
    const drop_axis *fast, *next, *far;
} mask_order;

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

/* Transposes eight columns of some rows, from column first on. The rows' first
 * place on the grid's columns is a multiple of 8. */
static void
transpose_bytes(columns *to, const mask_rows *from, size_t first, size_t place)
{
    const size_t left = from->n - first, some = least(left, 8);
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
    const size_t left = from->n - first, some = least(left, SQUARE);
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

/* Draws count rows of n elements, far apart in the mask, as columns. */
static void
draw_columns(drop_loop *loop, uint64_t index, uint64_t stride, columns *to,
             size_t count, size_t n)
{
    const size_t most = ROWS_BITS / n / SQUARE * SQUARE;
    mask_rows rows;
    rows.n = n;
    to->pitch = (count + SQUARE - 1) / SQUARE * (SQUARE / 8);
    for (size_t i = 0; i < count; i += rows.count) {
        drop_writer writer = {rows.bits, 0, 0};
        rows.count = least(most, count - i);
        drop_copy_rows(loop, &writer, index + i * stride, stride, rows.count,
                       n);
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

/* Draws and applies a grid from a cursor on: n elements along fast, places
 * along next, count rows along far. */
static int
apply_grid(drop_loop *loop, drop_cursor at, const mask_order *order, size_t n,
           size_t places, size_t count)
{
    const drop_plan *plan = loop->plan;
    columns drawn;
    drop_grid grid = {.bits = drawn.bits};
    if (order->fast == &plan->inner) {
        drop_writer writer = {drawn.bits, 0, 0};
        drop_copy_rows(loop, &writer, at.index, order->far->mask, count,
                       n * places);
        drop_bits_end(&writer);
        grid.n = n;
        grid.second = (drop_grid_axis){count, n * places};
        grid.group = (drop_grid_axis){places, n};
        return drop_apply_grid(loop, at, &grid);
    }
    draw_columns(loop, at.index, order->far->mask, &drawn, count, n * places);
    const drop_grid_axis fast = {n, 8 * drawn.pitch};
    const drop_grid_axis next = {places, n * 8 * drawn.pitch};
    grid.n = count;
    grid.second = order->fast == &plan->second ? fast : next;
    grid.group = order->fast == &plan->second ? next : fast;
    return drop_apply_grid(loop, at, &grid);
}

static mask_order
find_order(const drop_plan *plan)
{
    const drop_axis *inner = &plan->inner, *second = &plan->second;
    const drop_axis *group = &plan->group;
    return inner->mask == 1    ? (mask_order){inner, group, second}
           : second->mask == 1 ? (mask_order){second, group, inner}
                               : (mask_order){group, second, inner};
}

int
drop_loop_grids(drop_loop *loop, drop_cursor at)
{
    const mask_order order = find_order(loop->plan);
    const drop_axis *fast = order.fast, *next = order.next, *far = order.far;
    const size_t row =
        fast == &loop->plan->inner ? DROP_ROW_BITS : TRANSPOSED_ROW;
    const size_t most = fast->n < row ? row / fast->n : 1;
    int status = 0;
    for (size_t j = 0, places; j < next->n && !status; j += places) {
        const drop_cursor place = drop_cursor_at(at, next, j);
        places = least(most, next->n - j);
        for (size_t b = 0, n; b < fast->n && !status; b += n) {
            const drop_cursor first = drop_cursor_at(place, fast, b);
            n = least(row, fast->n - b);
            const size_t rows = GRID_BITS / (n * places) / SQUARE * SQUARE;
            for (size_t i = 0, count; i < far->n && !status; i += count) {
                const drop_cursor here = drop_cursor_at(first, far, i);
                count = least(rows, far->n - i);
                status = apply_grid(loop, here, &order, n, places, count);
            }
        }
    }
    return status;
}
