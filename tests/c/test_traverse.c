/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop_traverse on any arrays, masks and threads, against one element at a
 * time.
 */
#include "chance.h"
#include "check.h"
#include "geometry.h"

#include <stdlib.h>

enum { TIMES = 4000, USUAL = 2000, LARGE = 5 * DROP_TILE };

static void
check_traverse(const geometry *g, const uint8_t *keep)
{
    drop_job job = g->job;
    uint8_t *expected = malloc(g->out.bytes + 1);
    geometry_expect(g, keep, expected);
    if (drop_traverse(&job, 1 + (int)below(3), no_interrupt)) {
        geometry_fail(g, "traverse stopped", 0, 0, 1);
    }
    geometry_compare(g, expected, "traverse");
    free(expected);
}

void
case_traverse(void)
{
    static uint8_t keep[LARGE];
    geometry g;
    geometry_start(&g, one_in(8) ? LARGE : USUAL);
    geometry_mask(&g, keep);
    check_traverse(&g, keep);
    geometry_end(&g);
}

void
test_traverse(void)
{
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            case_traverse();
        }
    }
}
