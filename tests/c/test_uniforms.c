/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table's uniforms of whole segments.
 */
#include "check.h"
#include "drawing.h"

#include <string.h>

static void
check_uniforms(const drawing *d, size_t n)
{
    static uint64_t to[DRAWN + 1][DROP_SEGMENT];
    drop_sampler sampler;
    drop_sampler_start(&sampler, d->key, 0);
    memset(to, 0xA5, sizeof to);
    tested->uniforms(to[0], d->segment, n, &sampler);
    if (memcmp(to, d->uniform, n * sizeof to[0])) {
        fail("uniforms of %zu segments, key %016" PRIx64, n, d->key);
    }
    const size_t room = (n + DROP_MAX_LANES - 1) / DROP_MAX_LANES;
    if (to[room * DROP_MAX_LANES][0] != UINT64_C(0xA5A5A5A5A5A5A5A5)) {
        fail("uniforms of %zu segments: wrote behind them", n);
    }
    checks++;
}

static void
check_drawing(const drawing *d)
{
    for (size_t n = 1; n <= DRAWN; n++) {
        check_uniforms(d, n);
    }
}

void
test_uniforms(void)
{
    check_drawings(check_drawing);
}
