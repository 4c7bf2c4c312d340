/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The word list for AArch64: 128-bit vectors, masks as full lanes. Memory is
 * read and written as bytes, which have no alignment.
 */
#include "base/mem.h"

/* 64-bit lanes */
typedef uint64x2_t u64v;
#define U64_LANES 2
#define DRAW_VECTORS 2
#define MATMUL_VECTORS 16

/* As with AVX2: not measured. */
#define PREFETCH_FROM SIZE_MAX

#define u64_set1(a) vdupq_n_u64(a)
#define u64_and vandq_u64
#define u64_andnot vbicq_u64
#define u64_or vorrq_u64
#define u64_xor veorq_u64
#define u64_high(a) vshrq_n_u64(a, 32)
#define u64_add vaddq_u64
#define u64_sub vsubq_u64
#define u64_shl vshlq_n_u64
#define u64_shr vshrq_n_u64
#define u64_rotl(a, n) u64_or(u64_shl(a, n), u64_shr(a, 64 - (n)))
#define u64_or_and(a, b, c) u64_or(a, u64_and(b, c))
#define u64_is_zero(a) (vgetq_lane_u64(a, 0) == 0 && vgetq_lane_u64(a, 1) == 0)

/* By n bits, n up to 64 and no constant */
#define u64_left(a, n) vshlq_u64(a, vdupq_n_s64((int64_t)(n)))
#define u64_right(a, n) vshlq_u64(a, vdupq_n_s64(-(int64_t)(n)))

DROP_INLINE u64v
u64_load(const void *from)
{
    return vreinterpretq_u64_u8(vld1q_u8(from));
}

DROP_INLINE void
u64_store(void *to, u64v a)
{
    vst1q_u8(to, vreinterpretq_u8_u64(a));
}

#define u64_load_bits u64_load
#define u64_store_bits u64_store
#define u64_store_bits_nt u64_store

DROP_INLINE u64v
u64_mul32(u64v a, u64v b)
{
    return vmull_u32(vmovn_u64(a), vmovn_u64(b));
}

DROP_INLINE u64v
u64_swap(u64v a)
{
    return vreinterpretq_u64_u32(vrev64q_u32(vreinterpretq_u32_u64(a)));
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
    for (int t = 0; t < 8; t += 2, to += 16) {
        u64_store(to, vzip1q_u64(word[t], word[t + 1]));
        u64_store(to + 64, vzip2q_u64(word[t], word[t + 1]));
    }
}

/* Bytes of all ones where their bit, of the lowest 16, is 1. */
DROP_INLINE uint8x16_t
bytes_of_bits(uint32_t bits)
{
    const uint8x16_t bit =
        vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    const uint8x16_t byte = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1));
    uint8x16_t all = vreinterpretq_u8_u32(vdupq_n_u32(bits));
    return vtstq_u8(vqtbl1q_u8(all, byte), bit);
}

DROP_INLINE void
unpack32(uint8_t *to, uint32_t bits)
{
    const uint8x16_t one = vdupq_n_u8(1);
    vst1q_u8(to, vandq_u8(bytes_of_bits(bits), one));
    vst1q_u8(to + 16, vandq_u8(bytes_of_bits(bits >> 16), one));
}

/* float32 */
typedef float32x4_t f32v;
typedef float f32_value;
enum { f32_lanes = 4, f32_size = 4 };
#define f32_real f32

#define f32_set1(a) vdupq_n_f32((float)(a))
#define f32_mul vmulq_f32
#define f32_add vaddq_f32
#define f32_div vdivq_f32

#define f32_load(x) vreinterpretq_f32_u8(vld1q_u8((const uint8_t *)(x)))
#define f32_store(to, a) vst1q_u8((uint8_t *)(to), vreinterpretq_u8_f32(a))
#define f32_store_nt f32_store

