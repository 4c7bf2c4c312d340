/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Philox4x32-10 (Salmon et al., SC'11) in the words of a simd/<isa>.h: one
 * counter or output word in the low half of each 64-bit lane. The high halves
 * hold whatever the products left there: a 32-bit multiply does not see them,
 * and the last round clears them. So a round is two multiplies, two shifts
 * and two three-way xors, without a shuffle.
 */
#include "base/mem.h"
#include "stream/sampler.h"

typedef struct {
    u64v c0, c1, c2, c3;
} philox_state;

/* Counters with c0, c1 = low, high word of a number in each lane. */
DROP_INLINE philox_state
philox_start(u64v number, uint32_t c2, uint32_t domain)
{
    return (philox_state){number, u64_high(number), u64_set1(c2),
                          u64_set1(domain)};
}

DROP_INLINE void
philox_round(philox_state *s, uint64_t k0, uint64_t k1)
{
    u64v p0 = u64_mul32(s->c0, u64_set1(PHILOX_M0));
    u64v p1 = u64_mul32(s->c2, u64_set1(PHILOX_M1));
    s->c0 = u64_xor3(u64_high(p1), s->c1, u64_set1(k0));
    s->c1 = p1;
    s->c2 = u64_xor3(u64_high(p0), s->c3, u64_set1(k1));
    s->c3 = p0;
}

/* All rounds but the last, of some vectors: each hides the latency of the
 * others' products. */
DROP_INLINE void
philox_rounds(philox_state *s, int vectors, const drop_sampler *sampler)
{
    for (int i = 0; i < PHILOX_ROUNDS - 1; i++) {
        for (int v = 0; v < vectors; v++) {
            philox_round(&s[v], sampler->k0[i], sampler->k1[i]);
        }
    }
}

/* The last round, whose words come in pairs: w0 | w1 << 32 in each lane.
 * Swapping the halves of a product puts both its words in place at once. */
DROP_INLINE u64v
philox_w01(const philox_state *s, const drop_sampler *sampler)
{
    u64v p1 = u64_mul32(s->c2, u64_set1(PHILOX_M1));
    return u64_xor3_low(u64_swap(p1), s->c1,
                        u64_set1(sampler->k0[PHILOX_ROUNDS - 1]));
}

/* The last round, likewise: w2 | w3 << 32 in each lane. */
DROP_INLINE u64v
philox_w23(const philox_state *s, const drop_sampler *sampler)
{
    u64v p0 = u64_mul32(s->c0, u64_set1(PHILOX_M0));
    return u64_xor3_low(u64_swap(p0), s->c3,
                        u64_set1(sampler->k1[PHILOX_ROUNDS - 1]));
}
