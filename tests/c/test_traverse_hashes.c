/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results of fixed jobs hash to what they did when this was written: on every
 * instruction set, processor and operating system they are the same bits.
 */
#include "check.h"
#include "value.h"
#include "array/traverse.h"

enum { ROWS = 7, COLUMNS = 3001, CELLS = ROWS * COLUMNS };

static const uint64_t expected[] = {
    [DROP_F32] = UINT64_C(0x09E88CD1F085DEDE),
    [DROP_F64] = UINT64_C(0xA4A3FC3AD50D8164),
    [DROP_F16] = UINT64_C(0xDD5C9723139F18FA),
    [DROP_BF16] = UINT64_C(0x3C173E6BD4C1F073),
    [DROP_BOOL] = UINT64_C(0x3125091147E52311),
};

/* FNV-1a (Fowler, Noll, Vo), of whole numbers. */
static uint64_t
hash(uint64_t before, uint64_t number)
{
    return (before ^ number) * UINT64_C(0x100000001B3);
}

/* A job over rows that lie apart, on a mask of elements or of rows. */
static uint64_t
hash_job(uint64_t before, drop_dtype dtype, drop_form form, int by_rows)
{
    static uint64_t x[CELLS], out[CELLS];
    const ptrdiff_t size = (ptrdiff_t)drop_size(dtype);
    const drop_affine affine = {.form = form, .a = 4 / 3., .b = .1, .c = -1.5};
    for (int i = 0; i < CELLS && dtype != DROP_BOOL; i++) {
        value_store(dtype, (char *)x + i * size, (i % 977 - 400) / 32.);
    }
    drop_job job = {.op = {tested, dtype, affine, 0, 1},
                    .run = {(char *)out, (char *)x, NULL},
                    .axes = 2};
    job.run.r = form == DROP_RESIDUAL ? job.run.x : NULL;
    job.axis[0] =
        (drop_axis){ROWS, COLUMNS * size, size, size, by_rows ? 1 : COLUMNS};
    job.axis[1] =
        (drop_axis){COLUMNS, size, ROWS * size, ROWS * size, by_rows ? 0 : 1};
    drop_job_draw(&job, 2026, drop_threshold(.3));
    job.index = UINT64_C(1) << 32;
    drop_traverse(&job, 1, no_interrupt);
    for (int i = 0; i < CELLS; i++) {
        before = hash(before, value_bits(dtype, (char *)out + i * size));
    }
    return before;
}

void
test_traverse_hashes(void)
{
    for (drop_dtype dtype = 0; dtype <= DROP_BOOL; dtype++) {
        uint64_t got = UINT64_C(0xCBF29CE484222325);
        const drop_form last = dtype == DROP_BOOL ? DROP_SCALE : DROP_NOISE;
        for (drop_form form = DROP_SCALE; form <= last; form++) {
            got = hash_job(got, dtype, form, 0);
            got = hash_job(got, dtype, form, 1);
        }
        if (got != expected[dtype]) {
            fail("%s: expected a hash of %016" PRIx64 ", got %016" PRIx64,
                 value_names[dtype], expected[dtype], got);
        }
        checks++;
    }
}
