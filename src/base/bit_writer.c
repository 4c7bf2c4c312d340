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

void
drop_bits_fill(drop_writer *w, size_t n)
{
    for (; n >= 64; n -= 64) {
        drop_bits_put(w, UINT64_MAX, 64);
    }
    drop_bits_put(w, (UINT64_C(1) << n) - 1, (unsigned)n);
}

void
drop_bits_repeat(drop_writer *w, const uint8_t *from, size_t offset,
                 size_t count, size_t n)
{
    for (size_t i = offset; i < offset + count; i++) {
        uint64_t bits = -(uint64_t)(from[i / 8] >> i % 8 & 1);
        size_t left = n;
        for (; left >= 64; left -= 64) {
            drop_bits_put(w, bits, 64);
        }
        drop_bits_put(w, bits & ((UINT64_C(1) << left) - 1), (unsigned)left);
    }
}
