/* SPDX-License-Identifier: BSD-3-Clause */
#include "bits.h"
#include "bytes.h"

void
drop_bits_append(uint8_t *to, size_t at, const uint8_t *from, size_t offset,
                 size_t n)
{
    if (at % 8 == 0 && offset % 8 == 0) {
        size_t whole = n / 8;
        memcpy(to + at / 8, from + offset / 8, whole);
        at += 8 * whole;
        offset += 8 * whole;
        n -= 8 * whole;
    }
    unsigned shift = at % 8;
    to += at / 8;
    while (n) {
        size_t some = n < 32 ? n : 32;
        uint64_t word = load_bits32(from, offset);
        word &= (UINT64_C(1) << some) - 1;
        word = le64(word << shift | (shift ? *to & ((1u << shift) - 1) : 0));
        memcpy(to, &word, (shift + some + 7) / 8);
        to += 4;
        offset += some;
        n -= some;
    }
}

/* Swaps the two off-diagonal quarters of ever smaller squares (Warren,
 * Hacker's Delight, 7-3). */
void
drop_bits_transpose(uint64_t square[64])
{
    uint64_t mask = UINT32_MAX;
    for (unsigned half = 32; half; half /= 2, mask ^= mask << half) {
        for (unsigned i = 0; i < 64; i = ((i | half) + 1) & ~half) {
            uint64_t swap = (square[i] >> half ^ square[i | half]) & mask;
            square[i] ^= swap << half;
            square[i | half] ^= swap;
        }
    }
}
