/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The mean of those of some arrays that survive, for one dtype: #define TYPE
 * f32, f64, f16 or bf16 before each inclusion. Sums and quotients are rounded
 * each to the dtype that computes, and the quotient as it is stored.
 */

/* The first n means of a word, whose elements begin at byte at; n is the
 * constant DROP_WORD for whole words. A sum begins at -0, since -0 + x is x
 * for every x. Whether bits is NULL is known where this is inlined. */
DROP_INLINE void
T_(_mean_word)(char *out, const void *const *x, size_t at, size_t count,
               const uint8_t *bits, size_t pitch, size_t offset, size_t n)
{
    enum { VECTORS = DROP_WORD / R_(_lanes) };
    const R_(v) zero = R_(_set1)(0), one = R_(_set1)(1);
    R_(v) total[VECTORS], number[VECTORS];
    uint32_t any = bits || !count ? 0 : UINT32_MAX;
    for (int j = 0; j < VECTORS; j++) {
        total[j] = R_(_set1)(-0.0);
        number[j] = bits ? zero : R_(_set1)((double)count);
    }
    for (size_t p = 0; p < count; p++) {
        const uint32_t keep = bits ? load_bits32(bits + p * pitch, offset) : 0;
        any |= keep;
        for (int j = 0; j < VECTORS; j++) {
            const char *from = (const char *)x[p] + at;
            from += (size_t)j * R_(_lanes) * T_(_size);
            R_(v) sum = T_(_load_some)(from, lanes_of(n, j, R_(_lanes)));
            sum = R_(_add)(total[j], sum);
            total[j] = bits ? R_(_keep)(keep, j, sum, total[j]) : sum;
            if (bits) {
                number[j] = R_(_add)(number[j], R_(_keep)(keep, j, one, zero));
            }
        }
    }
    for (int j = 0; j < VECTORS; j++) {
        R_(v) mean = R_(_div)(total[j], number[j]);
        T_(_store_some)
        (out + at + (size_t)j * R_(_lanes) * T_(_size),
         R_(_keep)(any, j, mean, zero), lanes_of(n, j, R_(_lanes)));
    }
}

DROP_INLINE void
T_(_means)(char *out, const void *const *x, size_t count, const uint8_t *bits,
           size_t pitch, size_t offset, size_t n)
{
    const size_t whole = n / DROP_WORD * DROP_WORD;
    for (size_t i = 0; i < whole; i += DROP_WORD) {
        T_(_mean_word)
        (out, x, i * T_(_size), count, bits, pitch, offset + i, DROP_WORD);
    }
    if (whole < n) {
        T_(_mean_word)
        (out, x, whole * T_(_size), count, bits, pitch, offset + whole,
         n - whole);
    }
}

static void
T_(_mean)(void *out, const void *const *x, size_t count, const uint8_t *bits,
          size_t pitch, size_t offset, size_t n)
{
    if (bits) {
        T_(_means)(out, x, count, bits, pitch, offset, n);
    }
    else {
        T_(_means)(out, x, count, NULL, 0, 0, n);
    }
}

#undef TYPE
