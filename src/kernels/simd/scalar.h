/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The word list in plain C, one lane a vector: the readable reference, and
 * what runs where nothing better does.
 */
#include "base/mem.h"

/* 64-bit lanes */
typedef uint64_t u64v;
#define U64_LANES 1
#define DRAW_VECTORS 2
#define MATMUL_VECTORS 32

/* As with AVX2. */
#define PREFETCH_FROM SIZE_MAX

#define u64_set1(a) (a)
#define u64_and(a, b) ((a) & (b))
#define u64_andnot(a, b) ((a) & ~(b))
#define u64_or(a, b) ((a) | (b))
#define u64_xor(a, b) ((a) ^ (b))
#define u64_xor3(a, b, c) ((a) ^ (b) ^ (c))
#define u64_xor3_low(a, b, c) ((a) ^ (uint32_t)(b) ^ (c))
#define u64_high(a) ((a) >> 32)
#define u64_add(a, b) ((a) + (b))
#define u64_sub(a, b) ((a) - (b))
#define u64_shl(a, n) ((a) << (n))
#define u64_shr(a, n) ((a) >> (n))
#define u64_rotl(a, n) ((a) << (n) | (a) >> (64 - (n)))
#define u64_or_and(a, b, c) ((a) | ((b) & (c)))
#define u64_is_zero(a) ((a) == 0)

#define u64_swap(a) ((a) >> 32 | (a) << 32)
DROP_INLINE void
u64_store(void *to, u64v a)
{
    memcpy(to, &a, sizeof a);
}

DROP_INLINE u64v
u64_mul32(u64v a, u64v b)
{
    return (uint64_t)(uint32_t)a * (uint32_t)b;
}

/* By n bits, n up to 64 and no constant */
DROP_INLINE u64v
u64_left(u64v a, unsigned n)
{
    return n < 64 ? a << n : 0;
}

DROP_INLINE u64v
u64_right(u64v a, unsigned n)
{
    return n < 64 ? a >> n : 0;
}

DROP_INLINE u64v
u64_load(const void *from)
{
    u64v a;
    memcpy(&a, from, sizeof a);
    return a;
}

#define u64_load_bits load_le64
#define u64_store_bits store_le64
#define u64_store_bits_nt store_le64

/* Stores lane l of eight words at to + 64 * l. */
DROP_INLINE void
u64_store_segments(uint8_t *to, const u64v word[8])
{
    for (int t = 0; t < 8; t++) {
        store_le64(to + 8 * t, word[t]);
    }
}

DROP_INLINE void
unpack32(uint8_t *to, uint32_t bits)
{
    for (int i = 0; i < 32; i++) {
        to[i] = bits >> i & 1;
    }
}

/* float32 */
typedef float f32v, f32_value;
enum { f32_lanes = 1, f32_size = 4 };
#define f32_real f32

/* Each result is rounded, also where floats are evaluated as doubles. */
#define f32_set1(a) ((float)(a))
#define f32_mul(a, b) ((float)((a) * (b)))
#define f32_add(a, b) ((float)((a) + (b)))
#define f32_div(a, b) ((float)((a) / (b)))

DROP_INLINE f32v
f32_load(const char *x)
{
    f32v a;
    memcpy(&a, x, sizeof a);
    return a;
}

DROP_INLINE void
f32_store(char *to, f32v a)
{
    memcpy(to, &a, sizeof a);
}

#define f32_store_nt f32_store

/* By masking: a branch would mispredict at every other element. */
DROP_INLINE f32v
f32_keep(uint32_t bits, int j, f32v kept, f32v dropped)
{
    uint32_t keep = -(bits >> j & 1), k, d;
    memcpy(&k, &kept, sizeof k);
    memcpy(&d, &dropped, sizeof d);
    k = (k & keep) | (d & ~keep);
    memcpy(&kept, &k, sizeof k);
    return kept;
}

/* float64 */
typedef double f64v, f64_value;
enum { f64_lanes = 1, f64_size = 8 };
#define f64_real f64

#define f64_set1(a) (a)
#define f64_mul(a, b) ((a) * (b))
#define f64_add(a, b) ((a) + (b))
#define f64_sub(a, b) ((a) - (b))
#define f64_div(a, b) ((a) / (b))
#define f64_sqrt(a) __builtin_sqrt(a)
#define f64_above(a, b) ((unsigned)((a) > (b)))

DROP_INLINE f64v
f64_load(const char *x)
{
    f64v a;
    memcpy(&a, x, sizeof a);
    return a;
}

DROP_INLINE void
f64_store(char *to, f64v a)
{
    memcpy(to, &a, sizeof a);
}

#define f64_store_nt f64_store

