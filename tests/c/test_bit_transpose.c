/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's transposition of 64 words, bit by bit.
 */
#include "chance.h"
#include "check.h"

static void
check_transpose(void)
{
    uint64_t word[64], turned[64];
    for (int i = 0; i < 64; i++) {
        word[i] = turned[i] = any();
    }
    tested->transpose64(turned);
    for (int i = 0; i < 64; i++) {
        for (int j = 0; j < 64; j++) {
            if ((turned[i] >> j & 1) != (word[j] >> i & 1)) {
                fail("transpose64: bit %d of word %d is not bit %d of word %d",
                     j, i, i, j);
            }
        }
    }
    checks++;
}

void
test_transpose64(void)
{
    for (int i = 0; i < 64; i++) {
        check_transpose();
    }
}
