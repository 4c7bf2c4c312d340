/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The word list for AVX-512 F, BW, VL, DQ: 512-bit vectors, masks in mask
 * registers.
 */
#include "base/mem.h"

/* 64-bit lanes */
typedef __m512i u64v;
#define U64_LANES 8
#define DRAW_VECTORS 2
#define MATMUL_VECTORS 16

/* In L1 and L2 prefetching costs more than it brings: at p = 0.5 and 64 KiB it
 * takes 5 % more time, at p = 0.1 and 1 MiB 10 % less (Zen 5). */
#define PREFETCH_FROM ((size_t)512 << 10)

#define u64_set1(a) _mm512_set1_epi64((int64_t)(a))
#define u64_and _mm512_and_si512
#define u64_or _mm512_or_si512
#define u64_xor _mm512_xor_si512
#define u64_high(a) _mm512_srli_epi64(a, 32)
#define u64_mul32 _mm512_mul_epu32
#define u64_add _mm512_add_epi64
#define u64_sub _mm512_sub_epi64
#define u64_shl _mm512_slli_epi64
#define u64_shr _mm512_srli_epi64
#define u64_rotl _mm512_rol_epi64
#define u64_or_and(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xF8)
#define u64_is_zero(a) (_mm512_test_epi64_mask(a, a) == 0)
#define u64_load _mm512_loadu_si512
#define u64_store _mm512_storeu_si512

/* By n bits, n up to 64 and no constant */
#define u64_left(a, n) _mm512_sll_epi64(a, _mm_cvtsi32_si128((int)(n)))
#define u64_right(a, n) _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)(n)))

#define u64_load_bits u64_load
#define u64_store_bits u64_store
#define u64_store_bits_nt(to, a) _mm512_stream_si512((__m512i *)(to), (a))

/* a & ~b */
DROP_INLINE u64v
u64_andnot(u64v a, u64v b)
{
    return _mm512_andnot_si512(b, a);
}

DROP_INLINE u64v
u64_swap(u64v a)
{
    return _mm512_shuffle_epi32(a, _MM_PERM_CDAB);
}

