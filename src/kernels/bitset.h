/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packed keep bits in whole words: erosion, and the number of bits that are 1.
 */
#include "kernels/kernels.h"

/* Bit i stays 1 where bit i - shift is 1 too or does not exist. Works from the
 * last word down, since a word is computed from lower ones. */
static void
erode(uint8_t *bits, size_t first, size_t last, size_t shift)
{
    const size_t whole = shift / 64;
    const unsigned up = shift % 64, down = 64 - up;
    const size_t end = first > whole ? first : whole;
    size_t i = last;
    for (; i > whole + U64_LANES && i >= first + U64_LANES; i -= U64_LANES) {
        uint8_t *to = bits + 8 * (i - U64_LANES);
        const uint8_t *from = to - 8 * whole;
        u64v high = u64_left(u64_load_bits(from), up);
        u64v low = u64_right(u64_load_bits(from - 8), down);
        u64v kept = u64_load_bits(to);
        u64_store_bits(to, u64_and(kept, u64_or(high, low)));
    }
    for (; i > end; i--) {
        uint8_t *to = bits + 8 * (i - 1);
        const uint8_t *from = to - 8 * whole;
        uint64_t below = i - 1 > whole ? load_le64(from - 8) : UINT64_MAX;
        uint64_t moved = load_le64(from) << up | (up ? below >> down : 0);
        store_le64(to, load_le64(to) & moved);
    }
}

static uint64_t
popcount(const uint8_t *bits, size_t words)
{
    uint64_t n = 0;
    for (size_t i = 0; i < words; i++) {
        n += (uint64_t)__builtin_popcountll(load_le64(bits + 8 * i));
    }
    return n;
}
