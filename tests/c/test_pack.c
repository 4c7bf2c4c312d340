/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop_pack on any masks, against one element at a time.
 */
#include "chance.h"
#include "check.h"
#include "geometry.h"
#include "array/pack.h"

enum { TIMES = 4000, USUAL = 2000, LARGE = 5 * DROP_TILE };

static void
check_pack(const geometry *g, const uint8_t *keep)
{
    drop_job job = g->job;
    size_t size = (g->cells + 7) / 8;
    guard pages = guard_new(size + 128);
    uint8_t *to = guard_put(pages, size, (guard_place)below(PLACES), 1);
    if (drop_pack(&job, to, no_interrupt)) {
        geometry_fail(g, "pack stopped", 0, 0, 1);
    }
    for (size_t i = 0; i < 8 * size; i++) {
        int bit = to[i / 8] >> i % 8 & 1;
        int expected = i < g->cells ? keep[i] : 0;
        if (bit != expected) {
            geometry_fail(g, "pack", i, (uint64_t)expected, (uint64_t)bit);
        }
    }
    if (!guard_is_clean(pages, to, size)) {
        geometry_fail(g, "pack, byte around the bits", 0, CANARY, 0);
    }
    guard_free(pages);
    checks++;
}

void
case_pack(void)
{
    static uint8_t keep[LARGE];
    geometry g;
    geometry_start(&g, one_in(8) ? LARGE : USUAL);
    geometry_mask(&g, keep);
    if (g.cells) {
        check_pack(&g, keep);
    }
    geometry_end(&g);
}

void
test_pack(void)
{
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            case_pack();
        }
    }
}