DROP_INLINE u64v
u64_xor3(u64v a, u64v b, u64v c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* a ^ b ^ c, of b the low half; c is all low. */
DROP_INLINE u64v
u64_xor3_low(u64v a, u64v b, u64v c)
{
    return _mm512_mask_ternarylogic_epi32(a, 0x5555, b, c, 0x96);
}

/* Stores lane l of eight words at to + 64 * l: pairs of words first, then
 * those of four, in 128-bit parts. */
DROP_INLINE void
u64_store_segments(uint8_t *to, const u64v word[8])
{
    for (int odd = 0; odd < 2; odd++, to += 64) {
        u64v pair[4], part[4];
        for (int i = 0; i < 4; i++) {
            u64v a = word[2 * i], b = word[2 * i + 1];
            pair[i] = odd ? _mm512_unpackhi_epi64(a, b)
                          : _mm512_unpacklo_epi64(a, b);
        }
        part[0] = _mm512_shuffle_i64x2(pair[0], pair[1], 0x88);
        part[1] = _mm512_shuffle_i64x2(pair[0], pair[1], 0xDD);
        part[2] = _mm512_shuffle_i64x2(pair[2], pair[3], 0x88);
        part[3] = _mm512_shuffle_i64x2(pair[2], pair[3], 0xDD);
        u64_store(to, _mm512_shuffle_i64x2(part[0], part[2], 0x88));
        u64_store(to + 128, _mm512_shuffle_i64x2(part[1], part[3], 0x88));
        u64_store(to + 256, _mm512_shuffle_i64x2(part[0], part[2], 0xDD));
        u64_store(to + 384, _mm512_shuffle_i64x2(part[1], part[3], 0xDD));
    }
}

DROP_INLINE void
unpack32(uint8_t *to, uint32_t bits)
{
    __m256i bytes = _mm256_maskz_set1_epi8(bits, 1);
    _mm256_storeu_si256((__m256i *)to, bytes);
}

/* float32 */
typedef __m512 f32v;
typedef float f32_value;
enum { f32_lanes = 16, f32_size = 4 };
#define f32_real f32

#define f32_set1(a) _mm512_set1_ps((float)(a))
#define f32_load _mm512_loadu_ps
#define f32_store _mm512_storeu_ps
#define f32_mul _mm512_mul_ps
#define f32_add _mm512_add_ps
#define f32_div _mm512_div_ps

/* The first n lanes */
#define partial_lanes(n) ((1u << (n)) - 1)
#define f32_load_partial(x, n) \
    _mm512_maskz_loadu_ps((__mmask16)partial_lanes(n), (x))
#define f32_store_partial(to, a, n) \
    _mm512_mask_storeu_ps((to), (__mmask16)partial_lanes(n), (a))

DROP_INLINE void
f32_store_nt(char *to, f32v a)
{
    _mm512_stream_ps((float *)to, a);
}

DROP_INLINE f32v
f32_keep(uint32_t bits, int j, f32v kept, f32v dropped)
{
    __mmask16 keep = (__mmask16)(bits >> (16 * j));
    return _mm512_mask_blend_ps(keep, dropped, kept);
}

/* float64 */
typedef __m512d f64v;
typedef double f64_value;
enum { f64_lanes = 8, f64_size = 8 };
#define f64_real f64

#define f64_set1 _mm512_set1_pd
#define f64_load _mm512_loadu_pd
#define f64_store _mm512_storeu_pd
#define f64_mul _mm512_mul_pd
#define f64_add _mm512_add_pd
#define f64_sub _mm512_sub_pd
#define f64_div _mm512_div_pd
#define f64_sqrt _mm512_sqrt_pd
#define f64_as_u64 _mm512_castpd_si512
#define u64_as_f64 _mm512_castsi512_pd

/* Which lanes of a are above b's */
#define f64_above(a, b) ((unsigned)_mm512_cmp_pd_mask(a, b, _CMP_GT_OQ))

#define f64_load_partial(x, n) \
    _mm512_maskz_loadu_pd((__mmask8)partial_lanes(n), (x))
#define f64_store_partial(to, a, n) \
    _mm512_mask_storeu_pd((to), (__mmask8)partial_lanes(n), (a))

DROP_INLINE void
f64_store_nt(char *to, f64v a)
{
    _mm512_stream_pd((double *)to, a);
}

DROP_INLINE f64v
f64_keep(uint32_t bits, int j, f64v kept, f64v dropped)
{
    __mmask8 keep = (__mmask8)(bits >> (8 * j));
    return _mm512_mask_blend_pd(keep, dropped, kept);
}

/* Halves: 256 bits for a vector of float32 */
typedef __m256i halfv;
#define half_load(x) _mm256_loadu_si256((const __m256i *)(x))
#define half_load_partial(x, n) \
    _mm256_maskz_loadu_epi16((__mmask16)partial_lanes(n), (x))
#define half_store(to, a) _mm256_storeu_si256((__m256i *)(to), (a))
#define half_store_partial(to, a, n) \
    _mm256_mask_storeu_epi16((to), (__mmask16)partial_lanes(n), (a))
#define half_store_nt(to, a) _mm256_stream_si256((__m256i *)(to), (a))

#define f16_unpack _mm512_cvtph_ps

/* In two halves, since SIMDe lacks _mm512_cvtps_ph; one instruction more. */
DROP_INLINE halfv
f16_pack(f32v a)
{
    __m256 low = _mm512_castps512_ps256(a);
    __m256 high = _mm512_extractf32x8_ps(a, 1);
    return _mm256_set_m128i(_mm256_cvtps_ph(high, _MM_FROUND_TO_NEAREST_INT),
                            _mm256_cvtps_ph(low, _MM_FROUND_TO_NEAREST_INT));
}

typedef uint32_t u32v __attribute__((vector_size(64)));
#define f32_as_u32(a) ((u32v)(a))
#define u32_as_f32(a) ((f32v)(a))
#define u64_as_u32(a) ((u32v)(a))
#define u32_as_u64(a) ((u64v)(a))
#define u32_widen(half) ((u32v)_mm512_cvtepu16_epi32(half))
#define u32_narrow(a) _mm512_cvtepi32_epi16((__m512i)(a))

/* Items of 1, 2, 4 and 8 bytes: single bytes in vectors of 256 bits, for
 * there are 32 bits at once; j is 0 for them and for pairs of bytes */
typedef halfv item1v;
#define ITEM1_LANES 32
#define item1_load half_load
#define item1_store half_store
#define item1_store_nt half_store_nt
#define item1_keep(bits, j, kept, dropped) \
    _mm256_mask_blend_epi8((__mmask32)(bits), dropped, kept)
#define item2_load_partial(x, n) \
    _mm512_maskz_loadu_epi16((__mmask32)partial_lanes(n), (x))
#define item2_store_partial(to, a, n) \
    _mm512_mask_storeu_epi16((to), (__mmask32)partial_lanes(n), (a))
#define item2_keep(bits, j, kept, dropped) \
    _mm512_mask_blend_epi16((__mmask32)(bits), dropped, kept)
#define item4_keep(bits, j, kept, dropped) \
    _mm512_mask_blend_epi32((__mmask16)((bits) >> 16 * (j)), dropped, kept)
#define item8_keep(bits, j, kept, dropped) \
    _mm512_mask_blend_epi64((__mmask8)((bits) >> 8 * (j)), dropped, kept)

#define fence _mm_sfence
