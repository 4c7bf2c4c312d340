/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments -> the 40-bit uniforms of their elements as numbers: all planes,
 * transposed 64 x 64 bits at once.
 */
#include "kernels/kernels.h"

/* Plane j of 64 elements is word 39-j of their 64 words, and words 40 to 63
 * are 0. Transposed, word k is the uniform of element k. */
static void
uniforms(uint64_t *to, const uint64_t *segment, size_t n,
         const drop_sampler *sampler)
{
    for (size_t i = 0; i < n; i += U64_LANES) {
        uint64_t *first = to + i * DROP_SEGMENT, lane[U64_LANES];
        u64v output = u64_set1(0);
        sfc64_state s;
        sfc64_seed(&s, segment + i, 1, sampler);
        memset(first, 0, U64_LANES * DROP_SEGMENT * sizeof *to);
        for (int bit = DROP_PLANES; bit-- > 0;) {
            for (int t = 0; t < DROP_SEGMENT_WORDS; t++) {
                output = u64_add(output, u64_set1(1));
                u64_store(lane, sfc64_next(&s, output));
                for (int l = 0; l < U64_LANES; l++) {
                    first[l * DROP_SEGMENT + 64 * t + bit] = lane[l];
                }
            }
        }
        for (size_t k = 0; k < U64_LANES * DROP_SEGMENT; k += 64) {
            transpose64(first + k);
        }
    }
}
