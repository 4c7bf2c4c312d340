/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/columns.h"

/* The bits of the rows that are transposed at once: they stay in L1 and fit a
 * small stack. */
#define ROWS_BITS ((size_t)1 << 16)

#define SQUARE DROP_SQUARE

_Static_assert(DROP_ROW_COLUMNS *SQUARE <= ROWS_BITS, "rows fill squares");

/* Some rows of the mask, end to end; those to transpose begin at a bit. Short
 * rows are loaded eight at once: up to seven behind the last too. */
typedef struct {
    uint8_t bits[ROWS_BITS / 8 + 7 * SQUARE / 8 + 2 * DROP_BITS_PAD];
    size_t begin, count, n;
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

/* Transposes eight columns of some rows, from column first on. */
static void
transpose_bytes(uint8_t *to, size_t pitch, const mask_rows *from, size_t first)
{
    const size_t left = from->n - first, some = least(left, 8);
    for (size_t i = 0; i < from->count; i += 8) {
        uint64_t square = 0;
        for (size_t j = 0; j < 8; j++) {
            size_t offset = from->begin + (i + j) * from->n + first;
            square |= (uint64_t)(load_bits32(from->bits, offset) & 0xFF)
                      << 8 * j;
        }
        square = transpose8(square);
        for (size_t j = 0; j < some; j++) {
            to[(first + j) * pitch + i / 8] = (uint8_t)(square >> 8 * j);
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
transpose_words(uint8_t *to, size_t pitch, const mask_rows *from, size_t first,
                const drop_kernels *kernels)
{
    const size_t left = from->n - first, some = least(left, SQUARE);
    for (size_t i = 0; i < from->count; i += SQUARE) {
        uint64_t word[SQUARE] = {0};
        for (size_t j = 0; j < SQUARE && i + j < from->count; j++) {
            size_t offset = from->begin + (i + j) * from->n + first;
            word[j] = load_bits64(from->bits, offset);
        }
        kernels->transpose64(word);
        for (size_t j = 0; j < some; j++) {
            store_le64(to + (first + j) * pitch + i / 8, word[j]);
        }
    }
}

static void
transpose(uint8_t *to, size_t pitch, const mask_rows *from,
          const drop_kernels *kernels)
{
    const size_t step = from->n < SQUARE ? 8 : SQUARE;
    for (size_t first = 0; first < from->n; first += step) {
        if (from->n < SQUARE) {
            transpose_bytes(to, pitch, from, first);
        }
        else {
            transpose_words(to, pitch, from, first, kernels);
        }
    }
}

/* Draws the rows of some groups that follow each other, from a row on, and
 * transposes them. */
static void
draw_groups(drop_loop *loop, uint8_t *to, size_t pitch, uint64_t index,
            const drop_row_groups *g, size_t groups, size_t most)
{
    mask_rows rows;
    rows.n = g->n;
    for (size_t i = 0; i < g->rows; i += rows.count) {
        drop_writer writer = {rows.bits, 0, 0};
        rows.count = least(most, g->rows - i);
        drop_copy_rows(loop, &writer, index + i * g->row, g->row,
                       groups * rows.count, g->n);
        drop_bits_end(&writer);
        for (size_t j = 0; j < groups; j++) {
            rows.begin = j * rows.count * g->n;
            transpose(to + j * g->n * pitch + i / 8, pitch, &rows,
                      loop->plan->op.kernels);
        }
    }
}

void
drop_draw_columns(drop_loop *loop, uint8_t *to, size_t pitch, uint64_t index,
                  const drop_row_groups *g)
{
    const size_t most = ROWS_BITS / g->n / SQUARE * SQUARE;
    const int goes_on = g->group == g->rows * g->row;
    const size_t together = goes_on && g->rows < most ? most / g->rows : 1;
    for (size_t i = 0, groups; i < g->groups; i += groups) {
        groups = least(together, g->groups - i);
        draw_groups(loop, to + i * g->n * pitch, pitch, index + i * g->group,
                    g, groups, most);
    }
}
