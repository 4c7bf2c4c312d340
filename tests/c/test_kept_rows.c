/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The kept samples of any array, taken out and added where they came from,
 * against one element at a time.
 */
#include "chance.h"
#include "check.h"
#include "geometry.h"
#include "value.h"
#include "ops/kept_rows.h"

#include <stdlib.h>

enum { TIMES = 3000, USUAL = 2000, LARGE = 5 * DROP_TILE, CELLS = 3 << 20 };

/* Draws a bit for each sample, with all that may be read behind them, and sets
 * the keep bits of the cells. */
static guard
choose_kept(drop_kept *kept, const geometry *g, uint8_t *keep)
{
    const size_t n = g->job.axis[0].n, size = (n + 7) / 8 + DROP_BITS_PAD;
    const guard pages = guard_new(size);
    uint8_t *bits = guard_put(pages, size, AT_END, 1);
    const uint64_t rate = below(4);
    for (size_t i = 0; i < 8 * size; i++) {
        bits[i / 8] &= (uint8_t) ~(1u << i % 8);
        bits[i / 8] |= (uint8_t)((below(3) < rate) << i % 8);
    }
    for (size_t i = 0; i < g->cells; i++) {
        const size_t sample = i / (g->cells / n);
        keep[i] = bits[sample / 8] >> sample % 8 & 1;
    }
    *kept = (drop_kept){tested, bits, n};
    return pages;
}

/* Takes the kept samples of x: items whole or in parts. */
static void
take(const geometry *g, const drop_kept *kept, const array *part)
{
    const drop_job *job = &g->job;
    const size_t bytes = drop_size(job->op.dtype), size = bytes >> below(2);
    drop_taking taking = {.kept = *kept,
                          .out = (char *)part->cell,
                          .x = (const char *)g->x.cell,
                          .size = (ptrdiff_t)size};
    taking.sample.out = part->stride[0];
    taking.sample.x = g->x.stride[0];
    for (int i = 1; i < job->axes; i++) {
        taking.axis[taking.axes++] = (drop_axis){
            .n = job->axis[i].n, .out = part->stride[i], .x = g->x.stride[i]};
    }
    taking.axis[taking.axes++] = (drop_axis){
        .n = bytes / size, .out = (ptrdiff_t)size, .x = (ptrdiff_t)size};
    if (drop_take_rows(&taking, 1, no_interrupt)) {
        geometry_fail(g, "take stopped", 0, 0, 1);
    }
}

static void
add(const geometry *g, const drop_kept *kept, const array *part)
{
    drop_adding *adding = malloc(sizeof *adding);
    adding->kept = *kept;
    adding->job = g->job;
    adding->job.run.x = (const char *)part->cell;
    for (int i = 0; i < g->job.axes; i++) {
        adding->job.axis[i].x = part->stride[i];
    }
    if (drop_add_rows(adding, 1, no_interrupt)) {
        geometry_fail(g, "add stopped", 0, 0, 1);
    }
    free(adding);
}

static void
check_kept_rows(geometry *g)
{
    static uint8_t keep[LARGE];
    drop_kept kept;
    const guard bits = choose_kept(&kept, g, keep);
    uint8_t *expected = malloc(g->out.bytes + 1);
    drop_job of_part = g->job;
    array part;
    of_part.axis[0].n = drop_kept_count(&kept, kept.n);
    geometry_new_array(&part, &of_part);
    geometry_expect(g, keep, expected);
    take(g, &kept, &part);
    add(g, &kept, &part);
    geometry_compare(g, expected, "kept rows");
    if (!guard_is_clean(part.pages, part.first, part.bytes)) {
        geometry_fail(g, "byte around the kept rows", 0, CANARY, 0);
    }
    free(expected);
    guard_free(part.pages);
    guard_free(bits);
}

void
case_kept_rows(void)
{
    geometry g;
    geometry_start(&g, one_in(8) ? LARGE : USUAL);
    drop_job *job = &g.job;
    if (g.cells && job->axes && job->op.dtype < DROP_BOOL) {
        job->op.affine =
            (drop_affine){.form = DROP_RESIDUAL, .a = one_in(2) ? 1 : 1 / .7};
        job->run.r = (char *)g.r.cell;
        job->factors = NULL;
        for (int i = 0; i < job->axes; i++) {
            job->axis[i].r = g.r.stride[i];
        }
        check_kept_rows(&g);
    }
    geometry_end(&g);
}

/* Enough samples of some floats each for several threads: what they make of
 * x and r, whose sums are exact. */
static void
check_threads(size_t width, int threads)
{
    static float x[CELLS], part[CELLS], r[CELLS], out[CELLS];
    static uint8_t bits[CELLS / 8 + DROP_BITS_PAD];
    const size_t n = CELLS / width;
    const ptrdiff_t size = sizeof x[0], row = (ptrdiff_t)width * size;
    const drop_axis axis = {width, size, size, size, 0};
    any_bytes(bits, sizeof bits);
    for (size_t i = 0; i < CELLS; i++) {
        x[i] = (float)(i % 1000);
        r[i] = (float)(i % 77);
    }
    drop_taking taking = {.kept = {tested, bits, n},
                          .out = (char *)part,
                          .x = (const char *)x,
                          .sample = {n, row, row, row, 0},
                          .size = size,
                          .axes = 1,
                          .axis = {axis}};
    static drop_adding adding;
    adding = (drop_adding){.kept = taking.kept};
    adding.job = (drop_job){
        .op = {tested, DROP_F32, {.form = DROP_RESIDUAL, .a = 2}, 0, 1},
        .run = {(char *)out, (const char *)part, (const char *)r},
        .axes = 2,
        .axis = {taking.sample, axis}};
    if (drop_take_rows(&taking, threads, no_interrupt) ||
        drop_add_rows(&adding, threads, no_interrupt)) {
        fail("kept rows stopped on %d threads", threads);
    }
    for (size_t i = 0; i < n * width; i++) {
        const unsigned keep = bits[i / width / 8] >> i / width % 8 & 1;
        const float expected = keep ? r[i] + 2 * x[i] : r[i];
        if (out[i] != expected) {
            fail("%d threads, rows of %zu, cell %zu: expected %a, got %a",
                 threads, width, i, expected, out[i]);
        }
    }
    checks++;
}

void
test_kept_rows(void)
{
    /* Samples that are added from a tile, and longer ones. */
    for (size_t width = 1; width <= CELLS / 16 && thin == 1; width *= 13) {
        check_threads(width, 3);
    }
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            case_kept_rows();
        }
    }
}
