/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream/sampler.h"

#include <float.h>

_Static_assert(FLT_RADIX == 2 && DROP_ONE == UINT64_C(1) << 40,
               "T is p * 2**40, which is exact, rounded half to even");

uint64_t
drop_threshold(double p)
{
    return (uint64_t)__builtin_rint(p * (double)DROP_ONE);
}

void
drop_sampler_start(drop_sampler *sampler, uint64_t key, uint64_t threshold)
{
    sampler->key = key;
    for (uint32_t i = 0; i < PHILOX_ROUNDS; i++) {
        sampler->k0[i] = (uint32_t)((uint32_t)key + i * PHILOX_W0);
        sampler->k1[i] = (uint32_t)((uint32_t)(key >> 32) + i * PHILOX_W1);
    }
    sampler->threshold = threshold;
    /* Once T has no more ones, what is still undecided is kept. */
    sampler->planes = 0;
    if (threshold % DROP_ONE) {
        sampler->planes = DROP_PLANES - (unsigned)__builtin_ctzll(threshold);
    }
}
