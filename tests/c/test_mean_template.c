/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's means against each of them by itself: all dtypes, with bits and
 * without, at all lengths around a block.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "value.h"
#include "array/run.h"

#include <string.h>

enum { MOST = 100, ARRAYS = 4, PITCH = 16 + DROP_BITS_PAD };

static guard pages[ARRAYS + 2];

/* An element of usual size, or any bits. */
static void
fill(drop_dtype dtype, uint8_t *to, size_t n)
{
    const size_t size = drop_size(dtype);
    any_bytes(to, n * size);
    for (size_t i = 0; i < n; i++) {
        if (!one_in(8)) {
            double value = one_in(8) ? -0.0 : (double)below(4001) / 1000 - 2;
            value_store(dtype, to + i * size, value);
        }
    }
}

static void
check_mean(drop_dtype dtype, size_t count, size_t n, int is_masked)
{
    const size_t size = drop_size(dtype), offset = below(17);
    uint8_t given[ARRAYS][MOST * 8], bits[ARRAYS * PITCH];
    const void *x[ARRAYS];
    uint8_t *out = guard_put(pages[ARRAYS], n * size, AT_END, size);
    const size_t same = below(ARRAYS + 1); /* the array that is out */
    any_bytes(bits, sizeof bits);
    for (size_t p = 0; p < count; p++) {
        uint8_t *at = p == same ? out
                                : guard_put(pages[p], n * size,
                                            (guard_place)below(PLACES), 1);
        fill(dtype, given[p], n);
        memcpy(at, given[p], n * size);
        x[p] = at;
    }
    tested->mean[dtype](out, x, count, is_masked ? bits : NULL, PITCH, offset,
                        n);
    for (size_t i = 0; i < n; i++) {
        uint8_t keep[ARRAYS], expected[8];
        const void *element[ARRAYS];
        for (size_t p = 0; p < count; p++) {
            const size_t bit = 8 * p * PITCH + offset + i;
            keep[p] = bits[bit / 8] >> bit % 8 & 1;
            element[p] = given[p] + i * size;
        }
        value_mean(dtype, expected, element, is_masked ? keep : NULL, count);
        if (!value_same(dtype, out + i * size, expected)) {
            fail("mean of %zu %s, masked %d, n %zu, at %zu: expected %" PRIx64
                 ", got %" PRIx64,
                 count, value_names[dtype], is_masked, n, i,
                 value_bits(dtype, expected),
                 value_bits(dtype, out + i * size));
        }
    }
    if (!guard_is_clean(pages[ARRAYS], out, n * size)) {
        fail("mean of %s, n %zu: wrote beyond out", value_names[dtype], n);
    }
    checks++;
}

void
test_mean(void)
{
    for (size_t i = 0; i <= ARRAYS; i++) {
        pages[i] = guard_new(MOST * 8 + 128);
    }
    for (int dtype = 0; dtype < DROP_BOOL; dtype++) {
        for (size_t count = 0; count <= ARRAYS; count++) {
            for (size_t n = 0; n <= MOST; n++) {
                for (int is_masked = 0; is_masked < 2; is_masked++) {
                    if (!is_skipped()) {
                        check_mean((drop_dtype)dtype, count, n, is_masked);
                    }
                }
            }
        }
    }
    for (size_t i = 0; i <= ARRAYS; i++) {
        guard_free(pages[i]);
    }
}
