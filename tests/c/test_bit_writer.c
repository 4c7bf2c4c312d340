/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packed bits moved about, against one bit at a time.
 */
#include "base/bit_writer.h"
#include "chance.h"
#include "check.h"
#include "guard.h"

#include <string.h>

enum { MOST = 1024 };

static int
get(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

/* What a writer is to have written, bit by bit. */
typedef struct {
    uint8_t bit[MOST + 8]; /* and the rest of the last byte */
    size_t n;
} expected;

/* One of the ways to write some more bits, n at the most. */
static void
write_some(drop_writer *writer, expected *e, const uint8_t *from, size_t n)
{
    size_t offset = below(64), some = below(n + 1), times, count;
    uint8_t bools[MOST];
    uint64_t word;
    switch (below(4)) {
    case 0:
        drop_bits_copy(writer, from, offset, some);
        for (size_t i = 0; i < some; i++) {
            e->bit[e->n++] = (uint8_t)get(from, offset + i);
        }
        break;
    case 1:
        times = 1 + below(below(2) ? 6 : 200);
        count = some / times;
        drop_bits_repeat(writer, from, offset, count, times);
        for (size_t i = 0; i < count * times; i++) {
            e->bit[e->n++] = (uint8_t)get(from, offset + i / times);
        }
        break;
    case 2:
        for (size_t i = 0; i < some; i++) {
            bools[i] = e->bit[e->n++] = (uint8_t)get(from, offset + i);
        }
        drop_bits_pack(writer, bools, some);
        break;
    default:
        some = some < 64 ? some : 64;
        word = some == 64 ? any() : any() & ((UINT64_C(1) << some) - 1);
        drop_bits_put(writer, word, (unsigned)some);
        for (size_t i = 0; i < some; i++) {
            e->bit[e->n++] = word >> i & 1;
        }
    }
}

static void
check_writer(guard from_pages, guard to_pages)
{
    static expected e;
    size_t n = below(MOST), bytes = (n + 7) / 8;
    uint8_t *to = guard_put(to_pages, bytes, (guard_place)below(PLACES), 1);
    /* Bits at offsets to 63, n of them, and the pad. */
    size_t size = (63 + n) / 8 + 1 + DROP_BITS_PAD;
    uint8_t *from = guard_put(from_pages, size, AT_END, 1);
    drop_writer writer = {to, 0, 0};
    any_bytes(from, size);
    e.n = 0;
    while (e.n < n) {
        write_some(&writer, &e, from, n - e.n);
    }
    drop_bits_end(&writer);
    memset(e.bit + n, 0, 8);
    for (size_t i = 0; i < 8 * bytes; i++) {
        if (get(to, i) != e.bit[i]) {
            fail("bits: %zu written, bit %zu: expected %d, got %d", n, i,
                 e.bit[i], get(to, i));
        }
    }
    if (!guard_is_clean(to_pages, to, bytes)) {
        fail("bits: wrote beyond the last of %zu", n);
    }
    checks++;
}

void
case_bit_writer(void)
{
    guard from = guard_new(MOST / 8 + 64), to = guard_new(MOST / 8 + 256);
    check_writer(from, to);
    guard_free(from);
    guard_free(to);
}

void
test_bit_writer(void)
{
    for (int i = 0; i < 20000; i++) {
        if (!is_skipped()) {
            case_bit_writer();
        }
    }
}
