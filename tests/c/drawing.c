/* SPDX-License-Identifier: BSD-3-Clause */
#include "drawing.h"

#include "chance.h"
#include "check.h"
#include "uniform.h"

static void
fill_uniforms(drawing *d)
{
    for (size_t i = 0; i < DRAWN; i++) {
        for (size_t e = 0; e < DROP_SEGMENT; e++) {
            uint64_t index = d->segment[i] * DROP_SEGMENT + e;
            d->uniform[i][e] = uniform(d->key, index);
        }
    }
}

void
check_drawings(void (*check)(const drawing *d))
{
    const uint64_t top = UINT64_C(1) << 55, high = UINT64_C(1) << 32;
    const uint64_t keys[] = {0,    1,          UINT32_MAX,
                             high, UINT64_MAX, UINT64_C(0x299f31d0a4093822)};
    const uint64_t firsts[] = {0,        high - 1,    high - DRAWN / 2,
                               high / 2, top - DRAWN, any() % (top - DRAWN)};
    static drawing d;
    for (size_t i = 0; i < COUNT(firsts) + 2; i++) {
        for (size_t j = 0; j < DRAWN; j++) {
            d.segment[j] =
                i < COUNT(firsts) ? firsts[i] + j : any() >> below(64) >> 9;
        }
        for (size_t j = 0; j < COUNT(keys); j++) {
            d.key = keys[j];
            if (is_skipped()) {
                continue;
            }
            fill_uniforms(&d);
            check(&d);
        }
    }
}
