/* SPDX-License-Identifier: BSD-3-Clause
 *
 * SFC64 and uniforms against known answers, and drop_uniform against the
 * uniforms that the other tests expect.
 */
#include "chance.h"
#include "check.h"
#include "uniform.h"

static void
expect(const char *what, uint64_t expected, uint64_t got)
{
    if (expected != got) {
        fail("%s: expected %016" PRIx64 ", got %016" PRIx64, what, expected,
             got);
    }
    checks++;
}

/* The known answers of STREAM.md. */
static void
check_known(void)
{
    static const uint64_t outputs[] = {
        UINT64_C(0xde2c3f1ab3ff3ef8), UINT64_C(0xdeb108d9935f314e),
        UINT64_C(0x7609f81d974ad778), UINT64_C(0xe2e964a40c39dcc8)};
    static const struct {
        uint64_t key, index, uniform;
    } known[] = {{12345, 3584, UINT64_C(0x009f4d6757)},
                 {12345, 3585, UINT64_C(0x413d8a4bbc)},
                 {12345, 3586, UINT64_C(0x26964a7511)},
                 {UINT64_MAX, 0, UINT64_C(0x94b61721b3)},
                 {UINT64_MAX, 511, UINT64_C(0xb0b2f11033)},
                 {UINT64_MAX, 512, UINT64_C(0x537991c64d)},
                 {UINT64_MAX, UINT64_MAX, UINT64_C(0x0fcf9a1243)}};
    drop_sfc64 state = drop_sfc64_seed(12345, 7);
    for (int i = 0; i < 320; i++) {
        uint64_t output = drop_sfc64_next(&state);
        if (i < 4) {
            expect("output", outputs[i], output);
        }
        if (i == 319) {
            expect("output 319", UINT64_C(0x20fd37052669d95c), output);
        }
    }
    for (size_t i = 0; i < COUNT(known); i++) {
        expect("uniform", known[i].uniform,
               drop_uniform(known[i].key, known[i].index));
    }
}

void
test_sfc64(void)
{
    check_known();
    for (int shift = 0; shift < 64; shift++) {
        for (int i = 0; i < 100; i++) {
            const uint64_t key = any(), index = any() >> shift;
            expect("uniform", uniform(key, index), drop_uniform(key, index));
        }
    }
}
