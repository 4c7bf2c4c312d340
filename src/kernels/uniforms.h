/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments -> the 40-bit uniforms of their elements as numbers: all planes,
 * 64 x 64 bits of a segment in each lane transposed at once.
 */
#include "kernels/kernels.h"

/* All outputs of a segment in each lane: word t of each plane, planes from the
 * uniforms' least significant bit on. */
typedef u64v segment_planes[DROP_SEGMENT_WORDS][DROP_PLANES];

static void
draw_planes(segment_planes plane, const uint64_t *segment,
            const drop_sampler *sampler)
{
    u64v output = u64_set1(0);
    sfc64_state s;
    sfc64_seed(&s, segment, 1, sampler);
    for (int bit = DROP_PLANES; bit-- > 0;) {
        for (int t = 0; t < DROP_SEGMENT_WORDS; t++) {
            output = u64_add(output, u64_set1(1));
            plane[t][bit] = sfc64_next(&s, output);
        }
    }
}

/* Exchanges the quarters of side bits of words a and b; side is a constant. */
#define SWAP_QUARTERS(a, b, side, low)                 \
    {                                                  \
        u64v swap = u64_xor(u64_shr(a, side), b);      \
        swap = u64_and(swap, u64_set1(UINT64_C(low))); \
        (a) = u64_xor(a, u64_shl(swap, side));         \
        (b) = u64_xor(b, swap);                        \
    }

DROP_INLINE u64v
word_or_zero(const u64v *word, int words, int i)
{
    return i < words ? word[i] : u64_set1(0);
}

/* Two steps of transpose64 in each lane, with four words in registers; words
 * that are not there are 0. */
#define TWO_STEPS(to, from, words, side, low, half, half_low)   \
    for (int top = 0; top < 64; top += 2 * (side)) {            \
        for (int i = top; i < top + (half); i++) {              \
            u64v a = word_or_zero(from, words, i);              \
            u64v b = word_or_zero(from, words, i + (half));     \
            u64v c = word_or_zero(from, words, i + (side));     \
            u64v d = word_or_zero(from, words, i + 3 * (half)); \
            SWAP_QUARTERS(a, c, side, low)                      \
            SWAP_QUARTERS(b, d, side, low)                      \
            SWAP_QUARTERS(a, b, half, half_low)                 \
            SWAP_QUARTERS(c, d, half, half_low)                 \
            (to)[i] = a;                                        \
            (to)[i + (half)] = b;                               \
            (to)[i + (side)] = c;                               \
            (to)[i + 3 * (half)] = d;                           \
        }                                                       \
    }

/* Writes the uniforms of 64 neighbours in each segment, those of lane l from
 * to + l * stride on. plane[i] has bit i of their uniforms and is word i of
 * 64; transposed, word k is the uniform of element k. */
static void
store_uniforms(uint64_t *to, size_t stride, const u64v plane[DROP_PLANES])
{
    u64v word[64];
    uint64_t lane[U64_LANES];
    TWO_STEPS(word, plane, DROP_PLANES, 32, 0x00000000FFFFFFFF, 16,
              0x0000FFFF0000FFFF)
    TWO_STEPS(word, word, 64, 8, 0x00FF00FF00FF00FF, 4, 0x0F0F0F0F0F0F0F0F)
    TWO_STEPS(word, word, 64, 2, 0x3333333333333333, 1, 0x5555555555555555)
    for (size_t k = 0; k < 64; k++) {
        u64_store(lane, word[k]);
        for (size_t l = 0; l < U64_LANES; l++) {
            to[l * stride + k] = lane[l];
        }
    }
}
#undef TWO_STEPS
#undef SWAP_QUARTERS

static void
uniforms(uint64_t *to, const uint64_t *segment, size_t n,
         const drop_sampler *sampler)
{
    segment_planes plane;
    for (size_t i = 0; i < n; i += U64_LANES) {
        draw_planes(plane, segment + i, sampler);
        for (size_t t = 0; t < DROP_SEGMENT_WORDS; t++) {
            store_uniforms(to + i * DROP_SEGMENT + 64 * t, DROP_SEGMENT,
                           plane[t]);
        }
    }
}
