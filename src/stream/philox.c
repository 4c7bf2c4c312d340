/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream/philox.h"

void
drop_philox(uint32_t word[4], const uint32_t counter[4], uint64_t key)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t c0 = counter[0], c1 = counter[1];
    uint32_t c2 = counter[2], c3 = counter[3];
    for (int i = 0; i < PHILOX_ROUNDS; i++) {
        uint64_t p0 = c0 * PHILOX_M0, p1 = c2 * PHILOX_M1;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

uint64_t
drop_child(uint64_t key, uint64_t index)
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), 0,
                           DROP_CHILDREN};
    uint32_t word[4];
    drop_philox(word, counter, key);
    return word[0] | (uint64_t)word[1] << 32;
}

uint32_t
drop_choice(uint64_t key, uint64_t index, uint32_t count, uint32_t c2)
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), c2,
                           DROP_CHOICES};
    uint32_t word[4];
    drop_philox(word, counter, key);
    return (uint32_t)((uint64_t)word[0] * count >> 32);
}
