/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Philox and SFC64 against known answers, a table's bernoulli and uniforms
 * against the uniform of each element.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"

#include <string.h>

void
test_philox(const char *known_answers)
{
    FILE *file = fopen(known_answers, "r");
    char line[256];
    int found = 0;
    while (file && fgets(line, sizeof line, file)) {
        uint32_t w[10], word[4];
        int n = sscanf(line,
                       "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32
                       "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32,
                       &w[0], &w[1], &w[2], &w[3], &w[4], &w[5], &w[6], &w[7],
                       &w[8], &w[9]);
        if (line[0] == '#' || n != 10) {
            continue;
        }
        drop_philox(word, w, w[4] | (uint64_t)w[5] << 32);
        if (memcmp(word, w + 6, sizeof word)) {
            fail("philox: expected %08x %08x %08x %08x, "
                 "got %08x %08x %08x %08x",
                 w[6], w[7], w[8], w[9], word[0], word[1], word[2], word[3]);
        }
        found++;
    }
    if (found < 3) {
        fail("%s has %d known answers, expected 3", known_answers, found);
    }
    fclose(file);
    checks += (uint64_t)found;
}

static void
expect(const char *what, uint64_t expected, uint64_t got)
{
    if (expected != got) {
        fail("%s: expected %016" PRIx64 ", got %016" PRIx64, what, expected,
             got);
    }
    checks++;
}

/* The known answers of STREAM.md. */
void
test_segments(void)
{
    static const uint64_t outputs[] = {
        UINT64_C(0xde2c3f1ab3ff3ef8), UINT64_C(0xdeb108d9935f314e),
        UINT64_C(0x7609f81d974ad778), UINT64_C(0xe2e964a40c39dcc8)};
    static const struct {
        uint64_t key, index, uniform;
    } known[] = {{12345, 3584, UINT64_C(0x009f4d6757)},
                 {12345, 3585, UINT64_C(0x413d8a4bbc)},
                 {12345, 3586, UINT64_C(0x26964a7511)},
                 {UINT64_MAX, 0, UINT64_C(0x94b61721b3)},
                 {UINT64_MAX, 511, UINT64_C(0xb0b2f11033)},
                 {UINT64_MAX, 512, UINT64_C(0x537991c64d)},
                 {UINT64_MAX, UINT64_MAX, UINT64_C(0x0fcf9a1243)}};
    drop_sfc64 state = drop_sfc64_seed(12345, 7);
    for (int i = 0; i < 320; i++) {
        uint64_t output = drop_sfc64_next(&state);
        if (i < 4) {
            expect("output", outputs[i], output);
        }
        if (i == 319) {
            expect("output 319", UINT64_C(0x20fd37052669d95c), output);
        }
    }
    for (size_t i = 0; i < COUNT(known); i++) {
        expect("uniform", known[i].uniform,
               drop_uniform(known[i].key, known[i].index));
    }
}

enum { MOST = 3 * DROP_MAX_LANES };

/* Segments of any numbers under one key. */
typedef struct {
    uint64_t key, segment[MOST], uniform[MOST][DROP_SEGMENT];
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
        fail("bernoulli, progress: expected step %zu of %zu, got %zu of %zu",
             s->calls, s->total, done, total);
    }
    s->calls++;
    s->total = total;
}

/* Bits that are asked for: few or many, in one place or anywhere. */
static void
any_asked(uint64_t asked[MOST][DROP_SEGMENT_WORDS])
{
    for (size_t i = 0; i < MOST * DROP_SEGMENT_WORDS; i++) {
        asked[0][i] = one_in(2)   ? 0
                      : one_in(2) ? any()
                                  : any() & any() & any();
    }
}

