/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stages over the word list that was included before, and their table:
 * KERNELS(isa) is all that an <isa>.c still has to say.
 */
#include "kernels/kernels.h"
#include "kernels/philox_simd.h"
#include "kernels/sfc64_simd.h"
#include "kernels/bernoulli.h"
#include "kernels/bit_transpose.h"
#include "kernels/uniforms.h"
#include "kernels/normal.h"
#include "kernels/bitset.h"
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
        .uniforms = uniforms,                                               \
        .apply = {[DROP_F32] = f32_apply,                                   \
                  [DROP_F64] = f64_apply,                                   \
                  [DROP_F16] = f16_apply,                                   \
                  [DROP_BF16] = bf16_apply,                                 \
                  [DROP_BOOL] = bool_apply},                                \
        .matmul = {[DROP_F32] = f32_matmul, [DROP_F64] = f64_matmul},       \
        .matmul_t = {[DROP_F32] = f32_matmul_t, [DROP_F64] = f64_matmul_t}, \
        .transpose64 = transpose64,                                         \
        .erode = erode,                                                     \
        .popcount = popcount,                                               \
        .noise = {[DROP_F32] = f32_noise,                                   \
                  [DROP_F64] = f64_noise,                                   \
                  [DROP_F16] = f16_noise,                                   \
                  [DROP_BF16] = bf16_noise},                                \
        .fence = order_stores,                                              \
    }
