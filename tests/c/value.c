/* SPDX-License-Identifier: BSD-3-Clause */
#include "value.h"

#include "array/run.h"

#include <math.h>
#include <string.h>

const char *const value_names[DROP_DTYPES] = {
    [DROP_F32] = "float32",   [DROP_F64] = "float64", [DROP_F16] = "float16",
    [DROP_BF16] = "bfloat16", [DROP_BOOL] = "bool",   [DROP_ITEM1] = "item1",
    [DROP_ITEM2] = "item2",   [DROP_ITEM4] = "item4", [DROP_ITEM8] = "item8",
    [DROP_ITEM16] = "item16",
};

int
value_is_item(drop_dtype dtype)
{
    return dtype >= DROP_ITEM1;
}

drop_form
value_form(drop_dtype dtype, uint64_t number)
{
    const drop_form floats[] = {DROP_SCALE, DROP_AFFINE, DROP_RESIDUAL};
    const drop_form items[] = {DROP_REPLACE, DROP_FILL};
    return dtype == DROP_BOOL     ? DROP_SCALE
           : value_is_item(dtype) ? items[number % 2]
                                  : floats[number % 3];
}

/* Bits of a half type. */
typedef struct {
    int fraction, top; /* fraction bits; the exponent of infinity and NaN */
} half_format;

static half_format
half_of(drop_dtype dtype)
{
    return dtype == DROP_F16 ? (half_format){10, 31} : (half_format){7, 255};
}

static double
half_load(half_format f, unsigned bits)
{
    int exponent = bits >> f.fraction & f.top, bias = f.top / 2;
    int fraction = bits & ((1 << f.fraction) - 1);
    double value;
    if (exponent == f.top) {
        value = fraction ? NAN : INFINITY;
    }
    else if (exponent) {
        fraction += 1 << f.fraction;
        value = ldexp(fraction, exponent - bias - f.fraction);
    }
    else {
        value = ldexp(fraction, 1 - bias - f.fraction);
    }
    return bits & 0x8000 ? -value : value;
}

static unsigned
half_round(half_format f, double value)
{
    int exponent, bias = f.top / 2;
    double magnitude = fabs(value);
    unsigned sign = signbit(value) ? 0x8000 : 0;
    unsigned infinity = (unsigned)f.top << f.fraction;
    if (isnan(value)) {
        return infinity + 1;
    }
    if (magnitude == 0 || isinf(value)) {
        return sign | (magnitude == 0 ? 0 : infinity);
    }
    frexp(magnitude, &exponent); /* below 2**exponent */
    exponent = exponent - 1 > 1 - bias ? exponent - 1 : 1 - bias;
    double last = rint(ldexp(magnitude, f.fraction - exponent));
    unsigned bits =
        ((unsigned)(exponent + bias - 1) << f.fraction) + (unsigned)last;
    return sign | (bits < infinity ? bits : infinity);
}

double
value_load(drop_dtype dtype, const void *from)
{
    float single;
    double value;
    uint16_t half;
    switch (dtype) {
    case DROP_F32:
        memcpy(&single, from, sizeof single);
        return single;
    case DROP_F64:
        memcpy(&value, from, sizeof value);
        return value;
    default:
        memcpy(&half, from, sizeof half);
        return half_load(half_of(dtype), half);
    }
}

void
value_store(drop_dtype dtype, void *to, double value)
{
    float single = (float)value;
    uint16_t half;
    switch (dtype) {
    case DROP_F32:
        memcpy(to, &single, sizeof single);
        break;
    case DROP_F64:
        memcpy(to, &value, sizeof value);
        break;
    default:
        half = (uint16_t)half_round(half_of(dtype), value);
        memcpy(to, &half, sizeof half);
    }
}

/* To the dtype that computes. A product of two float32 is exact in double, and
 * a sum, rounded to double first, is as if it were: 53 >= 2 * 24 + 2. */
static double
rounded(drop_dtype dtype, double value)
{
    volatile double whole = value; /* no contraction across this */
    return dtype == DROP_F64 ? whole : (float)whole;
}

void
value_result(drop_dtype dtype, void *to, const void *x, const void *r,
             int keep, const drop_affine *affine)
{
    if (dtype == DROP_BOOL) {
        *(uint8_t *)to = (uint8_t)keep;
        return;
    }
    if (value_is_item(dtype)) {
        const void *other = affine->form == DROP_FILL ? affine->fill : r;
        memcpy(to, keep ? x : other, drop_size(dtype));
        return;
    }
    double a = rounded(dtype, affine->a), b = rounded(dtype, affine->b);
    double value = rounded(dtype, affine->c);
    if (affine->form == DROP_RESIDUAL) {
        value = value_load(dtype, r);
    }
    if (keep) {
        double product = rounded(dtype, a * value_load(dtype, x));
        if (affine->form == DROP_RESIDUAL) {
            product = rounded(dtype, value + product);
        }
        if (affine->form == DROP_AFFINE) {
            product = rounded(dtype, product + b);
        }
        value = product;
    }
    value_store(dtype, to, value);
}

void
value_mean(drop_dtype dtype, void *to, const void *const *x,
           const uint8_t *keep, size_t count)
{
    double sum = -0.0, number = 0;
    for (size_t p = 0; p < count; p++) {
        if (!keep || keep[p]) {
            sum = rounded(dtype, sum + value_load(dtype, x[p]));
            number++;
        }
    }
    value_store(dtype, to, number ? rounded(dtype, sum / number) : 0);
}

uint64_t
value_bits(drop_dtype dtype, const void *from)
{
    uint64_t bits = 0;
    size_t size = drop_size(dtype);
    size = size < sizeof bits ? size : sizeof bits;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    memcpy((char *)&bits + sizeof bits - size, from, size);
#else
    memcpy(&bits, from, size);
#endif
    return bits;
}

int
value_same(drop_dtype dtype, const void *a, const void *b)
{
    if (memcmp(a, b, drop_size(dtype)) == 0) {
        return 1;
    }
    return dtype < DROP_BOOL && isnan(value_load(dtype, a)) &&
           isnan(value_load(dtype, b));
}
