/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Uniforms against their definition.
 */
#include "chance.h"
#include "check.h"

/* A uniform once more, in the words of STREAM.md. */
static void
check_uniform(uint64_t key, uint64_t i)
{
    uint32_t counter[4] = {(uint32_t)(i >> 7), (uint32_t)(i >> 39), 0, 0};
    uint32_t word[4];
    uint64_t uniform = 0;
    for (uint32_t plane = 0; plane < 8; plane++) {
        counter[2] = plane;
        drop_philox(word, counter, key);
        uint64_t bit = word[(i >> 5) & 3] >> (i & 31) & 1;
        uniform |= bit << (39 - plane);
    }
    drop_philox(word, (uint32_t[4]){(uint32_t)i, (uint32_t)(i >> 32), 8, 0},
                key);
    uniform |= word[0];
    if (drop_uniform(key, i) != uniform) {
        fail("key %016" PRIx64 ", index %016" PRIx64 ": expected %010" PRIx64
             ", got %010" PRIx64,
             key, i, uniform, drop_uniform(key, i));
    }
    checks++;
}

void
test_uniform(void)
{
    for (int shift = 0; shift < 64; shift++) {
        for (int i = 0; i < 100; i++) {
            check_uniform(any(), any() >> shift);
        }
    }
}
