/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's erosion and counting of bits, against each bit.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"

#include <string.h>

enum { MOST = 40 }; /* words */

static unsigned
bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

static void
check_erode(size_t words, size_t shift)
{
    uint8_t before[MOST * 8];
    guard pages = guard_new(words * 8 + 64);
    uint8_t *bits =
        guard_put(pages, words * 8, one_in(2) ? AT_BEGIN : AT_END, 8);
    uint64_t expected = 0;
    any_bytes(bits, words * 8);
    memcpy(before, bits, words * 8);
    size_t middle = below(words + 1);
    tested->erode(bits, middle, words, shift);
    tested->erode(bits, 0, middle, shift);
    for (size_t i = 0; i < words * 64; i++) {
        unsigned keep = bit(before, i);
        keep &= i < shift || bit(before, i - shift);
        if (bit(bits, i) != keep) {
            fail("%zu words eroded by %zu: bit %zu is %u", words, shift, i,
                 !keep);
        }
        expected += keep;
    }
    if (tested->popcount(bits, words) != expected) {
        fail("%zu words have %" PRIu64 " popcount, got %" PRIu64, words,
             expected, tested->popcount(bits, words));
    }
    guard_free(pages);
    checks++;
}

void
test_bitset(void)
{
    const size_t shifts[] = {1, 7, 63, 64, 65, 127, 128, 300, 512, 513, 1000};
    for (size_t words = 1; words < MOST; words++) {
        for (size_t i = 0; i < COUNT(shifts); i++) {
            if (!is_skipped()) {
                check_erode(words, shifts[i]);
            }
        }
    }
}
