/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Philox against known answers, children against their definition.
 */
#include "chance.h"
#include "check.h"

#include <string.h>

void
test_philox(void)
{
    FILE *file = fopen(known_answers, "r");
    char line[256];
    int found = 0;
    while (file && fgets(line, sizeof line, file)) {
        uint32_t w[10], word[4];
        int n = sscanf(line,
                       "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32
                       "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32,
                       &w[0], &w[1], &w[2], &w[3], &w[4], &w[5], &w[6], &w[7],
                       &w[8], &w[9]);
        if (line[0] == '#' || n != 10) {
            continue;
        }
        drop_philox(word, w, w[4] | (uint64_t)w[5] << 32);
        if (memcmp(word, w + 6, sizeof word)) {
            fail("philox: expected %08x %08x %08x %08x, "
                 "got %08x %08x %08x %08x",
                 w[6], w[7], w[8], w[9], word[0], word[1], word[2], word[3]);
        }
        found++;
    }
    if (found < 3) {
        fail("%s has %d known answers, expected 3", known_answers, found);
    }
    fclose(file);
    checks += (uint64_t)found;
}

/* A child once more, in the words of STREAM.md. */
static void
check_child(uint64_t key, uint64_t i)
{
    uint32_t word[4];
    drop_philox(word, (uint32_t[4]){(uint32_t)i, (uint32_t)(i >> 32), 0, 1},
                key);
    uint64_t child = word[0] | (uint64_t)word[1] << 32;
    if (drop_child(key, i) != child) {
        fail("key %016" PRIx64 ", child %016" PRIx64 ": expected %016" PRIx64
             ", got %016" PRIx64,
             key, i, child, drop_child(key, i));
    }
    checks++;
}

void
test_child(void)
{
    for (int shift = 0; shift < 64; shift++) {
        for (int i = 0; i < 100; i++) {
            check_child(any(), any() >> shift);
        }
    }
}
