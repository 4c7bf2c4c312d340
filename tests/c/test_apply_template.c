/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's apply against the definition of every element: all dtypes, forms
 * and ways to touch the memory, at all offsets and lengths around its blocks.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "array/run.h"
#include "value.h"

#include <math.h>
#include <string.h>

/* Elements and bit offsets: some blocks of 32, and groups of 8 bits. */
enum { MOST = 200, OFFSETS = 41, BITS_SIZE = (MOST + OFFSETS) / 8 + 1 };
enum { MOST_BYTES = MOST * DROP_MAX_ITEM };

/* Elements and what becomes of them. */
typedef struct {
    drop_dtype dtype;
    size_t size;
    drop_affine affine;
    uint8_t x[MOST_BYTES], r[MOST_BYTES], kept[MOST_BYTES];
    uint8_t dropped[MOST_BYTES];
} sheet;

static struct {
    guard out, x, r, bits;
} memory;

static void
fill(drop_dtype dtype, uint8_t *to, size_t n)
{
    const double special[] = {0.,
                              -0.,
                              1,
                              -1,
                              INFINITY,
                              -INFINITY,
                              NAN,
                              0x1p-1074,
                              0x1p-149,
                              0x1p-133,
                              -0x1p-24,
                              0x1p-126,
                              0x1p-14,
                              65504,
                              0x1.fffffep127,
                              0x1.fffffffffffffp1023};
    any_bytes(to, n * drop_size(dtype));
    for (size_t i = 0; i < n && dtype < DROP_BOOL; i++) {
        uint64_t kind = below(4);
        if (kind == 0) {
            value_store(dtype, to + i * drop_size(dtype),
                        special[below(COUNT(special))]);
        }
        if (kind == 1) {
            value_store(dtype, to + i * drop_size(dtype),
                        (double)(int64_t)any() * 0x1p-62);
        }
    }
}

static void
prepare(sheet *s, drop_dtype dtype, drop_form form)
{
    s->dtype = dtype;
    s->size = drop_size(dtype);
    s->affine = any_affine(form);
    fill(dtype, s->x, MOST);
    fill(dtype, s->r, MOST);
    for (size_t at = 0; at < MOST * s->size; at += s->size) {
        value_result(dtype, s->kept + at, s->x + at, s->r + at, 1, &s->affine);
        value_result(dtype, s->dropped + at, s->x + at, s->r + at, 0,
                     &s->affine);
    }
}

static uint8_t *
put(guard pages, const uint8_t *from, size_t size)
{
    uint8_t *to = guard_put(pages, size, (guard_place)below(PLACES), 1);
    memcpy(to, from, size);
    return to;
}

static void
compare(const sheet *s, const uint8_t *out, const uint8_t *bits, size_t offset,
        size_t n, int hints)
{
    for (size_t i = 0; i < n; i++) {
        int keep = bits[(offset + i) / 8] >> (offset + i) % 8 & 1;
        const uint8_t *expected = keep ? s->kept : s->dropped;
        size_t at = i * s->size;
        if (value_same(s->dtype, out + at, expected + at)) {
            continue;
        }
        fail("apply %s, form %d, hints %d, offset %zu, n %zu, element %zu, "
             "keep %d, x %" PRIx64 ", r %" PRIx64 ", a %a, b %a, c %a: "
             "expected %" PRIx64 ", got %" PRIx64,
             value_names[s->dtype], s->affine.form, hints, offset, n, i, keep,
             value_bits(s->dtype, s->x + at), value_bits(s->dtype, s->r + at),
             s->affine.a, s->affine.b, s->affine.c,
             value_bits(s->dtype, expected + at),
             value_bits(s->dtype, out + at));
    }
}

/* Into memory of its own, or over x, or over r. */
static void
check_apply(const sheet *s, size_t offset, size_t n, int hints)
{
    uint8_t mask[BITS_SIZE + DROP_BITS_PAD];
    size_t size = n * s->size,
           align = hints & DROP_NONTEMPORAL ? DROP_ALIGN : 1;
    size_t bytes = n ? (offset + n - 1) / 8 + 1 + DROP_BITS_PAD : 0;
    uint8_t *out =
        guard_put(memory.out, size, (guard_place)below(PLACES), align);
    uint8_t *x = NULL, *r = NULL;
    uint64_t over = below(4);
    any_bytes(mask, sizeof mask);
    if (s->dtype != DROP_BOOL) {
        x = over == 0 ? memcpy(out, s->x, size) : put(memory.x, s->x, size);
    }
    if (s->affine.form == DROP_RESIDUAL || s->affine.form == DROP_REPLACE) {
        r = over == 1 ? memcpy(out, s->r, size) : put(memory.r, s->r, size);
    }
    uint8_t *bits = put(memory.bits, mask, bytes);
    tested->apply[s->dtype](out, x, r, bits, offset, n, &s->affine, hints);
    tested->fence();
    compare(s, out, mask, offset, n, hints);
    if (!guard_is_clean(memory.out, out, size)) {
        fail(
            "apply %s, form %d, hints %d, offset %zu, n %zu: wrote beyond out",
            value_names[s->dtype], s->affine.form, hints, offset, n);
    }
    checks++;
}

void
test_apply(void)
{
    static sheet s;
    memory.out = guard_new(MOST_BYTES + 128);
    memory.x = guard_new(MOST_BYTES + 128);
    memory.r = guard_new(MOST_BYTES + 128);
    memory.bits = guard_new(BITS_SIZE + 128);
    for (int dtype = 0; dtype < DROP_DTYPES; dtype++) {
        for (uint64_t form = 0; form < 3; form++) {
            for (size_t offset = 0; offset < OFFSETS; offset++) {
                prepare(&s, (drop_dtype)dtype,
                        value_form((drop_dtype)dtype, form));
                for (size_t n = 0; n <= MOST; n++) {
                    for (int hints = 0; hints < 4; hints++) {
                        if (!is_skipped()) {
                            check_apply(&s, offset, n, hints);
                        }
                    }
                }
            }
        }
    }
    guard_free(memory.out);
    guard_free(memory.x);
    guard_free(memory.r);
    guard_free(memory.bits);
}
