/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Uniforms and a rate for each -> keep bits.
 */
#include "kernels/kernels.h"

/* Neighbours in the mask that have rates: elements first..end-1, counted from
 * the beginning of a segment; p is the rate of the first. */
typedef struct {
    const double *p;
    size_t first, end;
} rated;

/* The rates of elements at..at+63: in place, or where some have none a copy in
 * room, with 0 for those. */
DROP_INLINE const double *
rates_at(double room[64], const rated *r, size_t at)
{
    if (at >= r->first && at + 64 <= r->end) {
        return r->p + (at - r->first);
    }
    const size_t from = at > r->first ? at : r->first;
    const size_t to = at + 64 < r->end ? at + 64 : r->end;
    memset(room, 0, 64 * sizeof *room);
    memcpy(room + (from - at), r->p + (from - r->first),
           (to - from) * sizeof *room);
    return room;
}

/* The keep bits of 64 uniforms. Both sides of U < T become doubles above
 * 2**52, which are 1 apart: U is put into the fraction, and the sum 2**52 + p
 * * 2**40 is rounded as T is, half to even. */
DROP_INLINE uint64_t
keep_bits(const uint64_t uniform[64], const double *p)
{
    uint64_t dropped = 0;
    for (size_t i = 0; i < 64; i += f64_lanes) {
        f64v t = f64_load((const char *)(p + i));
        t = f64_add(f64_mul(t, f64_set1(0x1p40)), f64_set1(0x1p52));
        u64v u =
            u64_or(u64_load(uniform + i), u64_set1(UINT64_C(0x433) << 52));
        dropped |= (uint64_t)f64_above(t, u64_as_f64(u)) << i;
    }
    return ~dropped;
}

static void
bernoulli_rates(uint8_t *bits, uint64_t index, const double *p, size_t n,
                const drop_sampler *sampler)
{
    const size_t before = index % DROP_SEGMENT;
    const rated r = {p, before, before + n};
    segment_planes plane;
    uint64_t segment[U64_LANES], uniform[U64_LANES * 64];
    double room[64];
    for (size_t s = 0; s * DROP_SEGMENT < r.end; s += U64_LANES) {
        for (size_t l = 0; l < U64_LANES; l++) {
            segment[l] = index / DROP_SEGMENT + s + l;
        }
        draw_planes(plane, segment, sampler);
        for (size_t t = 0; t < DROP_SEGMENT_WORDS; t++) {
            const size_t word = s * DROP_SEGMENT + 64 * t;
            if (r.end <= DROP_SEGMENT &&
                (word >= r.end || word + 64 <= before)) {
                continue; /* few rates: this word of the segments has none */
            }
            store_uniforms(uniform, 64, plane[t]);
            for (size_t l = 0; l < U64_LANES; l++) {
                const size_t at = word + l * DROP_SEGMENT;
                if (at < r.end && at + 64 > before) {
                    store_le64(
                        bits + at / 8,
                        keep_bits(uniform + 64 * l, rates_at(room, &r, at)));
                }
            }
        }
    }
}
