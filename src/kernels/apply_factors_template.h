/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits x data for one dtype where each element has a factor of its own:
 * #define TYPE f32, f64, f16 or bf16 before each inclusion. Elements become
 * what apply_template.h makes of them with the same factor for all.
 */

/* The first n elements of a vector, whose bits are the lowest; r is NULL for
 * none. */
DROP_INLINE void
T_(_factors_vector)(char *out, const char *x, const char *r, uint32_t bits,
                    size_t n, const char *factor)
{
    R_(v) value = T_(_load_some)(x, n), dropped = R_(_set1)(0);
    value = R_(_mul)(value, R_(_load_some)(factor, n));
    if (r) {
        dropped = T_(_load_some)(r, n);
        value = R_(_add)(dropped, value);
    }
    T_(_store_some)(out, R_(_keep)(bits, 0, value, dropped), n);
}

static void
T_(_apply_factors)(void *out, const void *x, const void *r,
                   const uint8_t *bits, size_t offset, size_t n,
                   const void *factors)
{
    for (size_t i = 0; i < n; i += DROP_WORD) {
        uint32_t word = load_bits32(bits, offset + i);
        const size_t end = n - i < DROP_WORD ? n : i + DROP_WORD;
        for (size_t j = i; j < end; j += R_(_lanes)) {
            const size_t at = j * T_(_size);
            T_(_factors_vector)
            ((char *)out + at, (const char *)x + at,
             r ? (const char *)r + at : NULL, word,
             end - j < R_(_lanes) ? end - j : R_(_lanes),
             (const char *)factors + j * R_(_size));
            word = R_(_lanes) < 32 ? word >> R_(_lanes) : 0;
        }
    }
}

#undef TYPE
