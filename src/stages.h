/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages over the word list that was included before, and their table:
 * KERNELS(isa) is all that a kernels_<isa>.c still has to say.
 */
#include "kernels.h"
#include "philox.h"
#include "bernoulli.h"

/* How far ahead a source beyond the cache is fetched, in bytes: within 4 to
 * 16 KiB it makes no difference that can be measured. */
#define PREFETCH_AHEAD 8192

DROP_INLINE void
prefetch(const char *x, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64) {
        __builtin_prefetch(x + PREFETCH_AHEAD + at);
    }
}

#define TYPE f32
#include "apply.h"
#define TYPE f64
#include "apply.h"
#define TYPE f16
#include "apply.h"
#define TYPE bf16
#include "apply.h"

static void
bool_apply(void *out, const void *x, const void *r, const uint8_t *bits,
           size_t offset, size_t n, const drop_affine *affine, int how)
{
    uint8_t *to = out;
    size_t whole = n / BLOCK * BLOCK;
    (void)x, (void)r, (void)affine, (void)how;
    bits += offset / 8;
    offset %= 8;
    for (size_t i = 0; i < whole; i += BLOCK) {
        expand32(to + i, load_bits32(bits + i / 8, offset));
    }
    if (whole < n) {
        uint8_t part[BLOCK];
        expand32(part, load_bits32(bits + whole / 8, offset));
        memcpy(to + whole, part, n - whole);
    }
}

static void
order_stores(void)
{
    fence();
}

#define KERNELS(isa)                                                        \
    const drop_kernels drop_kernels_##isa = {                               \
        .name = #isa,                                                       \
        .bernoulli = bernoulli,                                             \
        .apply = {f32_apply, f64_apply, f16_apply, bf16_apply, bool_apply}, \
        .fence = order_stores,                                              \
    }
