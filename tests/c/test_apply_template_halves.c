/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The half types: all their values in, and out of float32 all that lies at a
 * tie between two of them or next to it.
 */
#include "chance.h"
#include "check.h"
#include "value.h"

#include <math.h>
#include <string.h>

enum { ALL = 65536, ONE_BLOCK_MORE = 33 };

static uint16_t values[ALL], out[ALL];
static uint8_t bits[ALL / 8 + DROP_BITS_PAD];

static void
check_all(drop_dtype dtype, const drop_affine *affine)
{
    for (size_t i = 0; i < ALL; i++) {
        values[i] = (uint16_t)i;
        bits[i / 8] = (uint8_t)any();
    }
    tested->apply[dtype](out, values, values, bits, 0, ALL, affine, 0);
    for (size_t i = 0; i < ALL; i++) {
        int keep = bits[i / 8] >> i % 8 & 1;
        uint16_t expected;
        if (is_skipped()) {
            continue;
        }
        value_result(dtype, &expected, &values[i], &values[i], keep, affine);
        if (!value_same(dtype, &expected, &out[i])) {
            fail("%s, form %d, keep %d, x and r %04zx, a %a, b %a, c %a: "
                 "expected %04x, got %04x",
                 value_names[dtype], affine->form, keep, i, affine->a,
                 affine->b, affine->c, expected, out[i]);
        }
        checks++;
    }
}

/* Rounds a float32 that is one times itself, in whole vectors and a part. */
static void
check_rounding(drop_dtype dtype, float value)
{
    const drop_affine affine = {.form = DROP_SCALE, .a = value};
    uint16_t expected;
    value_store(dtype, &expected, value);
    tested->apply[dtype](out, values, NULL, bits, 0, ONE_BLOCK_MORE, &affine,
                         0);
    for (size_t i = 0; i < ONE_BLOCK_MORE; i++) {
        if (!value_same(dtype, &expected, &out[i])) {
            fail("%s, float32 %a, element %zu: expected %04x, got %04x",
                 value_names[dtype], value, i, expected, out[i]);
        }
    }
    checks++;
}

static double
half(drop_dtype dtype, uint16_t word)
{
    return value_load(dtype, &word);
}

static void
check_ties(drop_dtype dtype)
{
    /* None of a bfloat16 or of an operation has bits in its low half. */
    const uint32_t nan[] = {0x7FC00000, 0x7F810000, 0xFFFF0000,
                            0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF};
    const size_t nans = dtype == DROP_BF16 ? 3 : COUNT(nan);
    for (size_t i = 0; i < ONE_BLOCK_MORE; i++) {
        value_store(dtype, &values[i], 1);
    }
    memset(bits, 0xFF, sizeof bits);
    for (uint16_t word = 0; !isinf(half(dtype, word)); word++) {
        double value = half(dtype, word);
        double next = half(dtype, (uint16_t)(word + 1));
        if (is_skipped() && !isinf(next)) {
            continue;
        }
        if (isinf(next)) { /* what would follow */
            next = 2 * value - half(dtype, (uint16_t)(word - 1));
        }
        float tie = (float)((value + next) / 2);
        float near[] = {(float)value, nextafterf(tie, 0), tie,
                        nextafterf(tie, INFINITY)};
        for (size_t i = 0; i < COUNT(near); i++) {
            check_rounding(dtype, near[i]);
            check_rounding(dtype, -near[i]);
        }
    }
    check_rounding(dtype, INFINITY);
    check_rounding(dtype, -INFINITY);
    for (size_t i = 0; i < nans; i++) {
        float value;
        memcpy(&value, &nan[i], sizeof value);
        check_rounding(dtype, value);
    }
    check_rounding(dtype, 0x1.fffffep127f);
}

void
test_halves(void)
{
    const drop_dtype dtypes[] = {DROP_F16, DROP_BF16};
    const drop_affine affines[] = {
        {.form = DROP_SCALE, .a = 1},
        {.form = DROP_SCALE, .a = 1 / .9},
        {.form = DROP_SCALE, .a = 0x1p-9 / .7, .c = 1},
        {.form = DROP_AFFINE, .a = .8864, .b = .2412, .c = -1.5584},
        {.form = DROP_RESIDUAL, .a = 1 / .9},
        {.form = DROP_RESIDUAL, .a = -1},
    };
    for (size_t i = 0; i < COUNT(dtypes); i++) {
        for (size_t j = 0; j < COUNT(affines); j++) {
            check_all(dtypes[i], &affines[j]);
        }
        check_ties(dtypes[i]);
    }
}
