/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Maps of blocks against each cell by itself: is a seed that covers it
 * dropped?
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "uniform.h"
#include "ops/block_mask.h"

#include <string.h>

enum { AXES = 4 };

static unsigned
bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

/* Whether a seed whose block covers a cell is dropped: corner counts from the
 * lowest such seed. */
static int
is_covered(const drop_block_mask *map, const size_t *cell, uint64_t key,
           uint64_t threshold)
{
    size_t first[AXES], n[AXES], step[AXES], all = 1;
    for (int i = 0; i < map->axes; i++) {
        const drop_extent *axis = &map->axis[i];
        size_t last = axis->cells - axis->block;
        first[i] = cell[i] >= axis->block ? cell[i] - axis->block + 1 : 0;
        last = cell[i] < last ? cell[i] : last;
        n[i] = last - first[i] + 1;
        all *= n[i];
        step[i] = 0;
    }
    for (size_t seed = 0; seed < all; seed++) {
        uint64_t index = map->index;
        for (int i = 0; i < map->axes; i++) {
            index += (first[i] + step[i]) * map->axis[i].stride;
        }
        if (uniform(key, index) < threshold) {
            return 1;
        }
        for (int i = map->axes; i-- > 0 && ++step[i] == n[i];) {
            step[i] = 0;
        }
    }
    return 0;
}

static void
check_map(drop_block_mask *map)
{
    const uint64_t key = any(), threshold = any_threshold() / 4;
    const size_t n = drop_block_mask_size(map), bytes = (n + 63) / 64 * 8;
    guard pages = guard_new(bytes + 64);
    size_t cell[AXES] = {0};
    uint64_t kept = 0;
    map->kernels = tested;
    map->to = guard_put(pages, bytes, AT_END, 8);
    memset(map->to, 0, bytes);
    drop_sampler_start(&map->sampler, key, threshold);
    if (drop_block_mask_draw(map, no_interrupt)) {
        fail("blocks stopped");
    }
    for (size_t i = 0; i < n; i++) {
        unsigned keep = !is_covered(map, cell, key, threshold);
        if (bit(map->to, i) != keep) {
            fail("blocks: cell %zu of %zu on %d axes is %u", i, n, map->axes,
                 !keep);
        }
        kept += keep;
        for (int j = map->axes; j-- > 0 && ++cell[j] == map->axis[j].cells;) {
            cell[j] = 0;
        }
    }
    if (map->kept != kept) {
        fail("blocks keep %" PRIu64 ", got %" PRIu64, kept, map->kept);
    }
    guard_free(pages);
    checks++;
}

/* Strides of the seeds: of the map itself, or of one that is larger along some
 * axes. */
static void
set_strides(drop_block_mask *map)
{
    uint64_t stride = 1;
    map->index = one_in(2) ? 0 : any();
    for (int i = map->axes; i-- > 0;) {
        drop_extent *axis = &map->axis[i];
        axis->stride = stride;
        stride *= axis->cells - axis->block + 1;
        stride += one_in(3) ? below(axis->cells * 1000) : 0;
    }
}

static size_t drawn; /* segments */

static void
count_segments(uint8_t *bits, const uint64_t *segment,
               const uint64_t (*asked)[DROP_SEGMENT_WORDS], size_t count,
               const drop_sampler *sampler, drop_progress_fn *progress_fn,
               void *context)
{
    drawn += count;
    tested->bernoulli(bits, segment, asked, count, sampler, progress_fn,
                      context);
}

/* Three of 64 channels have 192 seeds, which follow each other: no more is
 * drawn than the segments that have them, one of them a second time. */
static void
check_that_no_more_is_drawn(uint64_t index)
{
    drop_kernels counting = *tested;
    uint8_t to[3 * 14 * 14 / 8 + 64] = {0};
    drop_block_mask map = {.kernels = &counting, .index = index, .to = to};
    const drop_extent axis[] = {
        {1, 1, 64 * 64}, {3, 1, 64}, {14, 7, 8}, {14, 7, 1}};
    counting.bernoulli = count_segments;
    map.axes = COUNT(axis);
    memcpy(map.axis, axis, sizeof axis);
    drop_sampler_start(&map.sampler, any(), DROP_ONE / 100);
    drawn = 0;
    if (drop_block_mask_draw(&map, no_interrupt) || drawn > 3) {
        fail("blocks: %zu segments are drawn for 192 seeds", drawn);
    }
    checks++;
}

void
case_block_mask(void)
{
    drop_block_mask map = {.axes = 1 + (int)below(AXES)};
    size_t most = map.axes == 1 ? 3000 : map.axes == 2 ? 70 : 12;
    for (int i = 0; i < map.axes; i++) {
        size_t cells = 1 + below(most);
        size_t block = one_in(3) ? 1 : 1 + below(cells < 9 ? cells : 9);
        map.axis[i] = (drop_extent){cells, block, 0};
    }
    set_strides(&map);
    check_map(&map);
}

void
test_block_mask(void)
{
    for (uint64_t index = 0; index < 2 * DROP_SEGMENT; index += 97) {
        check_that_no_more_is_drawn(index);
    }
    for (int times = 0; times < 400; times++) {
        if (!is_skipped()) {
            case_block_mask();
        }
    }
}
