/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Joins over any axes, on some threads, against each element by itself.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "value.h"
#include "array/run.h"
#include "ops/join.h"

#include <stdlib.h>
#include <string.h>

enum { AXES = 3, PATHS = 4 };

/* An array's memory: steps between places of each axis, of which some lie
 * apart, in any order. */
typedef struct {
    guard pages;
    uint8_t *first;
    size_t bytes;
} memory;

static memory
lay_out(ptrdiff_t stride[AXES], const size_t n[AXES], size_t size)
{
    const int orders[][AXES] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
    const int *order = orders[below(COUNT(orders))];
    memory m;
    m.bytes = size * (one_in(3) ? 2 : 1);
    for (int i = AXES; i-- > 0;) {
        stride[order[i]] = (ptrdiff_t)m.bytes;
        m.bytes *= n[order[i]];
        m.bytes += one_in(4) ? size : 0;
    }
    m.pages = guard_new(m.bytes + 64);
    m.first = guard_put(m.pages, m.bytes, AT_END, 1);
    return m;
}

static void
fill(drop_dtype dtype, uint8_t *to, size_t bytes)
{
    const size_t size = drop_size(dtype);
    for (size_t at = 0; at + size <= bytes; at += size) {
        value_store(dtype, to + at, (double)below(4001) / 1000 - 2);
    }
}

static ptrdiff_t
offset_of(const ptrdiff_t stride[AXES], const size_t n[AXES], size_t cell)
{
    const size_t i = cell / (n[1] * n[2]), j = cell / n[2] % n[1];
    return (ptrdiff_t)i * stride[0] + (ptrdiff_t)j * stride[1] +
           (ptrdiff_t)(cell % n[2]) * stride[2];
}

/* A join, and the memory of its paths and of its result behind them. */
typedef struct {
    drop_join job;
    uint8_t *keep;
    size_t n[AXES];
    memory memory[PATHS + 1];
    ptrdiff_t stride[PATHS + 1][AXES];
} joint;

static void
compare(const joint *g)
{
    const size_t *n = g->n, paths = g->job.paths;
    const drop_dtype dtype = g->job.dtype;
    for (size_t cell = 0; cell < n[0] * n[1] * n[2]; cell++) {
        const void *element[PATHS];
        uint8_t keep[PATHS], expected[8];
        const size_t sample = cell / (n[1] * n[2]);
        for (size_t p = 0; p < paths; p++) {
            element[p] = g->memory[p].first + offset_of(g->stride[p], n, cell);
            keep[p] = !g->job.keep || g->keep[p * n[0] + sample];
        }
        value_mean(dtype, expected, element, keep, paths);
        const uint8_t *at =
            g->memory[PATHS].first + offset_of(g->stride[PATHS], n, cell);
        if (!value_same(dtype, at, expected)) {
            fail("%zu %s of (%zu, %zu, %zu), cell %zu: expected %" PRIx64
                 ", got %" PRIx64,
                 paths, value_names[dtype], n[0], n[1], n[2], cell,
                 value_bits(dtype, expected), value_bits(dtype, at));
        }
    }
    checks++;
}

static void
start(joint *g, drop_dtype dtype, const size_t n[AXES], size_t paths)
{
    memset(g, 0, sizeof *g);
    memcpy(g->n, n, sizeof g->n);
    g->keep = malloc(paths * n[0] + 1);
    for (size_t i = 0; i < paths * n[0]; i++) {
        g->keep[i] = (uint8_t)below(2);
    }
    for (size_t p = 0; p <= PATHS; p++) {
        g->memory[p] = lay_out(g->stride[p], n, drop_size(dtype));
        fill(dtype, g->memory[p].first, g->memory[p].bytes);
    }
    g->job.kernels = tested;
    g->job.dtype = dtype;
    g->job.paths = paths;
    g->job.samples = n[0];
    g->job.axes = AXES;
    g->job.out = (char *)g->memory[PATHS].first;
    for (size_t p = 0; p < paths; p++) {
        g->job.x[p] = (const char *)g->memory[p].first;
    }
    for (int i = 0; i < AXES; i++) {
        g->job.axis[i].n = n[i];
        g->job.axis[i].out = g->stride[PATHS][i];
        for (size_t p = 0; p < paths; p++) {
            g->job.axis[i].x[p] = g->stride[p][i];
        }
    }
}

static void
check_join(drop_dtype dtype, const size_t n[AXES], size_t paths,
           int per_sample, int threads)
{
    joint g;
    start(&g, dtype, n, paths);
    g.job.keep = per_sample ? g.keep : NULL;
    g.job.axis[0].mask = (size_t)per_sample;
    if (drop_join_run(&g.job, threads, no_interrupt)) {
        fail("interrupted");
    }
    compare(&g);
    for (size_t p = 0; p <= PATHS; p++) {
        guard_free(g.memory[p].pages);
    }
    free(g.keep);
}

/* Rows of a page each; those that are dropped are forbidden. */
static void
check_unread(void)
{
    enum { ROWS = 8 };
    const size_t page = guard_page();
    guard x = guard_new(ROWS * page), out = guard_new(ROWS * page);
    uint8_t keep[2 * ROWS];
    drop_join job = {tested,
                     DROP_F32,
                     2,
                     keep,
                     ROWS,
                     0,
                     (char *)out.first,
                     {(char *)x.first, (char *)x.first},
                     2,
                     {{0}}};
    job.axis[0] = (drop_join_axis){
        ROWS, (ptrdiff_t)page, {(ptrdiff_t)page, (ptrdiff_t)page}, 1};
    job.axis[1] = (drop_join_axis){page / 4, 4, {4, 4}, 0};
    memset(x.first, 0, ROWS * page);
    for (size_t i = 0; i < ROWS; i++) {
        keep[i] = keep[ROWS + i] = i % 3 != 1;
        guard_forbid(x.first + i * page, i % 3 == 1);
    }
    memset(out.first, CANARY, ROWS * page);
    if (drop_join_run(&job, 1, no_interrupt)) {
        fail("interrupted");
    }
    for (size_t i = 0; i < ROWS * page; i++) {
        if (out.first[i]) {
            fail("the mean of zeros at byte %zu is %d", i, out.first[i]);
        }
    }
    guard_free(x);
    guard_free(out);
    checks++;
}

void
test_join(void)
{
    const size_t shapes[][AXES] = {
        {1, 1, 1}, {5, 1, 1},   {700, 1, 3}, {40, 33, 8},
        {3, 2, 0}, {2, 3, 900}, {9, 1, 260}, {1, 2, 3},
    };
    for (int dtype = 0; dtype < DROP_BOOL; dtype++) {
        for (size_t i = 0; i < 8 * COUNT(shapes); i++) {
            const size_t paths = 1 + below(PATHS);
            const int per_sample = (int)below(2);
            if (!is_skipped()) {
                check_join((drop_dtype)dtype, shapes[i % COUNT(shapes)], paths,
                           per_sample, 1);
            }
        }
    }
    check_join(DROP_F32, (size_t[]){9, 1000, 100}, 3, 1, 3);
    check_join(DROP_F32, (size_t[]){3000, 3, 100}, 3, 1, 2);
    /* Last chunks of any number of rows. */
    for (size_t rows = 19; rows < 25; rows += thin) {
        check_join(DROP_F32, (size_t[]){rows, 1, 40000}, 3, 1, 2);
    }
    check_unread();
}
