/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages over the word list that was included before, and their table:
 * KERNELS(isa) is all that a kernels_<isa>.c still has to say.
 */
#include "kernels/kernels.h"
#include "kernels/philox_simd.h"
#include "kernels/bernoulli.h"
#include "kernels/normal.h"
#include "kernels/bitset.h"
#include "kernels/bit_transpose.h"
#include "kernels/apply_bool.h"
#include "kernels/simd/partial.h"

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
#include "kernels/apply_template.h"
#define TYPE f64
#include "kernels/apply_template.h"
#define TYPE f16
#include "kernels/apply_template.h"
#define TYPE bf16
#include "kernels/apply_template.h"

#define TYPE f32
#include "kernels/masked_matmul_template.h"
#define TYPE f64
#include "kernels/masked_matmul_template.h"

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
        .matmul = {f32_matmul, f64_matmul},                                 \
        .matmul_t = {f32_matmul_t, f64_matmul_t},                           \
        .transpose64 = transpose64,                                         \
        .erode = erode,                                                     \
        .popcount = popcount,                                               \
        .noise = {f32_noise, f64_noise, f16_noise, bf16_noise},             \
        .fence = order_stores,                                              \
    }
