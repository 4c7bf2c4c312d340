/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Survivors against each uniform by itself.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "uniform.h"
#include "ops/survivors.h"

enum { LIVING = 4 };

static void
check_survivors(size_t samples, size_t size, size_t living)
{
    const uint64_t rates[] = {DROP_ONE / 2, DROP_ONE / 3, DROP_ONE, 0};
    const size_t numbers = living * sizeof(uint64_t), kept = living * samples;
    guard pages[] = {guard_new(numbers), guard_new(numbers), guard_new(kept)};
    uint64_t *place = (uint64_t *)guard_put(pages[0], numbers, AT_END, 8);
    uint64_t *threshold = (uint64_t *)guard_put(pages[1], numbers, AT_END, 8);
    uint8_t *keep = guard_put(pages[2], kept, AT_END, 1);
    const drop_survivors job = {tested, any(), samples,   size,
                                living, place, threshold, keep};
    for (size_t p = 0; p < living; p++) {
        place[p] = p * (size / living) + below(size / living);
        threshold[p] = rates[below(COUNT(rates))];
    }
    if (drop_survivors_draw(&job, no_interrupt)) {
        fail("interrupted");
    }
    for (size_t i = 0; i < samples; i++) {
        uint8_t expected[LIVING], any_kept = 0;
        for (size_t p = 0; p < living; p++) {
            uint64_t u = uniform(job.key, i * size + place[p]);
            expected[p] = u >= threshold[p];
            any_kept |= expected[p];
        }
        if (!any_kept) {
            expected[drop_choice(job.key, i, (uint32_t)living, 0)] = 1;
        }
        for (size_t p = 0; p < living; p++) {
            if (keep[p * samples + i] != expected[p]) {
                fail("%zu of %zu paths, %zu samples: sample %zu, path %zu",
                     living, size, samples, i, p);
            }
        }
    }
    if (!guard_is_clean(pages[2], keep, kept)) {
        fail("wrote beyond keep");
    }
    for (size_t i = 0; i < COUNT(pages); i++) {
        guard_free(pages[i]);
    }
    checks++;
}

void
test_survivors(void)
{
    const size_t samples[] = {0, 1, 2, 100, 511, 513, 3000};
    for (size_t i = 0; i < COUNT(samples); i++) {
        for (size_t living = 1; living <= LIVING; living++) {
            check_survivors(samples[i], living, living);
            check_survivors(samples[i], living + below(9), living);
        }
    }
    check_survivors(3, 2 * DROP_TILE + 5, 3);
}
