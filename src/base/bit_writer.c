/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bit_writer.h"

void
drop_bits_copy(drop_writer *w, const uint8_t *from, size_t offset, size_t n)
{
    if (w->filled == 0 && offset % 8 == 0) {
        size_t words = n / 64;
        memcpy(w->to, from + offset / 8, 8 * words);
        w->to += 8 * words;
        offset += 64 * words;
        n -= 64 * words;
    }
    for (; n >= 32; n -= 32, offset += 32) {
        drop_bits_put(w, load_bits32(from, offset), 32);
    }
    if (n) {
        uint32_t rest = load_bits32(from, offset) & ((1u << n) - 1);
        drop_bits_put(w, rest, (unsigned)n);
    }
}

/* Eight bytes, each 0 or 1, as bits: the product moves byte i to bit 56 + i.
 */
static uint64_t
pack_eight(const uint8_t *bytes)
{
    return load_le64(bytes) * UINT64_C(0x0102040810204080) >> 56;
}

void
drop_bits_pack(drop_writer *w, const uint8_t *bytes, size_t n)
{
    for (; n >= 64; n -= 64, bytes += 64) {
        uint64_t bits = 0;
        for (unsigned i = 0; i < 64; i += 8) {
            bits |= pack_eight(bytes + i) << i;
        }
        drop_bits_put(w, bits, 64);
    }
    for (; n >= 8; n -= 8, bytes += 8) {
        drop_bits_put(w, pack_eight(bytes), 8);
    }
    for (; n; n--, bytes++) {
        drop_bits_put(w, *bytes, 1);
    }
}

void
drop_bits_fill(drop_writer *w, size_t n)
{
    for (; n >= 64; n -= 64) {
        drop_bits_put(w, UINT64_MAX, 64);
    }
    drop_bits_put(w, (UINT64_C(1) << n) - 1, (unsigned)n);
}

/* Spreads bits, and repeats each n times. For g = most / 2, ..., 2, 1 each
 * group of 2*g bits is split in two, the second moved n*g places from the
 * first; then each bit fills its n places. */
static void
repeat_few(drop_writer *w, const uint8_t *from, size_t offset, size_t count,
           size_t n)
{
    uint64_t group[5]; /* the places of groups of 1, 2, 4, ... bits */
    unsigned groups = 0, most = 1;
    /* As many bits as have room in a word, at most the 32 of load_bits32. */
    for (; most < 32 && 2 * most * n <= 64; most *= 2, groups++) {
        group[groups] = (UINT64_C(1) << most) - 1;
        for (size_t at = most * n; at < 64; at *= 2) {
            group[groups] |= group[groups] << at;
        }
    }
    const uint64_t all = UINT64_MAX >> (64 - n);
    for (size_t some; count; offset += some, count -= some) {
        some = least(count, most);
        uint64_t bits = load_bits32(from, offset);
        bits &= (UINT64_C(1) << some) - 1;
        for (unsigned i = groups; i-- > 0;) {
            bits = (bits | bits << ((n - 1) << i)) & group[i];
        }
        drop_bits_put(w, bits * all, (unsigned)(some * n));
    }
}

/* Writes a bit n > 64 times: to the end of a word, whole words, and the rest.
 */
static void
repeat_often(drop_writer *w, int bit, size_t n)
{
    const uint64_t bits = -(uint64_t)bit;
    const unsigned first = 64 - w->filled, rest = (n - first) % 64;
    const size_t bytes = (n - first) / 64 * 8;
    drop_bits_put(w, bits >> w->filled, first);
    memset(w->to, -bit, bytes);
    w->to += bytes;
    drop_bits_put(w, bits & ((UINT64_C(1) << rest) - 1), rest);
}

void
drop_bits_repeat(drop_writer *w, const uint8_t *from, size_t offset,
                 size_t count, size_t n)
{
    if (n <= 64) {
        repeat_few(w, from, offset, count, n);
        return;
    }
    for (size_t i = offset; i < offset + count; i++) {
        repeat_often(w, from[i / 8] >> i % 8 & 1, n);
    }
}
