/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rows that are dropped whole are not read; who asks a job to stop is obeyed.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "value.h"
#include "array/traverse.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 40 };

/* Rows of one page each, the dropped ones forbidden. */
static void
check_unread(drop_dtype dtype, int hints, size_t rows)
{
    const size_t page = guard_page(), size = drop_size(dtype);
    const uint64_t key = any();
    guard x = guard_new(rows * page), out = guard_new(rows * page);
    drop_job job = {.op = {tested, dtype, any_affine(DROP_SCALE), hints},
                    .run = {(char *)out.first, (char *)x.first, NULL},
                    .axes = 2};
    job.axis[0] = (drop_axis){rows, (ptrdiff_t)page, (ptrdiff_t)page, 0, 1};
    job.axis[1] =
        (drop_axis){page / size, (ptrdiff_t)size, (ptrdiff_t)size, 0, 0};
    drop_job_draw(&job, key, DROP_ONE / 2);
    any_bytes(x.first, rows * page);
    for (size_t i = 0; i < rows; i++) {
        if (drop_uniform(key, i) < DROP_ONE / 2) {
            guard_forbid(x.first + i * page, 1);
        }
    }
    drop_traverse(&job);
    for (size_t at = 0; at < rows * page; at += size) {
        uint8_t expected[8];
        int keep = drop_uniform(key, at / page) >= DROP_ONE / 2;
        value_result(dtype, expected, x.first + at, NULL, keep,
                     &job.op.affine);
        if (!value_same(dtype, out.first + at, expected)) {
            fail("%s rows, hints %d, row %zu, keep %d, byte %zu",
                 value_names[dtype], hints, at / page, keep, at % page);
        }
        at += is_skipped() ? (below(page) / size) * size : 0;
    }
    guard_free(x);
    guard_free(out);
    checks++;
}

/* A long row that begins shortly before a tile's end, where out is not aligned
 * yet: how memory is touched changes nothing. */
static void
check_beginning(drop_dtype dtype, size_t before, size_t shift)
{
    const size_t n = 2 * DROP_TILE + 100, size = drop_size(dtype);
    guard x = guard_new(n * size), plain = guard_new(n * size);
    guard out = guard_new(n * size + shift * size);
    const drop_affine affine = any_affine(DROP_SCALE);
    const uint64_t key = any();
    any_bytes(x.first, n * size);
    for (int hints = 0; hints < 4; hints++) {
        char *to = (char *)(hints ? out.first + shift * size : plain.first);
        drop_job job = {.op = {tested, dtype, affine, hints},
                        .run = {to, (char *)x.first, NULL},
                        .axes = 1};
        job.axis[0] = (drop_axis){n, (ptrdiff_t)size, (ptrdiff_t)size, 0, 1};
        drop_job_draw(&job, key, DROP_ONE / 4);
        job.index = DROP_TILE - before;
        drop_traverse(&job);
        if (memcmp(to, plain.first, n * size)) {
            fail("%s, hints %d, %zu before a tile, %zu off",
                 value_names[dtype], hints, before, shift);
        }
    }
    guard_free(x);
    guard_free(plain);
    guard_free(out);
    checks++;
}

static int
stop_third(void *context)
{
    int *calls = context;
    return ++*calls == 3 ? 7 : 0;
}

static void
check_stop(int packs)
{
    const size_t n = (size_t)1 << 24;
    int calls = 0, status;
    guard out = guard_new(n);
    drop_job job = {.op = {tested, DROP_BOOL, {DROP_SCALE, 0, 0, 0}, 0},
                    .run = {(char *)out.first, (char *)out.first, NULL},
                    .axes = 1,
                    .interrupt = {stop_third, &calls}};
    job.axis[0] = (drop_axis){n, 1, 1, 1, 1};
    drop_job_draw(&job, 0, 0);
    status = packs ? drop_pack(&job, out.first) : drop_traverse(&job);
    if (status != 7 || calls != 3 || out.first[n - 1] != CANARY) {
        fail("%s: expected 7 at call 3, got %d at call %d",
             packs ? "pack" : "traverse", status, calls);
    }
    guard_free(out);
    checks++;
}

void
test_rows(void)
{
    for (int dtype = 0; dtype < DROP_BOOL; dtype++) {
        for (int hints = 0; hints < 4; hints++) {
            check_unread((drop_dtype)dtype, hints, 1);
            check_unread((drop_dtype)dtype, hints, ROWS);
        }
        for (size_t before = 1; before < 40; before += 3) {
            for (size_t shift = 0; shift < 32; shift += 5) {
                check_beginning((drop_dtype)dtype, before, shift);
            }
        }
    }
    check_stop(0);
    check_stop(1);
}
