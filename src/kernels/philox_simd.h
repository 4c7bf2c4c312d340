/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Philox4x32-10 (Salmon et al., SC'11) in the words of a simd_<isa>.h: one
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

/* The last round's words in pairs: w01 is w0 | w1 << 32 in each lane, w23 is
 * w2 | w3 << 32. Swapping the halves of a product puts both its words in
 * place at once. */
DROP_INLINE void
philox_last(const philox_state *s, const drop_sampler *sampler, u64v *w01,
            u64v *w23)
{
    u64v p0 = u64_mul32(s->c0, u64_set1(PHILOX_M0));
    u64v p1 = u64_mul32(s->c2, u64_set1(PHILOX_M1));
    u64v k0 = u64_set1(sampler->k0[PHILOX_ROUNDS - 1]);
    u64v k1 = u64_set1(sampler->k1[PHILOX_ROUNDS - 1]);
    *w01 = u64_xor3_low(u64_swap(p1), s->c1, k0);
    *w23 = u64_xor3_low(u64_swap(p0), s->c3, k1);
}

/* The counters (group, plane, domain) of one vector of groups differ between
 * planes in c2 alone, so the lanes' multiply of round 1 and half of round 2
 * are the same for all planes. The other half is one for all lanes. */
typedef struct {
    u64v c0, c1, c2; /* after round 2, c0 and c2 up to a scalar each */
} philox_shared;

DROP_INLINE philox_shared
philox_share(u64v group, uint32_t domain, const drop_sampler *sampler)
{
    philox_shared shared;
    u64v p0 = u64_mul32(group, u64_set1(PHILOX_M0));
    u64v c2 = u64_xor(u64_high(p0), u64_set1(domain ^ sampler->k1[0]));
    u64v p1 = u64_mul32(c2, u64_set1(PHILOX_M1));
    shared.c0 = u64_high(p1);
    shared.c1 = p1;
    shared.c2 = p0;
    return shared;
}

/* State after two rounds; the other halves are the sampler's scalars. */
DROP_INLINE philox_state
philox_join(const philox_shared *shared, const drop_plane *plane)
{
    return (philox_state){u64_xor(shared->c0, u64_set1(plane->c0)), shared->c1,
                          u64_xor(shared->c2, u64_set1(plane->c2)),
                          u64_set1(plane->c3)};
}

/* The rounds after those two, up to the last one asked for, of some vectors:
 * each hides the latency of the others' products. */
DROP_INLINE void
philox_rounds(philox_state *s, int vectors, int last,
              const drop_sampler *sampler)
{
    for (int i = 2; i < last; i++) {
        for (int v = 0; v < vectors; v++) {
            philox_round(&s[v], sampler->k0[i], sampler->k1[i]);
        }
    }
}
