/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop over a run for one type, which apply_template.h and
 * replace_template.h include: an element is loaded, what it becomes if it is
 * kept is computed, and the bit selects. Elements have any alignment.
 */

/* The first n elements of a vector, of which no others need be in memory. */
DROP_INLINE
R_(v) T_(_load_some)(const char *x, size_t n)
{
    return n < R_(_lanes) ? T_(_load_partial)(x, n) : T_(_load)(x);
}

DROP_INLINE void
T_(_store_some)(char *to, R_(v) value, size_t n)
{
    if (n < R_(_lanes)) {
        T_(_store_partial)(to, value, n);
    }
    else {
        T_(_store)(to, value);
    }
}

/* The first n elements of vector j of a word. form, hints and, in whole words,
 * n are constants where this is inlined. */
DROP_INLINE void
T_(_vector)(char *out, const char *x, const char *r, uint32_t bits, int j,
            size_t n, const R_(v) factor[3], drop_form form, int hints)
{
    const size_t at = (size_t)j * R_(_lanes) * T_(_size);
    R_(v) value = T_(_load_some)(x + at, n), other = factor[2];
    if (reads_r(form)) {
        other = T_(_load_some)(r + at, n);
    }
    value = R_(_kept)(value, other, factor, form);
    value = R_(_keep)(bits, j, value, other);
    if (n == R_(_lanes) && hints & DROP_NONTEMPORAL) {
        T_(_store_nt)(out + at, value);
    }
    else {
        T_(_store_some)(out + at, value, n);
    }
}

DROP_INLINE void
T_(_run)(char *out, const char *x, const char *r, const uint8_t *bits,
         size_t offset, size_t n, const R_(v) factor[3], drop_form form,
         int hints)
{
    const size_t whole = n / DROP_WORD * DROP_WORD;
    bits += offset / 8;
    offset %= 8;
    for (size_t i = 0; i < whole; i += DROP_WORD) {
        uint32_t word = load_bits32(bits + i / 8, offset);
        size_t at = i * T_(_size);
        if (hints & DROP_PREFETCH) {
            prefetch(x + at, DROP_WORD * T_(_size));
            if (reads_r(form)) {
                prefetch(r + at, DROP_WORD * T_(_size));
            }
        }
        for (int j = 0; j < DROP_WORD / (int)R_(_lanes); j++) {
            T_(_vector)
            (out + at, x + at, r + at, word, j, R_(_lanes), factor, form,
             hints);
        }
    }
    if (whole < n) {
        uint32_t word = load_bits32(bits + whole / 8, offset);
        size_t at = whole * T_(_size), rest = n - whole;
        for (; rest >= R_(_lanes); rest -= R_(_lanes)) {
            T_(_vector)
            (out + at, x + at, r + at, word, 0, R_(_lanes), factor, form, 0);
            at += R_(_lanes) * T_(_size);
            word = (uint32_t)((uint64_t)word >> R_(_lanes));
        }
        if (rest) {
            T_(_vector)
            (out + at, x + at, r + at, word, 0, rest, factor, form, 0);
        }
    }
}
