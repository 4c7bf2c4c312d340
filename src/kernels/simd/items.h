/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Vectors of items of 1 to 16 bytes, of which a list has to select: they are
 * vectors of 64-bit lanes in the order of memory, those of 16 bytes pairs of
 * them. A list may have a vector of its own for single bytes.
 */
#ifndef item1_load
typedef u64v item1v;
#define item1_load u64_load_bits
#define item1_store u64_store_bits
#define item1_store_nt u64_store_bits_nt
#define ITEM1_LANES (8 * U64_LANES)
#endif
typedef u64v item2v, item4v, item8v;
typedef struct {
    u64v low, high;
} item16v;

enum {
    item1_lanes = ITEM1_LANES,
    item2_lanes = 4 * U64_LANES,
    item4_lanes = 2 * U64_LANES,
    item8_lanes = U64_LANES,
    item16_lanes = U64_LANES,
};
enum {
    item1_size = 1,
    item2_size = 2,
    item4_size = 4,
    item8_size = 8,
    item16_size = 16,
};

#define item2_load u64_load_bits
#define item4_load u64_load_bits
#define item8_load u64_load_bits
#define item2_store u64_store_bits
#define item4_store u64_store_bits
#define item8_store u64_store_bits
#define item2_store_nt u64_store_bits_nt
#define item4_store_nt u64_store_bits_nt
#define item8_store_nt u64_store_bits_nt

DROP_INLINE item16v
item16_load(const char *x)
{
    return (item16v){u64_load_bits(x), u64_load_bits(x + sizeof(u64v))};
}

DROP_INLINE void
item16_store(char *to, item16v a)
{
    u64_store_bits(to, a.low);
    u64_store_bits(to + sizeof(u64v), a.high);
}

DROP_INLINE void
item16_store_nt(char *to, item16v a)
{
    u64_store_bits_nt(to, a.low);
    u64_store_bits_nt(to + sizeof(u64v), a.high);
}

/* Each bit twice, since an item has two lanes. */
DROP_INLINE item16v
item16_keep(uint32_t bits, int j, item16v kept, item16v dropped)
{
    uint32_t twice = bits >> (U64_LANES * j) & ((1u << U64_LANES) - 1);
    twice = (twice | twice << 4) & 0x0F0F;
    twice = (twice | twice << 2) & 0x3333;
    twice = (twice | twice << 1) & 0x5555;
    twice |= twice << 1;
    return (item16v){item8_keep(twice, 0, kept.low, dropped.low),
                     item8_keep(twice, 1, kept.high, dropped.high)};
}
