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

/* Vectors of which only the first n elements are in memory, for dtypes whose
 * list has no word for that. */
#define PARTIAL(type, real)                                              \
    DROP_INLINE real##v type##_load_partial(const char *x, size_t n)     \
    {                                                                    \
        char part[real##_lanes * type##_size] = {0};                     \
        memcpy(part, x, n *type##_size);                                 \
        return type##_load(part);                                        \
    }                                                                    \
    DROP_INLINE void type##_store_partial(char *to, real##v a, size_t n) \
    {                                                                    \
        char part[real##_lanes * type##_size];                           \
        type##_store(part, a);                                           \
        memcpy(to, part, n *type##_size);                                \
    }
#ifndef f32_load_partial
PARTIAL(f32, f32)
PARTIAL(f64, f64)
#endif
#ifndef f16_load_partial
PARTIAL(f16, f32)
PARTIAL(bf16, f32)
#endif

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
bool_apply(void *out, const void *x, const void *r, const uint8_t *bits,
           size_t offset, size_t n, const drop_affine *affine, int hints)
{
    uint8_t *to = out;
    size_t whole = n / DROP_WORD * DROP_WORD;
    (void)x, (void)r, (void)affine, (void)hints;
    bits += offset / 8;
    offset %= 8;
    for (size_t i = 0; i < whole; i += DROP_WORD) {
        unpack32(to + i, load_bits32(bits + i / 8, offset));
    }
    if (whole < n) {
        uint8_t part[DROP_WORD];
        unpack32(part, load_bits32(bits + whole / 8, offset));
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
        .matmul = {f32_matmul, f64_matmul},                                 \
        .matmul_t = {f32_matmul_t, f64_matmul_t},                           \
        .transpose64 = transpose64,                                         \
        .erode = erode,                                                     \
        .popcount = popcount,                                               \
        .noise = {f32_noise, f64_noise, f16_noise, bf16_noise},             \
        .fence = order_stores,                                              \
    }