DROP_INLINE f32v
f32_keep(uint32_t bits, int j, f32v kept, f32v dropped)
{
    const uint32x4_t first = {1, 2, 4, 8};
    uint32x4_t bit = vshlq_u32(first, vdupq_n_s32(4 * j));
    return vbslq_f32(vtstq_u32(vdupq_n_u32(bits), bit), kept, dropped);
}

/* float64 */
typedef float64x2_t f64v;
typedef double f64_value;
enum { f64_lanes = 2, f64_size = 8 };
#define f64_real f64

#define f64_set1 vdupq_n_f64
#define f64_mul vmulq_f64
#define f64_add vaddq_f64
#define f64_sub vsubq_f64
#define f64_div vdivq_f64
#define f64_sqrt vsqrtq_f64
#define f64_as_u64 vreinterpretq_u64_f64
#define u64_as_f64 vreinterpretq_f64_u64

#define f64_load(x) vreinterpretq_f64_u8(vld1q_u8((const uint8_t *)(x)))
#define f64_store(to, a) vst1q_u8((uint8_t *)(to), vreinterpretq_u8_f64(a))
#define f64_store_nt f64_store

DROP_INLINE f64v
f64_keep(uint32_t bits, int j, f64v kept, f64v dropped)
{
    const uint64x2_t first = {1, 2};
    uint64x2_t bit = vshlq_u64(first, vdupq_n_s64(2 * j));
    return vbslq_f64(vtstq_u64(vdupq_n_u64(bits), bit), kept, dropped);
}

/* Which lanes of a are above b's */
DROP_INLINE unsigned
f64_above(f64v a, f64v b)
{
    u64v above = vcgtq_f64(a, b);
    return (unsigned)((vgetq_lane_u64(above, 0) & 1) |
                      (vgetq_lane_u64(above, 1) & 2));
}

/* Halves: 64 bits for a vector of float32 */
typedef uint16x4_t halfv;
#define half_load(x) vreinterpret_u16_u8(vld1_u8((const uint8_t *)(x)))
#define half_store(to, a) vst1_u8((uint8_t *)(to), vreinterpret_u8_u16(a))
#define half_store_nt half_store

#define f16_unpack(half) vcvt_f32_f16(vreinterpret_f16_u16(half))
#define f16_pack(a) vreinterpret_u16_f16(vcvt_f16_f32(a))

typedef uint32x4_t u32v;
#define f32_as_u32 vreinterpretq_u32_f32
#define u32_as_f32 vreinterpretq_f32_u32
#define u64_as_u32 vreinterpretq_u32_u64
#define u32_as_u64 vreinterpretq_u64_u32
#define u32_widen vmovl_u16
#define u32_narrow vmovn_u32

/* Items of 1, 2, 4 and 8 bytes */
DROP_INLINE u64v
item1_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    return vreinterpretq_u64_u8(vbslq_u8(bytes_of_bits(bits >> 16 * j),
                                         vreinterpretq_u8_u64(kept),
                                         vreinterpretq_u8_u64(dropped)));
}

DROP_INLINE u64v
item2_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    const uint16x8_t bit = {1, 2, 4, 8, 16, 32, 64, 128};
    uint16x8_t all = vdupq_n_u16((uint16_t)(bits >> 8 * j));
    return vreinterpretq_u64_u16(vbslq_u16(vtstq_u16(all, bit),
                                           vreinterpretq_u16_u64(kept),
                                           vreinterpretq_u16_u64(dropped)));
}

DROP_INLINE u64v
item4_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    return vreinterpretq_u64_f32(f32_keep(bits, j, vreinterpretq_f32_u64(kept),
                                          vreinterpretq_f32_u64(dropped)));
}

DROP_INLINE u64v
item8_keep(uint32_t bits, int j, u64v kept, u64v dropped)
{
    return f64_as_u64(
        f64_keep(bits, j, u64_as_f64(kept), u64_as_f64(dropped)));
}

#define fence() ((void)0)
