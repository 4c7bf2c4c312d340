/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits x data for one dtype: #define TYPE f32, f64, f16 or bf16 before each
 * inclusion. A dtype is loaded from and stored to memory of any alignment as
 * vectors of the dtype that computes (REAL: f32 or f64). Dropped is selected,
 * never multiplied by zero, and product and sum are rounded each.
 */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define T_(name) PASTE(TYPE, name)
#define R_(name) PASTE(REAL, name)
#define REAL T_(_real)

/* The first n elements of vector j of a block. form, hints and where it
 * matters n are constants where this is inlined. */
DROP_INLINE void
T_(_vector)(char *out, const char *x, const char *r, uint32_t bits, int j,
            size_t n, const R_(v) factor[3], drop_form form, int hints)
{
    const size_t at = (size_t)j * R_(_lanes) * T_(_size);
    const int some = n < R_(_lanes);
    R_(v) value = some ? T_(_load_partial)(x + at, n) : T_(_load)(x + at);
    R_(v) other = factor[2];
    value = R_(_mul)(value, factor[0]);
    if (form == DROP_AFFINE) {
        value = R_(_add)(value, factor[1]);
    }
    if (form == DROP_RESIDUAL) {
        other = some ? T_(_load_partial)(r + at, n) : T_(_load)(r + at);
        value = R_(_add)(other, value);
    }
    value = R_(_keep)(bits, j, value, other);
    if (some) {
        T_(_store_partial)(out + at, value, n);
    }
    else if (hints & DROP_NONTEMPORAL) {
        T_(_store_nt)(out + at, value);
    }
    else {
        T_(_store)(out + at, value);
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
            if (form == DROP_RESIDUAL) {
                prefetch(r + at, DROP_WORD * T_(_size));
            }
        }
        for (int j = 0; j < DROP_WORD / R_(_lanes); j++) {
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
            word >>= R_(_lanes);
        }
        if (rest) {
            T_(_vector)
            (out + at, x + at, r + at, word, 0, rest, factor, form, 0);
        }
    }
}

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
    const R_(v) factor[3] = {R_(_set1)(affine->a), R_(_set1)(affine->b),
                             R_(_set1)(affine->c)};
    r = affine->form == DROP_RESIDUAL ? r : x; /* NULL cannot be added to */
    _Static_assert(DROP_PREFETCH < 4 && DROP_NONTEMPORAL < 4,
                   "hints have two bits");
#define CASE(form, hints)                                          \
    case (form) << 2 | (hints):                                    \
        T_(_run)(out, x, r, bits, offset, n, factor, form, hints); \
        break
#define CASES(form)               \
    CASE(form, 0);                \
    CASE(form, DROP_PREFETCH);    \
    CASE(form, DROP_NONTEMPORAL); \
    CASE(form, DROP_PREFETCH | DROP_NONTEMPORAL)
    switch (affine->form << 2 | hints) {
        CASES(DROP_SCALE);
        CASES(DROP_AFFINE);
        CASES(DROP_RESIDUAL);
    }
#undef CASE
#undef CASES
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
        some = n - i < NORMALS ? n - i : NORMALS;
        padded = (some + NORMALS_STEP - 1) / NORMALS_STEP * NORMALS_STEP;
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
#undef REAL
#undef T_
#undef R_
#undef PASTE
#undef PASTE_
