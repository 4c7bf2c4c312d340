/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's keep bits of elements with a rate each, and their packed bits.
 */
#include "chance.h"
#include "check.h"
#include "guard.h"
#include "array/pack_rates.h"
#include "uniform.h"

#include <stdlib.h>

enum { TIMES = 200, MOST = 2 * DROP_TILE + 100 };

/* Rates that decide by their last bit, and such that round there: half to
 * even. */
static double
any_rate(uint64_t key, uint64_t index)
{
    const double u = (double)uniform(key, index);
    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return u * 0x1p-40;
    case 3:
        return (u + 1) * 0x1p-40;
    case 4:
        return (u + 0.5) * 0x1p-40;
    case 5:
        return u > 0 ? (u - 0.5) * 0x1p-40 : 0x1p-1074;
    default:
        return (double)(any() >> 11) * 0x1p-53;
    }
}

static int
is_kept(uint64_t key, uint64_t index, double p)
{
    return uniform(key, index) >= drop_threshold(p);
}

static void
check_rates(size_t n)
{
    const uint64_t key = one_in(4) ? below(4) : any();
    const uint64_t index = one_in(2)   ? below(3 * DROP_SEGMENT)
                           : one_in(2) ? 0 - below(2 * DROP_TILE)
                                       : any();
    const size_t size = n / 8 + (n % 8 != 0);
    guard pages = guard_new(n * sizeof(double) + 64);
    double *p = (double *)guard_put(pages, n * sizeof(double), AT_END,
                                    _Alignof(double));
    uint8_t *bits = malloc(size + 1);
    for (size_t i = 0; i < n; i++) {
        p[i] = any_rate(key, index + i);
    }
    bits[size] = 0xA5;
    if (drop_pack_rates(tested, bits, p, n, key, index, no_interrupt)) {
        fail("bits of %zu rates: stopped", n);
    }
    for (size_t i = 0; i < 8 * size; i++) {
        const int keep = i < n && is_kept(key, index + i, p[i]);
        if ((bits[i / 8] >> i % 8 & 1) != keep) {
            fail("bits of %zu rates from %" PRIu64 ": bit %zu, key %016" PRIx64
                 ", p %a",
                 n, index, i, key, i < n ? p[i] : 0);
        }
    }
    if (bits[size] != 0xA5) {
        fail("bits of %zu rates: wrote behind them", n);
    }
    checks++;
    free(bits);
    guard_free(pages);
}

void
case_rates(void)
{
    check_rates(1 + below(MOST));
}

void
test_rates(void)
{
    for (size_t n = 0; n <= 130; n++) {
        check_rates(n);
    }
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            case_rates();
        }
    }
}
