/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A writer that appends packed bits to memory, from any bit offset.
 */
#ifndef DROP_BASE_BIT_WRITER_H
#define DROP_BASE_BIT_WRITER_H

#include "base/mem.h"

/* Appends bits to memory. A word is stored when it is full; drop_bits_end
 * stores the bytes of the last one, whose unused bits are 0. */
typedef struct {
    uint8_t *to;
    uint64_t word;   /* bits that are not in memory yet */
    unsigned filled; /* how many they are, below 64 */
} drop_writer;

/* Writes the n <= 64 lowest bits of a word whose others are 0. */
DROP_INLINE void
drop_bits_put(drop_writer *w, uint64_t bits, unsigned n)
{
    unsigned filled = w->filled + n;
    w->word |= bits << w->filled;
    if (filled >= 64) {
        store_le64(w->to, w->word);
        w->to += 8;
        filled -= 64;
        w->word = filled ? bits >> (n - filled) : 0;
    }
    w->filled = filled;
}

DROP_INLINE void
drop_bits_end(drop_writer *w)
{
    uint64_t word = le64(w->word);
    memcpy(w->to, &word, (w->filled + 7) / 8);
}

/* Writes bits offset..offset+n-1 of from. */
void drop_bits_copy(drop_writer *w, const uint8_t *from, size_t offset,
                    size_t n);

/* Writes n bytes, each 0 or 1, as bits. */
void drop_bits_pack(drop_writer *w, const uint8_t *bytes, size_t n);

/* Writes n bits that are 1. */
void drop_bits_fill(drop_writer *w, size_t n);

/* Writes count bits of from, the first at offset, each n times. */
void drop_bits_repeat(drop_writer *w, const uint8_t *from, size_t offset,
                      size_t count, size_t n);

#endif
