/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A job on several threads does what it does on one, and stops when told to.
 */
#include "chance.h"
#include "check.h"
#include "array/traverse.h"

#include <string.h>

enum { CELLS = 4 << 20 };

/* Cells of a float16 array, and the mask's strides. */
static void
check_threads(size_t rows, size_t columns, uint64_t row, uint64_t column,
              int threads)
{
    static uint16_t x[CELLS], one[CELLS], many[CELLS];
    const ptrdiff_t size = sizeof x[0], line = (ptrdiff_t)columns * size;
    const drop_form form = one_in(2) ? DROP_RESIDUAL : DROP_SCALE;
    drop_job job = {.op = {tested, DROP_F16, {.form = form, .a = 1}, 0, 1},
                    .run = {(char *)one, (char *)x, NULL},
                    .axes = 2,
                    .axis = {{rows, line, line, line, row},
                             {columns, size, size, size, column}}};
    job.run.r = form == DROP_RESIDUAL ? job.run.x : NULL;
    drop_job_draw(&job, any(), DROP_ONE / 2);
    job.index = below(3 * DROP_TILE);
    for (size_t i = 0; i < CELLS; i++) {
        x[i] = (uint16_t)i;
    }
    drop_job shared = job;
    shared.run.out = (char *)many;
    drop_traverse(&job, 1, no_interrupt);
    if (drop_traverse(&shared, threads, no_interrupt)) {
        fail("%d threads stopped", threads);
    }
    for (size_t i = 0; i < rows * columns; i++) {
        if (one[i] != many[i]) {
            fail("%zu x %zu cells on %d threads, cell %zu: expected %04x, "
                 "got %04x",
                 rows, columns, threads, i, one[i], many[i]);
        }
    }
    checks++;
}

/* Each segment that is drawn counts as 512 elements more; what is given is not
 * drawn. */
static void
check_work(drop_axis outer, drop_axis inner, size_t segments)
{
    drop_job job = {
        .op = {tested, DROP_F32, {.form = DROP_SCALE, .a = 1}, 0, 1},
        .axes = 2,
        .axis = {outer, inner}};
    const size_t cells = outer.n * inner.n;
    drop_job_draw(&job, 1, 1);
    const size_t drawn = drop_job_work(&job);
    job.given = (const uint8_t *)"";
    if (drawn != cells + segments * DROP_SEGMENT ||
        drop_job_work(&job) != cells) {
        fail("%zu cells of %zu segments: work of %zu, and of %zu for a given "
             "mask",
             cells, segments, drawn, drop_job_work(&job));
    }
    checks++;
}

static int
stop_second(void *context)
{
    int *calls = context;
    return ++*calls == 2 ? 5 : 0;
}

/* Returns how often this thread came to ask: not at all where others did all
 * the work. */
static int
stop(int threads)
{
    static uint8_t out[4 * CELLS];
    int calls = 0;
    drop_job job = {.op = {tested, DROP_BOOL, {.form = DROP_SCALE}, 0, 1},
                    .run = {(char *)out, (char *)out, NULL},
                    .axes = 1,
                    .axis = {{sizeof out, 1, 1, 1, 1}}};
    drop_job_draw(&job, 0, 0);
    int status =
        drop_traverse(&job, threads, (drop_interrupt){stop_second, &calls});
    if (calls > 2 || status != (calls == 2 ? 5 : 0)) {
        fail("stop on %d threads: got %d at call %d", threads, status, calls);
    }
    return calls;
}

static void
check_stop(int threads)
{
    int tries = 0;
    while (stop(threads) < 2) {
        if (++tries == 50) {
            fail("stop on %d threads: nobody asks", threads);
        }
    }
    checks++;
}

void
test_partition(void)
{
    /* Rows, columns, and the mask's strides along them. */
    const size_t cases[][4] = {
        {1, CELLS - 77, 0, 1}, {CELLS / 129, 129, 129, 1},
        {1901, 2203, 1, 0},    {1901, 2203, 1, 1901},
        {1901, 2203, 0, 1},    {3, CELLS / 3, 0, 1},
    };
    for (int threads = thin > 1 ? 4 : 1; threads <= 4; threads++) {
        for (size_t i = 0; i<COUNT(cases); i += thin> 1 ? 3 : 1) {
            const size_t *c = cases[i];
            check_threads(c[0], c[1], c[2], c[3], threads);
        }
        check_stop(threads);
    }
    check_work((drop_axis){4, .mask = 1000}, (drop_axis){1000, .mask = 1}, 8);
    check_work((drop_axis){1000, .mask = 1}, (drop_axis){4, .mask = 1000}, 8);
    check_work((drop_axis){4, .mask = 0}, (drop_axis){1000, .mask = 1}, 2);
    check_work((drop_axis){4, .mask = 9000}, (drop_axis){1000, .mask = 1}, 8);
    check_work((drop_axis){4, .mask = 9000}, (drop_axis){9, .mask = 100}, 8);
    check_work((drop_axis){4, .mask = 9000}, (drop_axis){9, .mask = 600}, 36);
    /* Last chunks of any number of rows. */
    for (size_t rows = 17; rows <= 32; rows += thin) {
        check_threads(rows, CELLS / 32, CELLS / 32 + 1, 1, 2);
    }
}
