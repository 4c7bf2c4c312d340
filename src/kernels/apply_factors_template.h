/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits x data for one dtype where each element has a factor of its own:
 * #define TYPE f32, f64, f16 or bf16 before each inclusion. Elements become
 * what apply_template.h makes of them with the same factor for all.
 */

/* The first n elements of vector j of a word of bits; r is NULL for none. n is
 * a constant where all elements are there. */
DROP_INLINE void
T_(_factors_vector)(char *out, const char *x, const char *r, uint32_t bits,
                    int j, size_t n, const char *factor)
{
    const size_t first = (size_t)j * R_(_lanes), at = first * T_(_size);
    R_(v) value = T_(_load_some)(x + at, n), dropped = R_(_set1)(0);
    value = R_(_mul)(value, R_(_load_some)(factor + first * R_(_size), n));
    if (r) {
        dropped = T_(_load_some)(r + at, n);
        value = R_(_add)(dropped, value);
    }
    T_(_store_some)(out + at, R_(_keep)(bits, j, value, dropped), n);
}

static void
T_(_apply_factors)(void *out, const void *x, const void *r,
                   const uint8_t *bits, size_t offset, size_t n,
                   const void *factors)
{
    const int vectors = DROP_WORD / (int)R_(_lanes);
    for (size_t i = 0; i < n; i += DROP_WORD) {
        const uint32_t word = load_bits32(bits, offset + i);
        const size_t at = i * T_(_size), left = n - i;
        char *to = (char *)out + at;
        const char *from = (const char *)x + at;
        const char *other = r ? (const char *)r + at : NULL;
        const char *factor = (const char *)factors + i * R_(_size);
        for (int j = 0; left >= DROP_WORD && j < vectors; j++) {
            T_(_factors_vector)
            (to, from, other, word, j, R_(_lanes), factor);
        }
        for (size_t j = 0; left < DROP_WORD && j < left; j += R_(_lanes)) {
            T_(_factors_vector)
            (to + j * T_(_size), from + j * T_(_size),
             other ? other + j * T_(_size) : NULL,
             (uint32_t)((uint64_t)word >> j), 0, least(left - j, R_(_lanes)),
             factor + j * R_(_size));
        }
    }
}

#undef TYPE
