/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs of several tiles: how memory is touched changes nothing.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "value.h"
#include "array/traverse.h"

#include <string.h>

/* A long row of tuples that begins shortly before a tile's end, where out is
 * not aligned yet. */
static void
check_beginning(drop_dtype dtype, size_t width, size_t before, size_t shift)
{
    const size_t rows = 2 * DROP_TILE + 100, n = rows * width;
    const size_t size = drop_size(dtype);
    const ptrdiff_t step = (ptrdiff_t)size, row = (ptrdiff_t)(width * size);
    guard x = guard_new(n * size), plain = guard_new(n * size);
    guard out = guard_new(n * size + shift * size);
    const drop_affine affine =
        any_affine(value_is_item(dtype) ? DROP_FILL : DROP_SCALE);
    const uint64_t key = any();
    any_bytes(x.first, n * size);
    for (int hints = 0; hints < 4; hints++) {
        char *to = (char *)(hints ? out.first + shift * size : plain.first);
        drop_job job = {.op = {tested, dtype, affine, hints, 1},
                        .run = {to, (char *)x.first, NULL},
                        .axes = 2};
        job.axis[0] = (drop_axis){rows, row, row, 0, 1};
        job.axis[1] = (drop_axis){width, step, step, 0, 0};
        drop_job_draw(&job, key, DROP_ONE / 4);
        job.index = DROP_TILE - before;
        drop_traverse(&job, 1, no_interrupt);
        if (memcmp(to, plain.first, n * size)) {
            fail("%s, tuples of %zu, hints %d, %zu before a tile, %zu off",
                 value_names[dtype], width, hints, before, shift);
        }
    }
    guard_free(x);
    guard_free(plain);
    guard_free(out);
    checks++;
}

void
test_run(void)
{
    for (int dtype = 0; dtype < DROP_DTYPES; dtype++) {
        for (size_t before = 1; before < 40; before += 3) {
            for (size_t shift = 0; shift < 32; shift += 5) {
                check_beginning((drop_dtype)dtype, 1, before, shift);
            }
        }
        for (size_t width = 2; width < 6; width++) {
            for (size_t shift = 0; shift < 32; shift += 5) {
                check_beginning((drop_dtype)dtype, width, 1 + shift, shift);
            }
        }
    }
}
