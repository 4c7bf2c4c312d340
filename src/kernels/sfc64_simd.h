/* SPDX-License-Identifier: BSD-3-Clause
 *
 * SFC64 in the words of a simd/<isa>.h: a segment in each 64-bit lane, whose
 * numbers need not be neighbours. The counter n is the same in all of them.
 */
#include "base/mem.h"

typedef struct {
    u64v a, b, c;
} sfc64_state;

/* Segments that are drawn together. */
enum { DRAW_LANES = DRAW_VECTORS * U64_LANES };

/* The states of vectors * U64_LANES segments. */
DROP_INLINE void
sfc64_seed(sfc64_state *s, const uint64_t *segment, int vectors,
           const drop_sampler *sampler)
{
    philox_state p[2 * DRAW_VECTORS];
    for (int v = 0; v < vectors; v++) {
        u64v number = u64_load(segment + (size_t)v * U64_LANES);
        p[2 * v] = philox_start(number, 0, DROP_MASKS);
        p[2 * v + 1] = philox_start(number, 1, DROP_MASKS);
    }
    philox_rounds(p, 2 * vectors, sampler);
    for (int v = 0; v < vectors; v++) {
        s[v].a = philox_w01(&p[2 * v], sampler);
        s[v].b = philox_w23(&p[2 * v], sampler);
        s[v].c = philox_w01(&p[2 * v + 1], sampler);
    }
}

/* The next output of each lane; n is its number, from 1 on. */
DROP_INLINE u64v
sfc64_next(sfc64_state *s, u64v n)
{
    u64v output = u64_add(u64_add(s->a, s->b), n);
    s->a = u64_xor(s->b, u64_shr(s->b, 11));
    s->b = u64_add(s->c, u64_shl(s->c, 3));
    s->c = u64_add(u64_rotl(s->c, 24), output);
    return output;
}
