/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's bernoulli against the uniform of each element.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"

enum { TILE_GROUPS = DROP_TILE / DROP_GROUP, GROUP_BYTES = DROP_GROUP / 8 };

/* One aligned tile under one key. */
typedef struct {
    uint64_t key, group, uniform[DROP_TILE];
    guard pages;
} drawing;

typedef struct {
    size_t calls, total;
} steps;

static void
count_step(void *context, size_t done, size_t total)
{
    steps *s = context;
    if (done != s->calls || done >= total || (done && total != s->total)) {
        fail("bernoulli, between: expected step %zu of %zu, got %zu of %zu",
             s->calls, s->total, done, total);
    }
    s->calls++;
    s->total = total;
}

/* Groups first..first+n-1 of the tile. */
static void
check_drawing(const drawing *d, uint64_t threshold, size_t first, size_t n,
              const drop_sampler *sampler)
{
    steps s = {0, 0};
    size_t groups = (n + DROP_GROUPS - 1) / DROP_GROUPS * DROP_GROUPS;
    size_t size = groups * GROUP_BYTES;
    guard_place place = (guard_place)below(PLACES);
    uint8_t *bits = guard_put(d->pages, size, place, 1);
    drop_progress_fn *progress_fn = below(2) ? count_step : NULL;
    tested->bernoulli(bits, d->group + first, n, sampler, progress_fn, &s);
    for (size_t i = 0; i < size; i++) {
        uint8_t expected = 0;
        for (size_t b = 0; b < 8; b++) {
            size_t at = first * DROP_GROUP + 8 * i + b;
            expected |= (uint8_t)((d->uniform[at] >= threshold) << b);
        }
        if (bits[i] != expected) {
            fail("bernoulli, key %016" PRIx64 ", T %010" PRIx64
                 ", group %015" PRIx64 ", %zu groups, byte %zu: "
                 "expected %02x, got %02x",
                 d->key, threshold, d->group + first, n, i, expected, bits[i]);
        }
    }
    if (s.calls != s.total) {
        fail("bernoulli, T %010" PRIx64 ": %zu of %zu steps", threshold,
             s.calls, s.total);
    }
    if (!guard_is_clean(d->pages, bits, size)) {
        fail("bernoulli, %zu groups: wrote beyond its bits", n);
    }
    checks++;
}

/* Every count of groups from every place where one may begin, or any one. */
static void
check_threshold(const drawing *d, uint64_t threshold, int all)
{
    drop_sampler sampler;
    drop_sampler_start(&sampler, d->key, threshold);
    drop_sampler_enter(&sampler, (uint32_t)(d->group >> 32));
    size_t any_first = below(TILE_GROUPS / DROP_GROUPS) * DROP_GROUPS;
    size_t any_n = 1 + below(TILE_GROUPS - any_first);
    for (size_t first = 0; all && first < TILE_GROUPS; first += DROP_GROUPS) {
        for (size_t n = 1; n <= TILE_GROUPS - first; n++) {
            check_drawing(d, threshold, first, n, &sampler);
        }
    }
    check_drawing(d, threshold, any_first, any_n, &sampler);
}

static void
check_tile(drawing *d)
{
    const uint64_t edges[] = {0, 1, UINT64_C(1) << 39, DROP_ONE - 1, DROP_ONE};
    for (size_t i = 0; i < DROP_TILE; i++) {
        d->uniform[i] = drop_uniform(d->key, d->group * DROP_GROUP + i);
    }
    for (size_t i = 0; i < COUNT(edges); i++) {
        check_threshold(d, edges[i], !is_skipped());
    }
    check_threshold(d, below(DROP_ONE), !is_skipped());
    /* Those that need no tail, and their neighbours. */
    for (uint64_t top = 0; top < 256; top++) {
        const uint64_t tails[] = {0, 1, UINT32_MAX, below(UINT32_MAX)};
        for (size_t i = 0; i < COUNT(tails); i++) {
            if (!is_skipped()) {
                check_threshold(d, top << 32 | tails[i], 0);
            }
        }
    }
    /* An element at its threshold is kept, and dropped above it. */
    for (int i = 0; i < 64; i++) {
        uint64_t uniform = d->uniform[below(DROP_TILE)];
        if (!is_skipped()) {
            check_threshold(d, uniform, 0);
            check_threshold(d, uniform + 1, 0);
        }
    }
}

void
test_bernoulli(void)
{
    const uint64_t top = UINT64_C(1) << 57, high = UINT64_C(1) << 32;
    const uint64_t keys[] = {0,    1,          UINT32_MAX,
                             high, UINT64_MAX, UINT64_C(0x299f31d0a4093822)};
    const uint64_t groups[] = {0,
                               TILE_GROUPS,
                               high / DROP_GROUP - TILE_GROUPS,
                               high / DROP_GROUP,
                               high / 2,
                               high - TILE_GROUPS,
                               high,
                               high + TILE_GROUPS,
                               top / 2 - TILE_GROUPS,
                               top / 2,
                               top - high,
                               top - TILE_GROUPS,
                               any() % top / TILE_GROUPS * TILE_GROUPS};
    static drawing d;
    d.pages = guard_new(DROP_TILE / 8 + 256);
    const size_t step = thin > 1 ? COUNT(keys) : 2;
    for (size_t i = 0; i < COUNT(groups); i++) {
        for (size_t j = i % step; j < COUNT(keys); j += step) {
            d.group = groups[i];
            d.key = keys[j];
            check_tile(&d);
        }
    }
    guard_free(d.pages);
}
