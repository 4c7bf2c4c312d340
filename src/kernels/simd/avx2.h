/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The word list for AVX2 and F16C: 256-bit vectors, masks as sign bits.
 */
#include "base/mem.h"

/* 64-bit lanes */
typedef __m256i u64v;
#define U64_LANES 4
#define DRAW_VECTORS 2
#define MATMUL_VECTORS 8

/* In a cache prefetching costs more than it brings: at p = 0.1 it takes 20 %
 * more time at 1 to 4 MiB, and 20 % less at 16 MiB (Zen 3, L3 of 32 MiB). */
#define PREFETCH_FROM SIZE_MAX

#define u64_set1(a) _mm256_set1_epi64x((int64_t)(a))
#define u64_and _mm256_and_si256
#define u64_or _mm256_or_si256
#define u64_xor _mm256_xor_si256
#define u64_high(a) _mm256_srli_epi64(a, 32)
#define u64_mul32 _mm256_mul_epu32
#define u64_add _mm256_add_epi64
#define u64_sub _mm256_sub_epi64
#define u64_shl _mm256_slli_epi64
#define u64_shr _mm256_srli_epi64
#define u64_rotl(a, n) u64_or(u64_shl(a, n), u64_shr(a, 64 - (n)))
#define u64_or_and(a, b, c) u64_or(a, u64_and(b, c))
#define u64_is_zero(a) _mm256_testz_si256(a, a)

/* By n bits, n up to 64 and no constant */
#define u64_left(a, n) _mm256_sll_epi64(a, _mm_cvtsi32_si128((int)(n)))
#define u64_right(a, n) _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)(n)))

DROP_INLINE u64v
u64_load(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

DROP_INLINE void
u64_store(void *to, u64v a)
{
    _mm256_storeu_si256((__m256i *)to, a);
}

#define u64_load_bits u64_load
#define u64_store_bits u64_store
#define u64_store_bits_nt(to, a) _mm256_stream_si256((__m256i *)(to), (a))

/* a & ~b */
DROP_INLINE u64v
u64_andnot(u64v a, u64v b)
{
    return _mm256_andnot_si256(b, a);
}

DROP_INLINE u64v
u64_swap(u64v a)
{
    return _mm256_shuffle_epi32(a, _MM_SHUFFLE(2, 3, 0, 1));
}

DROP_INLINE u64v
u64_xor3(u64v a, u64v b, u64v c)
{
    return u64_xor(u64_xor(b, c), a);
}

/* a ^ b ^ c, of b the low half; c is all low. */
DROP_INLINE u64v
u64_xor3_low(u64v a, u64v b, u64v c)
{
    return u64_xor3(a, u64_and(b, u64_set1(UINT32_MAX)), c);
}

/* Stores lane l of eight words at to + 64 * l. */
DROP_INLINE void
u64_store_segments(uint8_t *to, const u64v word[8])
{
    for (int t = 0; t < 8; t += 4, to += 32) {
        u64v even01 = _mm256_unpacklo_epi64(word[t], word[t + 1]);
        u64v odd01 = _mm256_unpackhi_epi64(word[t], word[t + 1]);
        u64v even23 = _mm256_unpacklo_epi64(word[t + 2], word[t + 3]);
        u64v odd23 = _mm256_unpackhi_epi64(word[t + 2], word[t + 3]);
        u64_store(to, _mm256_permute2x128_si256(even01, even23, 0x20));
        u64_store(to + 64, _mm256_permute2x128_si256(odd01, odd23, 0x20));
        u64_store(to + 128, _mm256_permute2x128_si256(even01, even23, 0x31));
        u64_store(to + 192, _mm256_permute2x128_si256(odd01, odd23, 0x31));
    }
}

/* Bytes of all ones where their bit is 1. */
DROP_INLINE __m256i
bytes_of_bits(uint32_t bits)
{
    const __m256i bit = _mm256_set1_epi64x(INT64_C(0x8040201008040201));
    const __m256i byte = _mm256_setr_epi64x(0, INT64_C(0x0101010101010101),
                                            INT64_C(0x0202020202020202),
                                            INT64_C(0x0303030303030303));
    __m256i all = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)bits), byte);
    return _mm256_cmpeq_epi8(_mm256_and_si256(all, bit), bit);
}

DROP_INLINE void
unpack32(uint8_t *to, uint32_t bits)
{
    u64_store(to, _mm256_and_si256(bytes_of_bits(bits), _mm256_set1_epi8(1)));
}

/* float32 */
typedef __m256 f32v;
typedef float f32_value;
enum { f32_lanes = 8, f32_size = 4 };
#define f32_real f32

#define f32_set1(a) _mm256_set1_ps((float)(a))
#define f32_mul _mm256_mul_ps
#define f32_add _mm256_add_ps
#define f32_div _mm256_div_ps

