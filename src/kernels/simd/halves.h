/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The half types, which float32 computes, from the words of a list: halves
 * (halfv) become a vector of float32. Of bfloat16 also two vectors are made,
 * where all that is done with an element is done in them (bf16x2v).
 */
enum {
    half_lanes = f32_lanes,
    f16_lanes = f32_lanes,
    bf16x2_lanes = 2 * f32_lanes,
    half_size = 2,
    f16_size = 2,
    bf16_size = 2,
    bf16x2_size = 2,
};
#define f16_real f32
#define bf16_real f32

typedef f32v f16v;
#define f16_set1 f32_set1
#define f16_keep f32_keep
#define f16_load(x) f16_unpack(half_load(x))
#define f16_store(to, a) half_store(to, f16_pack(a))
#define f16_store_nt(to, a) half_store_nt(to, f16_pack(a))
#define f16_load_partial(x, n) f16_unpack(half_load_partial(x, n))
#define f16_store_partial(to, a, n) half_store_partial(to, f16_pack(a), n)

/* To nearest, ties to even, in the high half: adds 0x7FFF and the bit that
 * becomes the last. A NaN comes from a bfloat16 or from an operation, which
 * makes 0x7FC00000 or 0xFFC00000: in its low half, where it has zeros, nothing
 * is carried. */
DROP_INLINE u32v
bf16_round(f32v a)
{
    u32v word = f32_as_u32(a);
    return word + 0x7FFF + (word >> 16 & 1);
}

#define bf16_unpack(half) u32_as_f32(u32_widen(half) << 16)
#define bf16_pack(a) u32_narrow(bf16_round(a) >> 16)
#define bf16_load(x) bf16_unpack(half_load(x))
#define bf16_store(to, a) half_store(to, bf16_pack(a))
#define bf16_load_partial(x, n) bf16_unpack(half_load_partial(x, n))
#define bf16_store_partial(to, a, n) half_store_partial(to, bf16_pack(a), n)

/* They are loaded, selected and stored as items, unless a list has its own. */
#ifndef bf16x2_store_nt
typedef item2v bf16x2v;
#define bf16x2_load item2_load
#define bf16x2_store item2_store
#define bf16x2_store_nt item2_store_nt
#define bf16x2_load_partial item2_load_partial
#define bf16x2_store_partial item2_store_partial
#define bf16x2_keep item2_keep
#endif

/* Low and high halves of words are a vector each: nothing moves from lane to
 * lane. */
#define bf16x2_low(x) u32_as_f32(u64_as_u32(x) << 16)
#define bf16x2_high(x) u32_as_f32(u64_as_u32(x) & 0xFFFF0000)

DROP_INLINE bf16x2v
bf16x2_join(f32v low, f32v high)
{
    u32v word = bf16_round(high) & 0xFFFF0000;
    return u32_as_u64(word | bf16_round(low) >> 16);
}

DROP_INLINE bf16x2v
bf16x2_set1(double a)
{
    return bf16x2_join(f32_set1(a), f32_set1(a));
}