/* The first n segments. */
static void
check_drawing(const drawing *d, uint64_t threshold, size_t n)
{
    uint64_t asked[MOST][DROP_SEGMENT_WORDS];
    drop_sampler sampler;
    steps s = {0, 0};
    const int asks = one_in(2);
    const size_t room = (n + DROP_MAX_LANES - 1) / DROP_MAX_LANES;
    const size_t size = room * DROP_MAX_LANES * DROP_SEGMENT / 8;
    guard_place place = (guard_place)below(PLACES);
    uint8_t *bits = guard_put(d->pages, size, place, 1);
    any_asked(asked);
    drop_sampler_start(&sampler, d->key, threshold);
    tested->bernoulli(bits, d->segment, asks ? asked : NULL, n, &sampler,
                      one_in(2) ? count_step : NULL, &s);
    for (size_t i = 0; i < n * DROP_SEGMENT; i++) {
        const int expected = d->uniform[0][i] >= threshold;
        const int wanted = !asks || (asked[0][i / 64] >> i % 64 & 1);
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
    if (!guard_is_clean(d->pages, bits, size)) {
        fail("bernoulli, %zu segments: wrote beyond its bits", n);
    }
    checks++;
}

static void
check_uniforms(const drawing *d, size_t n)
{
    static uint64_t to[MOST + 1][DROP_SEGMENT];
    drop_sampler sampler;
    drop_sampler_start(&sampler, d->key, 0);
    memset(to, 0xA5, sizeof to);
    tested->uniforms(to[0], d->segment, n, &sampler);
    if (memcmp(to, d->uniform, n * sizeof to[0])) {
        fail("uniforms of %zu segments, key %016" PRIx64, n, d->key);
    }
    const size_t room = (n + DROP_MAX_LANES - 1) / DROP_MAX_LANES;
    expect("uniforms, behind", UINT64_C(0xA5A5A5A5A5A5A5A5),
           to[room * DROP_MAX_LANES][0]);
}

static void
check_segments(drawing *d)
{
    const uint64_t edges[] = {0,
                              1,
                              2,
                              UINT64_C(1) << 38,
                              UINT64_C(1) << 39,
                              UINT64_C(3) << 38,
                              DROP_ONE - 1,
                              DROP_ONE};
    for (size_t i = 0; i < MOST; i++) {
        for (size_t e = 0; e < DROP_SEGMENT; e++) {
            uint64_t index = d->segment[i] * DROP_SEGMENT + e;
            d->uniform[i][e] = drop_uniform(d->key, index);
        }
    }
    for (size_t n = 1; n <= MOST; n++) {
        for (size_t i = 0; i < COUNT(edges); i++) {
            check_drawing(d, edges[i], n);
        }
        check_drawing(d, below(DROP_ONE), n);
        check_uniforms(d, n);
    }
    /* T of every number of planes, and an element's own uniform, which is kept
     * at it and dropped above it. */
    for (int zeros = 0; zeros < DROP_PLANES; zeros++) {
        uint64_t uniform = d->uniform[below(MOST)][below(DROP_SEGMENT)];
        check_drawing(d, (below(DROP_ONE) >> zeros | 1) << zeros,
                      1 + below(MOST));
        check_drawing(d, uniform, 1 + below(MOST));
        check_drawing(d, uniform + 1, 1 + below(MOST));
    }
}

void
test_bernoulli(void)
{
    const uint64_t top = UINT64_C(1) << 55, high = UINT64_C(1) << 32;
    const uint64_t keys[] = {0,    1,          UINT32_MAX,
                             high, UINT64_MAX, UINT64_C(0x299f31d0a4093822)};
    const uint64_t firsts[] = {0,        high - 1,   high - MOST / 2,
                               high / 2, top - MOST, any() % (top - MOST)};
    static drawing d;
    d.pages = guard_new(MOST * DROP_SEGMENT / 8 + 256);
    for (size_t i = 0; i < COUNT(firsts) + 2; i++) {
        for (size_t j = 0; j < MOST; j++) {
            d.segment[j] =
                i < COUNT(firsts) ? firsts[i] + j : any() >> below(64) >> 9;
        }
        for (size_t j = 0; j < COUNT(keys); j++) {
            d.key = keys[j];
            if (!is_skipped()) {
                check_segments(&d);
            }
        }
    }
    guard_free(d.pages);
}