DROP_INLINE u64v
f64_as_u64(f64v a)
{
    u64v bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

DROP_INLINE f64v
u64_as_f64(u64v bits)
{
    f64v a;
    memcpy(&a, &bits, sizeof a);
    return a;
}

DROP_INLINE f64v
f64_keep(uint32_t bits, int j, f64v kept, f64v dropped)
{
    uint64_t keep = -(uint64_t)(bits >> j & 1), k, d;
    memcpy(&k, &kept, sizeof k);
    memcpy(&d, &dropped, sizeof d);
    k = (k & keep) | (d & ~keep);
    memcpy(&kept, &k, sizeof k);
    return kept;
}

/* Half types, computed in float32 */
enum { f16_size = 2, bf16_size = 2 };
#define f16_real f32
#define bf16_real f32

DROP_INLINE uint32_t
u32_load_half(const char *x)
{
    uint16_t half;
    memcpy(&half, x, sizeof half);
    return half;
}

DROP_INLINE void
u32_store_half(char *to, uint32_t word)
{
    uint16_t half = (uint16_t)word;
    memcpy(to, &half, sizeof half);
}

DROP_INLINE f32v
f32_from_bits(uint32_t word)
{
    f32v a;
    memcpy(&a, &word, sizeof a);
    return a;
}

typedef uint32_t u32v;

DROP_INLINE u32v
f32_bits(f32v a)
{
    u32v word;
    memcpy(&word, &a, sizeof word);
    return word;
}

/* Exponent and fraction move to float32's places, which makes the value too
 * small by 2**(127-15). The multiplication mends that, for subnormal numbers
 * too. Infinity and NaN have an exponent of their own. */
DROP_INLINE f32v
f16_load(const char *x)
{
    uint32_t half = u32_load_half(x);
    f32v a = f32_from_bits((half & 0x7FFF) << 13) * 0x1p112f;
    uint32_t word = f32_bits(a);
    if ((half & 0x7C00) == 0x7C00) {
        word |= 0x7F800000;
    }
    return f32_from_bits(word | (half & 0x8000) << 16);
}

/* To nearest, ties to even. A subnormal result is rounded by the addition of
 * the power of two whose last place is 2**-24, a normal one as in bfloat16. A
 * NaN is made quiet, as the instructions of other lists do. */
DROP_INLINE void
f16_store(char *to, f32v a)
{
    uint32_t word = f32_bits(a), sign = word >> 16 & 0x8000;
    word &= 0x7FFFFFFF;
    if (word > 0x7F800000) {
        word = 0x7E00 | (word >> 13 & 0x1FF);
    }
    else if (word >= 0x47800000) { /* 65536 */
        word = 0x7C00;
    }
    else if (word < 0x38800000) { /* 2**-14 */
        word = f32_bits(f32_from_bits(word) + 0.5f) - f32_bits(0.5f);
    }
    else {
        word += 0xFFF + (word >> 13 & 1);
        word = (word >> 13) - (112 << 10);
    }
    u32_store_half(to, sign | word);
}
#define f16_store_nt f16_store

DROP_INLINE f32v
bf16_load(const char *x)
{
    return f32_from_bits(u32_load_half(x) << 16);
}

#include "kernels/simd/bfloat16.h"

#define bf16_store(to, a) u32_store_half(to, bf16_round(a))
#define bf16_store_nt bf16_store

/* Items of 1, 2, 4 and 8 bytes, one after the other from the lowest bits of a
 * word on. place has bit l of lane l, and one the lowest bit of each. */
DROP_INLINE u64v
select_lanes(uint32_t bits, int lanes, u64v one, u64v place, u64v kept,
             u64v dropped)
{
    const int width = 64 / lanes;
    const u64v high = one << (width - 1);
    u64v keep = (bits & ((1u << lanes) - 1)) * one & place;
    keep = (keep + (high - one)) & high; /* where the lane is not 0 */
    keep = (keep >> (width - 1)) * (UINT64_MAX >> (64 - width));
    return (kept & keep) | (dropped & ~keep);
}

#define item1_keep(bits, j, kept, dropped)                           \
    select_lanes((bits) >> 8 * (j), 8, UINT64_C(0x0101010101010101), \
                 UINT64_C(0x8040201008040201), kept, dropped)
#define item2_keep(bits, j, kept, dropped)                           \
    select_lanes((bits) >> 4 * (j), 4, UINT64_C(0x0001000100010001), \
                 UINT64_C(0x0008000400020001), kept, dropped)
#define item4_keep(bits, j, kept, dropped)                           \
    select_lanes((bits) >> 2 * (j), 2, UINT64_C(0x0000000100000001), \
                 UINT64_C(0x0000000200000001), kept, dropped)
#define item8_keep(bits, j, kept, dropped) \
    select_lanes((bits) >> (j), 1, 1, 1, kept, dropped)

#define fence() ((void)0)
