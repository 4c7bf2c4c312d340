/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory of any alignment as numbers, packed bits as little-endian words, and
 * what is prefetched of it; and the smaller of two sizes.
 */
#ifndef DROP_BASE_MEM_H
#define DROP_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DROP_INLINE static inline __attribute__((always_inline, unused))

DROP_INLINE size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Prefetches some bytes that begin so far from an address, in an array or
 * beyond its ends. */
DROP_INLINE void
prefetch(const char *from, ptrdiff_t offset, size_t bytes)
{
    const uintptr_t first = (uintptr_t)from + (uintptr_t)offset;
    for (size_t at = 0; at < bytes; at += 64) {
        __builtin_prefetch((const char *)(first + at));
    }
}

DROP_INLINE uint64_t
le64(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

DROP_INLINE uint64_t
load_le64(const void *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return le64(word);
}

DROP_INLINE uint32_t
load_le32(const void *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

DROP_INLINE void
store_le64(void *to, uint64_t word)
{
    word = le64(word);
    memcpy(to, &word, sizeof word);
}

/* The 32 bits from a bit offset on. Reads 8 bytes, from the byte of the first
 * bit on. */
DROP_INLINE uint32_t
load_bits32(const uint8_t *bits, size_t offset)
{
    return (uint32_t)(load_le64(bits + (offset >> 3)) >> (offset & 7));
}

#endif
