/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sums of masked products for one dtype: #define TYPE f32 or f64 before each
 * inclusion. A product whose bit is 0 is not added, whatever its factors are.
 * Rows of bits begin at whole bytes and go on to a multiple of DROP_WORD.
 */

/* The vectors of a word, the DROP_WORD elements that one word of bits is for,
 * and the samples whose sums of one word stay in registers, so that what is
 * loaded of m serves them all. */
#define VECTORS (DROP_WORD / T_(_lanes))
#define SAMPLES (MATMUL_VECTORS > VECTORS ? MATMUL_VECTORS / VECTORS : 1)

DROP_INLINE void
T_(_load_word)(T_(v) to[VECTORS], const char *from, size_t n)
{
    for (int j = 0; j < VECTORS; j++) {
        const char *at = from + (size_t)j * T_(_lanes) * T_(_size);
        to[j] = n == DROP_WORD
                    ? T_(_load)(at)
                    : T_(_load_partial)(at, lanes_of(n, j, T_(_lanes)));
    }
}

DROP_INLINE void
T_(_store_word)(char *to, const T_(v) from[VECTORS], size_t n)
{
    for (int j = 0; j < VECTORS; j++) {
        char *at = to + (size_t)j * T_(_lanes) * T_(_size);
        if (n == DROP_WORD) {
            T_(_store)(at, from[j]);
        }
        else {
            T_(_store_partial)(at, from[j], lanes_of(n, j, T_(_lanes)));
        }
    }
}

/* Adds a*b where a bit is 1. */
DROP_INLINE void
T_(_add_kept)(T_(v) sum[VECTORS], const T_(v) a[VECTORS],
              const T_(v) b[VECTORS], uint32_t bits)
{
    for (int j = 0; j < VECTORS; j++) {
        T_(v) more = T_(_add)(sum[j], T_(_mul)(a[j], b[j]));
        sum[j] = T_(_keep)(bits, j, more, sum[j]);
    }
}

/* The first n sums of a word of outputs, for some samples: m has this word of
 * each k. n and samples are constants where this is inlined. */
DROP_INLINE void
T_(_sum_word)(char *sum, const char *a, const T_(v) m[][VECTORS],
              const uint8_t *bits, const drop_matmul_tile *p, size_t n,
              size_t samples)
{
    T_(v) total[SAMPLES][VECTORS];
    for (size_t s = 0; s < samples; s++) {
        T_(_load_word)(total[s], sum + (ptrdiff_t)s * p->sum, n);
    }
    for (size_t k = 0; k < p->depth; k++) {
        for (size_t s = 0; s < samples; s++) {
            T_(v) factor[VECTORS];
            T_(_value) value;
            memcpy(&value, a + (ptrdiff_t)s * p->a + (ptrdiff_t)k * p->a_k,
                   sizeof value);
            for (int j = 0; j < VECTORS; j++) {
                factor[j] = T_(_set1)(value);
            }
            T_(_add_kept)
            (total[s], factor, m[k],
             load_le32(bits + s * p->bits + k * p->bits_k));
        }
    }
    for (size_t s = 0; s < samples; s++) {
        T_(_store_word)(sum + (ptrdiff_t)s * p->sum, total[s], n);
    }
}

/* Word by word of outputs. What lies in m at a long stride, which may be one
 * set of the cache, is copied side by side for all samples. */
static void
T_(_matmul)(void *sum, const void *a, const void *m, const uint8_t *bits,
            const drop_matmul_tile *p)
{
    T_(v) word[DROP_MATMUL_DEPTH][VECTORS];
    for (size_t o = 0; o < p->width; o += DROP_WORD) {
        const size_t n = least(p->width - o, DROP_WORD);
        const size_t at = o * T_(_size);
        for (size_t k = 0; k < p->depth; k++) {
            T_(_load_word)
            (word[k], (const char *)m + (ptrdiff_t)k * p->m + at, n);
        }
        for (size_t s = 0; s < p->samples;) {
            char *to = (char *)sum + (ptrdiff_t)s * p->sum + at;
            const char *x = (const char *)a + (ptrdiff_t)s * p->a;
            const uint8_t *keep = bits + s * p->bits + o / 8;
            if (n == DROP_WORD && p->samples - s >= SAMPLES) {
                T_(_sum_word)(to, x, word, keep, p, DROP_WORD, SAMPLES);
                s += SAMPLES;
            }
            else {
                T_(_sum_word)(to, x, word, keep, p, n, 1);
                s++;
            }
        }
    }
}

/* One k's sums over the outputs, lane by lane, for some samples. */
DROP_INLINE void
T_(_dot_lanes)(char *sum, const char *a, const char *m, const uint8_t *bits,
               const drop_matmul_tile *p, size_t samples)
{
    T_(v) total[SAMPLES][VECTORS], row[VECTORS], other[VECTORS];
    for (size_t s = 0; s < samples; s++) {
        T_(_load_word)(total[s], sum + (ptrdiff_t)s * p->sum, DROP_WORD);
    }
    for (size_t o = 0; o < p->width; o += DROP_WORD) {
        const size_t n = least(p->width - o, DROP_WORD);
        T_(_load_word)(row, m + o * T_(_size), n);
        for (size_t s = 0; s < samples; s++) {
            const char *x = a + (ptrdiff_t)s * p->a + o * T_(_size);
            T_(_load_word)(other, x, n);
            T_(_add_kept)
            (total[s], other, row, load_le32(bits + s * p->bits + o / 8));
        }
    }
    for (size_t s = 0; s < samples; s++) {
        T_(_store_word)(sum + (ptrdiff_t)s * p->sum, total[s], DROP_WORD);
    }
}

static void
T_(_matmul_t)(void *sum, const void *a, const void *m, const uint8_t *bits,
              const drop_matmul_tile *p)
{
    for (size_t k = 0; k < p->depth; k++) {
        char *to = (char *)sum + k * DROP_WORD * T_(_size);
        const char *row = (const char *)m + (ptrdiff_t)k * p->m;
        const uint8_t *keep = bits + k * p->bits_k;
        for (size_t s = 0; s < p->samples;) {
            const char *x = (const char *)a + (ptrdiff_t)s * p->a;
            if (p->samples - s >= SAMPLES) {
                T_(_dot_lanes)
                (to + (ptrdiff_t)s * p->sum, x, row, keep + s * p->bits, p,
                 SAMPLES);
                s += SAMPLES;
            }
            else {
                T_(_dot_lanes)
                (to + (ptrdiff_t)s * p->sum, x, row, keep + s * p->bits, p, 1);
                s++;
            }
        }
    }
}

#undef TYPE
#undef VECTORS
#undef SAMPLES
