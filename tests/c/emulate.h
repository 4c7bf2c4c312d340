/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The intrinsics of all word lists as plain C: SIMDe's, but for those that
 * SIMDe 0.8.2 lacks, and for masked loads and stores, which there touch the
 * lanes that are masked out. Streaming stores are stores.
 */
#ifndef EMULATE_H
#define EMULATE_H

#include <simde/arm/neon.h>
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <string.h>

#define __mmask8 simde__mmask8
#define _MM_PERM_CDAB _MM_SHUFFLE(2, 3, 0, 1)

#define _mm512_stream_ps(to, a) simde_mm512_storeu_ps((to), (a))
#define _mm512_stream_pd(to, a) simde_mm512_storeu_pd((to), (a))
#define _mm512_stream_si512(to, a) simde_mm512_storeu_si512((to), (a))

/* Copies those of some lanes that the mask has. */
static inline void
emulate_some(void *to, const void *from, unsigned mask, size_t lane)
{
    for (size_t at = 0; mask; mask >>= 1, at += lane) {
        if (mask & 1) {
            memcpy((char *)to + at, (const char *)from + at, lane);
        }
    }
}

#define EMULATE_SOME(vector, load, store, lane)                           \
    static inline vector emulate_##load(unsigned mask, const void *from)  \
    {                                                                     \
        vector a;                                                         \
        memset(&a, 0, sizeof a);                                          \
        emulate_some(&a, from, mask, lane);                               \
        return a;                                                         \
    }                                                                     \
    static inline void emulate_##store(void *to, unsigned mask, vector a) \
    {                                                                     \
        emulate_some(to, &a, mask, lane);                                 \
    }
EMULATE_SOME(simde__m512, mm512_maskz_loadu_ps, mm512_mask_storeu_ps, 4)
EMULATE_SOME(simde__m512d, mm512_maskz_loadu_pd, mm512_mask_storeu_pd, 8)
EMULATE_SOME(simde__m512i, mm512_maskz_loadu_epi16, mm512_mask_storeu_epi16, 2)
EMULATE_SOME(simde__m256i, mm256_maskz_loadu_epi16, mm256_mask_storeu_epi16, 2)
#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#undef _mm512_maskz_loadu_pd
#undef _mm512_mask_storeu_pd
#undef _mm512_maskz_loadu_epi16
#undef _mm512_mask_storeu_epi16
#undef _mm256_maskz_loadu_epi16
#undef _mm256_mask_storeu_epi16
#define _mm512_maskz_loadu_ps emulate_mm512_maskz_loadu_ps
#define _mm512_mask_storeu_ps emulate_mm512_mask_storeu_ps
#define _mm512_maskz_loadu_pd emulate_mm512_maskz_loadu_pd
#define _mm512_mask_storeu_pd emulate_mm512_mask_storeu_pd
#define _mm512_maskz_loadu_epi16 emulate_mm512_maskz_loadu_epi16
#define _mm512_mask_storeu_epi16 emulate_mm512_mask_storeu_epi16
#define _mm256_maskz_loadu_epi16 emulate_mm256_maskz_loadu_epi16
#define _mm256_mask_storeu_epi16 emulate_mm256_mask_storeu_epi16

static inline simde__m512i
_mm512_cvtepu16_epi64(simde__m128i a)
{
    uint16_t from[8];
    uint64_t to[8];
    memcpy(from, &a, sizeof from);
    for (int i = 0; i < 8; i++) {
        to[i] = from[i];
    }
    return simde_mm512_loadu_si512(to);
}

static inline simde__m256i
_mm512_cvtepi32_epi16(simde__m512i a)
{
    uint32_t from[16];
    uint16_t to[16];
    memcpy(from, &a, sizeof from);
    for (int i = 0; i < 16; i++) {
        to[i] = (uint16_t)from[i];
    }
    return simde_mm256_loadu_si256((const simde__m256i *)to);
}

static inline simde__m256i
_mm256_maskz_set1_epi8(uint32_t mask, int8_t a)
{
    int8_t to[32];
    for (int i = 0; i < 32; i++) {
        to[i] = mask >> i & 1 ? a : 0;
    }
    return simde_mm256_loadu_si256((const simde__m256i *)to);
}

#endif
