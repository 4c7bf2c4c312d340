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
typedef uint32_t u32v;
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

typedef union {
    f32v f32;
    u32v u32;
} bits32;
#define f32_as_u32(a) (((bits32){.f32 = (a)}).u32)
#define u32_as_f32(a) (((bits32){.u32 = (a)}).f32)

/* By masking: a branch would mispredict at every other element. */
DROP_INLINE f32v
f32_keep(uint32_t bits, int j, f32v kept, f32v dropped)
{
    const u32v keep = -(bits >> j & 1);
    return u32_as_f32((f32_as_u32(kept) & keep) |
                      (f32_as_u32(dropped) & ~keep));
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

typedef union {
    f64v f64;
    u64v u64;
} bits64;
#define f64_as_u64(a) (((bits64){.f64 = (a)}).u64)
#define u64_as_f64(a) (((bits64){.u64 = (a)}).f64)

DROP_INLINE f64v
f64_keep(uint32_t bits, int j, f64v kept, f64v dropped)
{
    const u64v keep = -(u64v)(bits >> j & 1);
    return u64_as_f64((f64_as_u64(kept) & keep) |
                      (f64_as_u64(dropped) & ~keep));
}

/* Halves: one for a float32, and two in a word of 32 bits, the first one low
 */
typedef uint16_t halfv;
typedef u32v bf16x2v;

DROP_INLINE halfv
half_load(const char *x)
{
    halfv half;
    memcpy(&half, x, sizeof half);
    return half;
}

DROP_INLINE void
half_store(char *to, halfv half)
{
    memcpy(to, &half, sizeof half);
}
#define half_store_nt half_store

DROP_INLINE bf16x2v
bf16x2_load(const char *x)
{
    return half_load(x) | (bf16x2v)half_load(x + sizeof(halfv)) << 16;
}

DROP_INLINE void
bf16x2_store(char *to, bf16x2v a)
{
    half_store(to, (halfv)a);
    half_store(to + sizeof(halfv), (halfv)(a >> 16));
}
#define bf16x2_store_nt bf16x2_store

DROP_INLINE bf16x2v
bf16x2_keep(uint32_t bits, int j, bf16x2v kept, bf16x2v dropped)
{
    const uint32_t two = bits >> 2 * j;
    const uint32_t keep = (two & 1) * 0xFFFF | (two >> 1 & 1) * 0xFFFF0000;
    return (kept & keep) | (dropped & ~keep);
}

#define u64_as_u32(a) (a) /* it is one already */
#define u32_as_u64(a) (a)
#define u32_widen(half) ((u32v)(half))
#define u32_narrow(a) ((halfv)(a))

/* Exponent and fraction move to float32's places, which makes the value too
 * small by 2**(127-15). The multiplication mends that, for subnormal numbers
 * too. Infinity and NaN have an exponent of their own. */
DROP_INLINE f32v
f16_unpack(halfv half)
{
    f32v a = u32_as_f32((half & 0x7FFFu) << 13) * 0x1p112f;
    u32v word = f32_as_u32(a);
    if ((half & 0x7C00) == 0x7C00) {
        word |= 0x7F800000;
    }
    return u32_as_f32(word | (half & 0x8000u) << 16);
}

/* To nearest, ties to even. A subnormal result is rounded by the addition of
 * the power of two whose last place is 2**-24, a normal one as in bfloat16. A
 * NaN is made quiet, as the instructions of other lists do. */
DROP_INLINE halfv
f16_pack(f32v a)
{
    u32v word = f32_as_u32(a), sign = word >> 16 & 0x8000;
    word &= 0x7FFFFFFF;
    if (word > 0x7F800000) {
        word = 0x7E00 | (word >> 13 & 0x1FF);
    }
    else if (word >= 0x47800000) { /* 65536 */
        word = 0x7C00;
    }
    else if (word < 0x38800000) { /* 2**-14 */
        word = f32_as_u32(u32_as_f32(word) + 0.5f) - f32_as_u32(0.5f);
    }
    else {
        word += 0xFFF + (word >> 13 & 1);
        word = (word >> 13) - (112 << 10);
    }
    return (halfv)(sign | word);
}

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
