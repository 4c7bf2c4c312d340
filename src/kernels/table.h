/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The kernels, over the word list that was included before, and their table:
 * KERNELS(isa) is all that an <isa>.c still has to say.
 */
#include "kernels/kernels.h"
#include "kernels/philox_simd.h"
#include "kernels/sfc64_simd.h"
#include "kernels/bernoulli.h"
#include "kernels/bit_transpose.h"
#include "kernels/uniforms.h"
#include "kernels/rates.h"
#include "kernels/normal.h"
#include "kernels/bitset.h"
#include "kernels/apply_bool.h"
#include "kernels/simd/items.h"
#include "kernels/simd/halves.h"
#include "kernels/simd/partial.h"

/* How far ahead x is prefetched where it lies beyond the cache, in bytes:
 * within 4 to 16 KiB it makes no difference that can be measured. */
#define PREFETCH_AHEAD 8192

DROP_INLINE int
reads_r(drop_form form)
{
    return form == DROP_RESIDUAL || form == DROP_REPLACE;
}

/* What becomes of a kept x, by the factors a and b. */
#define KEPT(real)                                                         \
    DROP_INLINE real##v real##_kept(real##v x, real##v r,                  \
                                    const real##v *factor, drop_form form) \
    {                                                                      \
        x = real##_mul(x, factor[0]);                                      \
        return form == DROP_AFFINE     ? real##_add(x, factor[1])          \
               : form == DROP_RESIDUAL ? real##_add(r, x)                  \
                                       : x;                                \
    }
KEPT(f32)
KEPT(f64)
#define f16_kept f32_kept

DROP_INLINE bf16x2v
bf16x2_kept(bf16x2v x, bf16x2v r, const f32v *factor, drop_form form)
{
    f32v low = f32_kept(bf16x2_low(x), bf16x2_low(r), factor, form);
    f32v high = f32_kept(bf16x2_high(x), bf16x2_high(r), factor, form);
    return bf16x2_join(low, high);
}

/* The cases of a template's switch: a loop for each form and its hints. */
#define RUN_CASE(form, hints)                                               \
    case (form) << 2 | (hints):                                             \
        T_(_run)(out, x, r, bits, offset, n, factor, dropped, form, hints); \
        break
#define RUN_CASES(form)               \
    RUN_CASE(form, 0);                \
    RUN_CASE(form, DROP_PREFETCH);    \
    RUN_CASE(form, DROP_NONTEMPORAL); \
    RUN_CASE(form, DROP_PREFETCH | DROP_NONTEMPORAL)
_Static_assert(DROP_PREFETCH < 4 && DROP_NONTEMPORAL < 4,
               "hints have two bits");
_Static_assert(DROP_FORMS == 6, "each form has its cases, or is noise");

/* Names in the templates, which are included once for each TYPE: T_(x) is TYPE
 * and x, R_(x) is the type that computes for it and x, and V_(x) the type
 * whose vectors are loaded, selected and stored in a run of it, and x. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define T_(name) PASTE(TYPE, name)
#define R_(name) PASTE(T_(_real), name)
#define V_(name) PASTE(VECTOR, name)

#define TYPE f32
#include "kernels/apply_template.h"
#define TYPE f64
#include "kernels/apply_template.h"
#define TYPE f16
#include "kernels/apply_template.h"
#define TYPE bf16
#define VECTOR bf16x2
#include "kernels/apply_template.h"

#define TYPE item1
#include "kernels/replace_template.h"
#define TYPE item2
#include "kernels/replace_template.h"
#define TYPE item4
#include "kernels/replace_template.h"
#define TYPE item8
#include "kernels/replace_template.h"
#define TYPE item16
#include "kernels/replace_template.h"

/* The lanes of vector j of a word that are among its first n elements: a
 * constant where n is DROP_WORD. */
DROP_INLINE size_t
lanes_of(size_t n, int j, size_t lanes)
{
    if (n == DROP_WORD) {
        return lanes;
    }
    const size_t before = (size_t)j * lanes;
    const size_t left = n > before ? n - before : 0;
    return least(left, lanes);
}

#define TYPE f32
#include "kernels/mean_template.h"
#define TYPE f64
#include "kernels/mean_template.h"
#define TYPE f16
#include "kernels/mean_template.h"
#define TYPE bf16
#include "kernels/mean_template.h"

#define TYPE f32
#include "kernels/apply_factors_template.h"
#define TYPE f64
#include "kernels/apply_factors_template.h"
#define TYPE f16
#include "kernels/apply_factors_template.h"
#define TYPE bf16
#include "kernels/apply_factors_template.h"

#define TYPE f32
#include "kernels/masked_matmul_template.h"
#define TYPE f64
#include "kernels/masked_matmul_template.h"

static void
order_stores(void)
{
    fence();
}

#define APPLY(name, prefix, ...) [DROP_##name] = prefix##_apply,
#define FACTORS(name, prefix, bytes, numpy) \
    [DROP_##name] = prefix##_apply_factors,
#define NOISE(name, prefix, bytes, numpy) [DROP_##name] = prefix##_noise,
#define MEAN(name, prefix, bytes, numpy) [DROP_##name] = prefix##_mean,
#define KERNELS(isa)                                                        \
    const drop_kernels drop_kernels_##isa = {                               \
        .name = #isa,                                                       \
        .bernoulli = bernoulli,                                             \
        .uniforms = uniforms,                                               \
        .bernoulli_rates = bernoulli_rates,                                 \
        .apply = {DROP_DTYPE_ROWS(APPLY) DROP_ITEM_ROWS(APPLY)},            \
        .apply_factors = {DROP_FLOAT_ROWS(FACTORS)},                        \
        .noise = {DROP_FLOAT_ROWS(NOISE)},                                  \
        .mean = {DROP_FLOAT_ROWS(MEAN)},                                    \
        .matmul = {[DROP_F32] = f32_matmul, [DROP_F64] = f64_matmul},       \
        .matmul_t = {[DROP_F32] = f32_matmul_t, [DROP_F64] = f64_matmul_t}, \
        .transpose64 = transpose64,                                         \
        .erode = erode,                                                     \
        .popcount = popcount,                                               \
        .fence = order_stores,                                              \
        .prefetch_from = PREFETCH_FROM,                                     \
    }

/* What the word lists must satisfy. */
#define FITS(name, prefix, bytes, ...) \
    _Static_assert((int)prefix##_size == bytes, #name);
DROP_FLOAT_ROWS(FITS)
DROP_ITEM_ROWS(FITS)
#undef FITS
_Static_assert(DROP_MAX_LANES % U64_LANES == 0,
               "arrays have room for vectors");
_Static_assert(DROP_TILE_SEGMENTS % DRAW_LANES == 0, "tiles fill chunks");
_Static_assert(DROP_WORD % f32_lanes == 0 && DROP_WORD % f64_lanes == 0,
               "a word of bits is for whole vectors");
_Static_assert(DROP_WORD % item1_lanes == 0 && DROP_WORD % item2_lanes == 0,
               "and for whole vectors of items");
_Static_assert(DROP_WORD == 32, "the words that take bits know 32");
_Static_assert(DROP_ALIGN % sizeof(f32v) == 0,
               "non-temporal stores are aligned");
_Static_assert(U64_LANES <= 8, "bits of a vector are doubled in 16 bits");
_Static_assert((int)U64_LANES == (int)f64_lanes, "normals mix the two");
_Static_assert(NORMALS % DROP_NORMALS_STEP == 0 &&
                   DROP_NORMALS_STEP % NORMAL_LANES == 0,
               "normals are made in whole steps");
