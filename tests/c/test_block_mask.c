/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Maps of blocks against each seed by itself, dropped cell by cell.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "uniform.h"
#include "ops/block_mask.h"

#include <stdlib.h>
#include <string.h>

enum { AXES = 4 };

static unsigned
bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

/* How many seeds there are along an axis. */
static size_t
seeds(const drop_extent *axis)
{
    return axis->cells - axis->block + 1;
}

/* Drops the cells of a seed's block from an axis on inwards; cell counts them
 * in C order on the axes before. */
static void
drop_block_of(uint8_t *keep, const drop_block_mask *map, const size_t *seed,
              int axis, size_t cell)
{
    if (axis == map->axes || axis == AXES) {
        keep[cell] = 0;
        return;
    }
    const drop_extent *along = &map->axis[axis];
    for (size_t i = 0; i < along->block; i++) {
        drop_block_of(keep, map, seed, axis + 1,
                      cell * along->cells + seed[axis] + i);
    }
}

/* Drops the cells of each seed that is dropped, one by one. */
static void
drop_by_seeds(uint8_t *keep, const drop_block_mask *map, uint64_t key,
              uint64_t threshold)
{
    size_t seed[AXES] = {0}, all = 1;
    for (int i = 0; i < map->axes; i++) {
        all *= seeds(&map->axis[i]);
    }
    for (size_t n = 0; n < all; n++) {
        uint64_t index = map->index;
        for (int i = 0; i < map->axes; i++) {
            index += seed[i] * map->axis[i].stride;
        }
        if (uniform(key, index) < threshold) {
            drop_block_of(keep, map, seed, 0, 0);
        }
        for (int i = map->axes;
             i-- > 0 && ++seed[i] == seeds(&map->axis[i]);) {
            seed[i] = 0;
        }
    }
}

static void
check_map(drop_block_mask *map)
{
    const uint64_t key = any(), threshold = any_threshold() / 4;
    const size_t n = drop_block_mask_size(map), bytes = (n + 63) / 64 * 8;
    guard pages = guard_new(bytes + 64);
    uint8_t *expected = malloc(n);
    uint64_t kept = 0;
    map->kernels = tested;
    map->to = guard_put(pages, bytes, AT_END, 8);
    memset(map->to, 0, bytes);
    drop_sampler_start(&map->sampler, key, threshold);
    if (drop_block_mask_draw(map, no_interrupt)) {
        fail("blocks stopped");
    }
    memset(expected, 1, n);
    drop_by_seeds(expected, map, key, threshold);
    for (size_t i = 0; i < n; i++) {
        const unsigned keep = expected[i];
        if (bit(map->to, i) != keep) {
            fail("blocks: cell %zu of %zu on %d axes is %u", i, n, map->axes,
                 !keep);
        }
        kept += keep;
    }
    if (map->kept != kept) {
        fail("blocks keep %" PRIu64 ", got %" PRIu64, kept, map->kept);
    }
    free(expected);
    guard_free(pages);
    checks++;
}

/* Strides of the seeds: of the map itself, or of one that is larger along some
 * axes. */
static void
set_strides(drop_block_mask *map)
{
    uint64_t stride = 1;
    map->index = one_in(2) ? 0 : one_in(2) ? any() : 0 - below(9000);
    for (int i = map->axes; i-- > 0;) {
        drop_extent *axis = &map->axis[i];
        axis->stride = stride;
        stride *= seeds(axis);
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
