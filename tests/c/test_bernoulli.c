/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's bernoulli against the uniform of each element.
 */
#include "chance.h"
#include "check.h"
#include "drawing.h"
#include "guard.h"

static guard pages;

typedef struct {
    size_t calls, total;
} steps;

static void
count_step(void *context, size_t done, size_t total)
{
    steps *s = context;
    if (done != s->calls || done >= total || (done && total != s->total)) {
        fail("bernoulli, progress: expected step %zu of %zu, got %zu of %zu",
             s->calls, s->total, done, total);
    }
    s->calls++;
    s->total = total;
}

/* Bits that are asked for: few or many, in one place or anywhere. */
static void
any_asked(uint64_t asked[DRAWN][DROP_SEGMENT_WORDS])
{
    for (size_t i = 0; i < DRAWN * DROP_SEGMENT_WORDS; i++) {
        uint64_t few = any() & any() & any();
        asked[i / DROP_SEGMENT_WORDS][i % DROP_SEGMENT_WORDS] = one_in(2) ? 0
                                                                : one_in(2)
                                                                    ? any()
                                                                    : few;
    }
}

/* The first n segments. */
static void
check_bits(const drawing *d, uint64_t threshold, size_t n)
{
    uint64_t asked[DRAWN][DROP_SEGMENT_WORDS];
    drop_sampler sampler;
    steps s = {0, 0};
    const int asks = one_in(2);
    const size_t room = (n + DROP_MAX_LANES - 1) / DROP_MAX_LANES;
    const size_t size = room * DROP_MAX_LANES * DROP_SEGMENT / 8;
    guard_place place = (guard_place)below(PLACES);
    uint8_t *bits = guard_put(pages, size, place, 1);
    any_asked(asked);
    drop_sampler_start(&sampler, d->key, threshold);
    tested->bernoulli(bits, d->segment, asks ? asked : NULL, n, &sampler,
                      one_in(2) ? count_step : NULL, &s);
    for (size_t i = 0; i < n * DROP_SEGMENT; i++) {
        const size_t row = i / DROP_SEGMENT, bit = i % DROP_SEGMENT;
        const int expected = d->uniform[row][bit] >= threshold;
        const int wanted = !asks || (asked[row][bit / 64] >> bit % 64 & 1);
        if (wanted && (bits[i / 8] >> i % 8 & 1) != expected) {
            fail("bernoulli, key %016" PRIx64 ", T %010" PRIx64
                 ", segment %016" PRIx64 ", %zu of them, bit %zu: expected %d",
                 d->key, threshold, d->segment[i / DROP_SEGMENT], n,
                 i % DROP_SEGMENT, expected);
        }
    }
    if (s.calls > s.total) {
        fail("bernoulli, T %010" PRIx64 ": %zu of %zu steps", threshold,
             s.calls, s.total);
    }
    if (!guard_is_clean(pages, bits, size)) {
        fail("bernoulli, %zu segments: wrote beyond its bits", n);
    }
    checks++;
}

static void
check_drawing(const drawing *d)
{
    const uint64_t edges[] = {0,
                              1,
                              2,
                              UINT64_C(1) << 38,
                              UINT64_C(1) << 39,
                              UINT64_C(3) << 38,
                              DROP_ONE - 1,
                              DROP_ONE};
    for (size_t n = 1; n <= DRAWN; n++) {
        for (size_t i = 0; i < COUNT(edges); i++) {
            check_bits(d, edges[i], n);
        }
        check_bits(d, below(DROP_ONE), n);
    }
    /* T of every number of planes, and an element's own uniform, which is kept
     * at it and dropped above it. */
    for (int zeros = 0; zeros < DROP_PLANES; zeros++) {
        uint64_t uniform = d->uniform[below(DRAWN)][below(DROP_SEGMENT)];
        check_bits(d, (below(DROP_ONE) >> zeros | 1) << zeros,
                   1 + below(DRAWN));
        check_bits(d, uniform, 1 + below(DRAWN));
        check_bits(d, uniform + 1, 1 + below(DRAWN));
    }
}

void
test_bernoulli(void)
{
    pages = guard_new(DRAWN * DROP_SEGMENT / 8 + 256);
    check_drawings(check_drawing);
    guard_free(pages);
}
