/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rows that are dropped whole are not read.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "uniform.h"
#include "value.h"
#include "array/traverse.h"

enum { ROWS = 40 };

/* Rows of one page each, the dropped ones forbidden. */
static void
check_unread(drop_dtype dtype, int hints, size_t rows)
{
    const size_t page = guard_page(), size = drop_size(dtype);
    const uint64_t key = any();
    guard x = guard_new(rows * page), out = guard_new(rows * page);
    const drop_form form = value_is_item(dtype) ? DROP_FILL : DROP_SCALE;
    drop_job job = {.op = {tested, dtype, any_affine(form), hints, 1},
                    .run = {(char *)out.first, (char *)x.first, NULL},
                    .axes = 2};
    job.axis[0] = (drop_axis){rows, (ptrdiff_t)page, (ptrdiff_t)page, 0, 1};
    job.axis[1] =
        (drop_axis){page / size, (ptrdiff_t)size, (ptrdiff_t)size, 0, 0};
    drop_job_draw(&job, key, DROP_ONE / 2);
    any_bytes(x.first, rows * page);
    for (size_t i = 0; i < rows; i++) {
        if (uniform(key, i) < DROP_ONE / 2) {
            guard_forbid(x.first + i * page, 1);
        }
    }
    drop_traverse(&job, 1, no_interrupt);
    for (size_t at = 0; at < rows * page; at += size) {
        uint8_t expected[DROP_MAX_ITEM];
        int keep = uniform(key, at / page) >= DROP_ONE / 2;
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

void
test_loop_rows(void)
{
    for (int dtype = 0; dtype < DROP_DTYPES; dtype++) {
        for (int hints = 0; hints < 4; hints++) {
            check_unread((drop_dtype)dtype, hints, 1);
            check_unread((drop_dtype)dtype, hints, ROWS);
        }
    }
}
