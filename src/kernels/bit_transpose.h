/* SPDX-License-Identifier: BSD-3-Clause
 *
 * 64 x 64 bits transposed: bit j of word i becomes bit i of word j. Quarters
 * off the diagonal change places, in squares of 64, 32, ... 2 (Warren,
 * Hacker's Delight, 7-3). Compilers make vectors of the larger ones.
 */
#include "base/mem.h"

DROP_INLINE void
swap_quarters(uint64_t word[64], int side, uint64_t low)
{
    for (int top = 0; top < 64; top += 2 * side) {
        for (int i = top; i < top + side; i++) {
            uint64_t swap = (word[i] >> side ^ word[i + side]) & low;
            word[i] ^= swap << side;
            word[i + side] ^= swap;
        }
    }
}

static void
transpose64(uint64_t word[64])
{
    swap_quarters(word, 32, UINT64_C(0x00000000FFFFFFFF));
    swap_quarters(word, 16, UINT64_C(0x0000FFFF0000FFFF));
    swap_quarters(word, 8, UINT64_C(0x00FF00FF00FF00FF));
    swap_quarters(word, 4, UINT64_C(0x0F0F0F0F0F0F0F0F));
    swap_quarters(word, 2, UINT64_C(0x3333333333333333));
    swap_quarters(word, 1, UINT64_C(0x5555555555555555));
}