#define f32_load(x) _mm256_loadu_ps((const float *)(x))
#define f32_store(to, a) _mm256_storeu_ps((float *)(to), (a))
#define f32_store_nt(to, a) _mm256_stream_ps((float *)(to), (a))

/* The first n lanes */
DROP_INLINE __m256i
f32_partial(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

#define f32_load_partial(x, n) \
    _mm256_maskload_ps((const float *)(x), f32_partial(n))
#define f32_store_partial(to, a, n) \
    _mm256_maskstore_ps((float *)(to), f32_partial(n), (a))

/* Lane l takes the sign bit, where bit 8*j + l of the word is shifted to. */
DROP_INLINE f32v
f32_keep(uint32_t bits, int j, f32v kept, f32v dropped)
{
    const __m256i first = _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24);
    __m256i shift = _mm256_sub_epi32(first, _mm256_set1_epi32(8 * j));
    __m256i keep = _mm256_sllv_epi32(_mm256_set1_epi32((int32_t)bits), shift);
    return _mm256_blendv_ps(dropped, kept, _mm256_castsi256_ps(keep));
}

/* float64 */
typedef __m256d f64v;
typedef double f64_value;
enum { f64_lanes = 4, f64_size = 8 };
#define f64_real f64

#define f64_set1 _mm256_set1_pd
#define f64_mul _mm256_mul_pd
#define f64_add _mm256_add_pd
#define f64_sub _mm256_sub_pd
#define f64_div _mm256_div_pd
#define f64_sqrt _mm256_sqrt_pd
#define f64_as_u64 _mm256_castpd_si256
#define u64_as_f64 _mm256_castsi256_pd

/* Which lanes of a are above b's */
#define f64_above(a, b) \
    ((unsigned)_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GT_OQ)))

#define f64_load(x) _mm256_loadu_pd((const double *)(x))
#define f64_store(to, a) _mm256_storeu_pd((double *)(to), (a))
#define f64_store_nt(to, a) _mm256_stream_pd((double *)(to), (a))

DROP_INLINE __m256i
f64_partial(size_t n)
{
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((int64_t)n),
                              _mm256_setr_epi64x(0, 1, 2, 3));
}

#define f64_load_partial(x, n) \
    _mm256_maskload_pd((const double *)(x), f64_partial(n))
#define f64_store_partial(to, a, n) \
    _mm256_maskstore_pd((double *)(to), f64_partial(n), (a))

DROP_INLINE f64v
f64_keep(uint32_t bits, int j, f64v kept, f64v dropped)
{
    const __m256i first = _mm256_setr_epi64x(63, 62, 61, 60);
    __m256i shift = _mm256_sub_epi64(first, _mm256_set1_epi64x(4 * j));
    __m256i keep = _mm256_sllv_epi64(u64_set1(bits), shift);
    return _mm256_blendv_pd(dropped, kept, _mm256_castsi256_pd(keep));
}

/* Halves: 128 bits for a vector of float32 */
typedef __m128i halfv;
#define half_load(x) _mm_loadu_si128((const __m128i *)(x))
#define half_store(to, a) _mm_storeu_si128((__m128i *)(to), (a))
#define half_store_nt(to, a) _mm_stream_si128((__m128i *)(to), (a))

#define f16_unpack _mm256_cvtph_ps

DROP_INLINE halfv
f16_pack(f32v a)
{
    return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT);
}

typedef uint32_t u32v __attribute__((vector_size(32)));
#define f32_as_u32(a) ((u32v)(a))
#define u32_as_f32(a) ((f32v)(a))
#define u64_as_u32(a) ((u32v)(a))
#define u32_as_u64(a) ((u64v)(a))
#define u32_widen(half) ((u32v)_mm256_cvtepu16_epi32(half))

DROP_INLINE halfv
u32_narrow(u32v a)
{
    return _mm_packus_epi32(_mm256_castsi256_si128((__m256i)a),
                            _mm256_extracti128_si256((__m256i)a, 1));
}

/* Items of 1, 2, 4 and 8 bytes */
DROP_INLINE u64v
item1_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    (void)j; /* all 32 bits are for one vector */
    return _mm256_blendv_epi8(dropped, kept, bytes_of_bits(bits));
}

DROP_INLINE u64v
item2_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    const __m256i bit =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048,
                          4096, 8192, 16384, INT16_MIN);
    __m256i all = _mm256_set1_epi16((int16_t)(bits >> 16 * j));
    __m256i keep = _mm256_cmpeq_epi16(_mm256_and_si256(all, bit), bit);
    return _mm256_blendv_epi8(dropped, kept, keep);
}

DROP_INLINE u64v
item4_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    return _mm256_castps_si256(f32_keep(bits, j, _mm256_castsi256_ps(kept),
                                        _mm256_castsi256_ps(dropped)));
}

DROP_INLINE u64v
item8_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    return f64_as_u64(
        f64_keep(bits, j, u64_as_f64(kept), u64_as_f64(dropped)));
}

#define fence _mm_sfence
