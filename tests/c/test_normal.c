/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Normal variates against known answers, of the far tails too, and a table's
 * noise against that of the scalar list.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "array/run.h"

#include <string.h>

/* As tests/reference_family.py has them: z of an index under key 7. */
static const struct {
    uint64_t index;
    double z;
} known[] = {
    {UINT64_C(0), 0x1.964cbaa750587p-1},                    /* 0.7936 */
    {UINT64_C(1), 0x1.ca4809dfc2829p-2},                    /* 0.4475 */
    {UINT64_C(2), -0x1.334fef2e95389p-1},                   /* -0.6002 */
    {UINT64_C(3), -0x1.b269b01990050p-1},                   /* -0.8485 */
    {UINT64_C(4), -0x1.2e28e8e70dcefp-1},                   /* -0.5902 */
    {UINT64_C(5), -0x1.34ddad696d48ap+1},                   /* -2.4130 */
    {UINT64_C(6), 0x1.a8aefec9ec6e4p-2},                    /* 0.4147 */
    {UINT64_C(7), 0x1.b07c125d6bf93p-1},                    /* 0.8447 */
    {UINT64_C(1000), -0x1.532db1e5f19bdp-3},                /* -0.1656 */
    {UINT64_C(4294967295), 0x1.347da065643afp+0},           /* 1.2050 */
    {UINT64_C(4294967296), -0x1.11c34cf14c8cap+1},          /* -2.1388 */
    {UINT64_C(9223372036854775808), 0x1.8b1c676902fffp-2},  /* 0.3859 */
    {UINT64_C(18446744073709551615), 0x1.6847178a1c8f2p+0}, /* 1.4073 */
    {UINT64_C(50469947224), -0x1.bcc344f2dd2dep+2},         /* -6.9494 */
    {UINT64_C(62882888639), 0x1.b7047034e7b6cp+2},          /* 6.8596 */
};

static void
check_known(void)
{
    drop_sampler sampler;
    drop_sampler_start(&sampler, 7, 0);
    for (size_t i = 0; i < COUNT(known); i++) {
        /* 1 + 2**100 * z is 2**100 * z where z is not tiny. */
        double one = 1.0, z;
        tested->noise[DROP_F64](&z, &one, known[i].index, 1, 1, &sampler,
                                0x1p100);
        if (z != 0x1p100 * known[i].z) {
            fail("variate %" PRIu64 ": expected %a, got %a", known[i].index,
                 known[i].z, z * 0x1p-100);
        }
        checks++;
    }
}

static void
check_noise(drop_dtype dtype, size_t n)
{
    const size_t bytes = n * drop_size(dtype);
    const uint64_t index = any(), step = one_in(2) ? 1 : any();
    const double sigma = (double)below(1000) / 100;
    guard from = guard_new(bytes + 64), to = guard_new(bytes + 64);
    static uint8_t expected[2000 * 8];
    uint8_t *x = guard_put(from, bytes, (guard_place)below(PLACES), 1);
    uint8_t *out = guard_put(to, bytes, (guard_place)below(PLACES), 1);
    drop_sampler sampler;
    drop_sampler_start(&sampler, any(), 0);
    for (size_t i = 0; i < bytes; i++) {
        x[i] = (uint8_t)(any() % 96); /* no NaN */
    }
    drop_kernels_scalar.noise[dtype](expected, x, index, step, n, &sampler,
                                     sigma);
    if (one_in(3)) {
        memcpy(out, x, bytes);
        tested->noise[dtype](out, out, index, step, n, &sampler, sigma);
    }
    else {
        tested->noise[dtype](out, x, index, step, n, &sampler, sigma);
    }
    if (memcmp(out, expected, bytes)) {
        fail("noise of %zu elements of dtype %d from index %" PRIu64, n,
             (int)dtype, index);
    }
    if (!guard_is_clean(to, out, bytes)) {
        fail("noise of %zu elements of dtype %d writes beside them", n,
             (int)dtype);
    }
    guard_free(from);
    guard_free(to);
    checks++;
}

void
test_normal(void)
{
    const size_t lengths[] = {1,  2,  3,   15,  16,  17,
                              31, 33, 511, 512, 513, 1999};
    check_known();
    for (int dtype = 0; dtype < DROP_BOOL; dtype++) {
        for (size_t i = 0; i < COUNT(lengths); i++) {
            for (int times = 0; times < 10; times++) {
                if (!is_skipped()) {
                    check_noise((drop_dtype)dtype, lengths[i]);
                }
            }
        }
    }
}
