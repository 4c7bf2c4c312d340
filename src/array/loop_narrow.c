/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

_Static_assert(8 * DROP_NARROW <= 64, "a byte of each column makes a word");

/* Columns whose bits are drawn at once, row by row. */
#define COLUMNS DROP_ROW_MOST

/* Sets deposit[byte] to the byte's bits, bit i of it at bit n * i. */
static void
fill_deposit(uint64_t deposit[256], size_t n)
{
    deposit[0] = 0;
    for (unsigned byte = 1; byte < 256; byte++) {
        deposit[byte] = deposit[byte / 2] << n | (byte & 1);
    }
}

int
drop_loop_narrow(drop_loop *loop, drop_cursor at)
{
    uint8_t row[DROP_NARROW][COLUMNS / 8];
    uint8_t bits[DROP_NARROW * COLUMNS / 8 + DROP_BITS_PAD];
    uint64_t deposit[256];
    const drop_axis *inner = &loop->plan->inner, *second = &loop->plan->second;
    const size_t places = inner->n;
    int status = 0;
    fill_deposit(deposit, places);
    for (size_t b = 0, n; b < second->n && !status; b += n) {
        drop_cursor here = drop_cursor_at(at, second, b);
        drop_writer to = {bits, 0, 0};
        n = second->n - b;
        n = least(n, COLUMNS);
        for (size_t i = 0; i < places; i++) {
            drop_writer writer = {row[i], 0, 0};
            uint64_t index = here.index + i * inner->mask;
            drop_copy_rows(loop, &writer, index, 0, 1, n);
            drop_bits_end(&writer);
        }
        for (size_t k = 0; k < n; k += 8) {
            uint64_t word = 0;
            for (size_t i = 0; i < places; i++) {
                word |= deposit[row[i][k / 8]] << i;
            }
            /* Bits beyond the last column are 0 or never read. */
            drop_bits_put(&to, word, (unsigned)(8 * places));
        }
        drop_bits_end(&to);
        status = drop_apply_bits(loop, here, bits, 0, n * places);
    }
    return status;
}
