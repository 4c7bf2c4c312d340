/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits x data for one dtype: #define TYPE f32, f64, f16 or bf16 before each
 * inclusion, and VECTOR where a run has a type of its own. Dropped is
 * selected, never multiplied by zero, and product and sum are rounded each to
 * the dtype that computes, f32 or f64.
 */

typedef R_(v) T_(_factor);
#include "kernels/run_template.h"

DROP_INLINE void
T_(_multiply)(char *out, const char *x, const char *factor, size_t n)
{
    const size_t lanes = R_(_lanes), rest = n % lanes;
    size_t i = 0;
    for (; i < n - rest; i += lanes) {
        R_(v) value = T_(_load)(x + i * T_(_size));
        value = R_(_mul)(value, R_(_load)(factor + i * R_(_size)));
        T_(_store)(out + i * T_(_size), value);
    }
    if (rest) {
        R_(v) value = T_(_load_partial)(x + i * T_(_size), rest);
        value = R_(_mul)(value, R_(_load)(factor + i * R_(_size)));
        T_(_store_partial)(out + i * T_(_size), value, rest);
    }
}

static void
T_(_apply)(void *out, const void *x, const void *r, const uint8_t *bits,
           size_t offset, size_t n, const drop_affine *affine, int hints)
{
    const T_(_factor) factor[] = {R_(_set1)(affine->a), R_(_set1)(affine->b)};
    const V_(v) dropped = V_(_set1)(affine->c);
    r = reads_r(affine->form) ? r : x; /* NULL cannot be added to */
    switch (affine->form << 2 | hints) {
        RUN_CASES(DROP_SCALE);
        RUN_CASES(DROP_AFFINE);
        RUN_CASES(DROP_RESIDUAL);
    }
}

/* x by factors that are rounded once to the dtype that computes. */
static void
T_(_noise)(void *out, const void *x, uint64_t index, uint64_t step, size_t n,
           const drop_sampler *sampler, double sigma)
{
    double z[NORMALS];
    R_(_value) factor[NORMALS];
    for (size_t i = 0, some, padded; i < n; i += some) {
        const uint64_t at = index + i * step;
        some = least(n - i, NORMALS);
        padded = (some + DROP_NORMALS_STEP - 1) / DROP_NORMALS_STEP *
                 DROP_NORMALS_STEP;
        normals(z, at, step, padded, sampler);
        for (size_t j = 0; j < padded; j++) {
            factor[j] = (R_(_value))(1.0 + sigma * z[j]);
        }
        T_(_multiply)
        ((char *)out + i * T_(_size), (const char *)x + i * T_(_size),
         (char *)factor, some);
    }
}

#undef TYPE
#undef VECTOR
