/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream/sampler.h"

void
drop_sampler_start(drop_sampler *sampler, uint64_t key, uint64_t threshold)
{
    sampler->key = key;
    for (uint32_t i = 0; i < PHILOX_ROUNDS; i++) {
        sampler->k0[i] = (uint32_t)((uint32_t)key + i * PHILOX_W0);
        sampler->k1[i] = (uint32_t)((uint32_t)(key >> 32) + i * PHILOX_W1);
    }
    sampler->tail = (uint32_t)threshold;
    sampler->top = (threshold >> 32) & 0xFF;
    sampler->below = 0;
    sampler->needed = DROP_PLANES;
    if (!sampler->tail) {
        sampler->needed =
            sampler->top ? DROP_PLANES - __builtin_ctz(sampler->top) : 0;
        sampler->below = threshold < DROP_ONE ? UINT64_MAX : 0;
    }
    drop_sampler_enter(sampler, 0);
}

drop_plane
drop_sampler_plane(const drop_sampler *sampler, uint32_t c2, uint32_t high)
{
    uint64_t p1 = c2 * PHILOX_M1;
    uint64_t p0 = ((p1 >> 32) ^ high ^ sampler->k0[0]) * PHILOX_M0;
    return (drop_plane){.c0 = (uint32_t)p1 ^ sampler->k0[1],
                        .c2 = (p0 >> 32) ^ sampler->k1[1],
                        .c3 = (uint32_t)p0};
}

void
drop_sampler_enter(drop_sampler *sampler, uint32_t high)
{
    sampler->high = high;
    for (unsigned j = 0; j < sampler->needed; j++) {
        sampler->planes[j] = drop_sampler_plane(sampler, j, high);
    }
}

uint64_t
drop_uniform(uint64_t key, uint64_t index)
{
    uint64_t group = index >> 7, uniform = 0;
    uint32_t counter[4] = {(uint32_t)group, (uint32_t)(group >> 32), 0,
                           DROP_MASKS};
    uint32_t word[4];
    for (uint32_t j = 0; j < DROP_PLANES; j++) {
        counter[2] = j;
        drop_philox(word, counter, key);
        uniform = uniform << 1 | (word[index >> 5 & 3] >> (index & 31) & 1);
    }
    counter[0] = (uint32_t)index;
    counter[1] = (uint32_t)(index >> 32);
    counter[2] = DROP_TAIL;
    drop_philox(word, counter, key);
    return uniform << 32 | word[0];
}
