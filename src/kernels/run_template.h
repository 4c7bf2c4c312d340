/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop over a run for one type, which apply_template.h and
 * replace_template.h include: an element is loaded, what it becomes if it is
 * kept is computed, and the bit selects. Elements have any alignment.
 */
#ifndef VECTOR
#define VECTOR TYPE
#endif

/* The first n elements of vector j of a word. form, hints and, in whole words,
 * n are constants where this is inlined. */
DROP_INLINE void
T_(_run_vector)(char *out, const char *x, const char *r, uint32_t bits, int j,
                size_t n, const T_(_factor) * factor, V_(v) dropped,
                drop_form form, int hints)
{
    const size_t at = (size_t)j * V_(_lanes) * T_(_size);
    V_(v) value = V_(_load_some)(x + at, n), other = dropped;
    if (reads_r(form)) {
        other = V_(_load_some)(r + at, n);
    }
    value = V_(_kept)(value, other, factor, form);
    value = V_(_keep)(bits, j, value, other);
    if (n == V_(_lanes) && hints & DROP_NONTEMPORAL) {
        V_(_store_nt)(out + at, value);
    }
    else {
        V_(_store_some)(out + at, value, n);
    }
}

DROP_INLINE void
T_(_run)(char *out, const char *x, const char *r, const uint8_t *bits,
         size_t offset, size_t n, const T_(_factor) * factor, V_(v) dropped,
         drop_form form, int hints)
{
    const size_t whole = n / DROP_WORD * DROP_WORD;
    bits += offset / 8;
    offset %= 8;
    for (size_t i = 0; i < whole; i += DROP_WORD) {
        uint32_t word = load_bits32(bits + i / 8, offset);
        size_t at = i * T_(_size);
        if (hints & DROP_PREFETCH) {
            prefetch(x + at, PREFETCH_AHEAD, DROP_WORD * T_(_size));
            if (reads_r(form)) {
                prefetch(r + at, PREFETCH_AHEAD, DROP_WORD * T_(_size));
            }
        }
        for (int j = 0; j < DROP_WORD / (int)V_(_lanes); j++) {
            T_(_run_vector)
            (out + at, x + at, r + at, word, j, V_(_lanes), factor, dropped,
             form, hints);
        }
    }
    if (whole < n) {
        uint32_t word = load_bits32(bits + whole / 8, offset);
        size_t at = whole * T_(_size), rest = n - whole;
        for (; rest >= V_(_lanes); rest -= V_(_lanes)) {
            T_(_run_vector)
            (out + at, x + at, r + at, word, 0, V_(_lanes), factor, dropped,
             form, 0);
            at += V_(_lanes) * T_(_size);
            word = (uint32_t)((uint64_t)word >> V_(_lanes));
        }
        if (rest) {
            T_(_run_vector)
            (out + at, x + at, r + at, word, 0, rest, factor, dropped, form,
             0);
        }
    }
}
