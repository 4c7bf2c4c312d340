/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random words -> normal variates (STREAM.md): 52 bits are the middle of a
 * cell of (0, 1), and the variate is the normal quantile there by Wichura's
 * AS 241 (PPND16), with fdlibm's method for its logarithm. Every operation is
 * IEEE's and is rounded by itself, so the order that is written here is part
 * of the stream.
 *
 * Five of six variates lie in the centre, where a rational function of q
 * serves. The others are collected and done together, or one of them would
 * cost its whole vector a logarithm.
 */
#include "kernels/kernels.h"

/* The most variates that are made at once. Their number is a multiple of
 * DROP_NORMALS_STEP. */
enum { NORMALS = 512 };
_Static_assert(NORMALS % 64 == 0 && NORMALS <= UINT16_MAX,
               "places of variates are bits of words, and 16-bit numbers");

/* AS 241's polynomials, from the highest power down. They are for |q| <=
 * 0.425, for t <= 5, and beyond. */
static const double centre[2][8] = {
    {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0},
    {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0},
};
static const double middle[2][8] = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2,
     2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4,
     1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0},
};
static const double far[2][8] = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5,
     1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7,
     1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0},
};

/* Vectors that take a step together: a single one would wait for its own
 * results (1.9 ns a variate with AVX-512, 1.6 with four). */
#define NORMAL_VECTORS 4
enum { NORMAL_LANES = NORMAL_VECTORS * f64_lanes };

DROP_INLINE void
horner(f64v sum[NORMAL_VECTORS], const double c[8],
       const f64v x[NORMAL_VECTORS])
{
    for (int v = 0; v < NORMAL_VECTORS; v++) {
        sum[v] = f64_set1(c[0]);
    }
    for (int i = 1; i < 8; i++) {
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            sum[v] = f64_add(f64_mul(sum[v], x[v]), f64_set1(c[i]));
        }
    }
}

/* log x for x in [2**-1000, 1): x = 2**k * (1 + f), 1 + f in about [sqrt 1/2,
 * sqrt 2), where f is exact. k is found above 0, k + 1023, since shifts know
 * no sign and numbers below 2**52 become doubles by their bits alone. */
DROP_INLINE f64v
logarithm(f64v x)
{
    const u64v one = u64_set1(UINT64_C(1023) << 52);
    u64v bits = f64_as_u64(x);
    u64v k = u64_shr(u64_add(bits, u64_set1((UINT64_C(1023) << 52) -
                                            (UINT64_C(0x3FE6A09C) << 32))),
                     52);
    bits = u64_sub(u64_add(bits, one), u64_shl(k, 52));
    f64v f = f64_sub(u64_as_f64(bits), f64_set1(1.0));
    f64v power =
        f64_sub(u64_as_f64(u64_or(k, u64_set1(UINT64_C(0x433) << 52))),
                f64_set1(0x1p52 + 1023));
    f64v half_square = f64_mul(f64_mul(f64_set1(0.5), f), f);
    f64v s = f64_div(f, f64_add(f64_set1(2.0), f));
    f64v z = f64_mul(s, s), w = f64_mul(z, z);
#define NEXT(c, sum) f64_add(f64_set1(c), f64_mul(w, sum))
    f64v even = f64_mul(w, NEXT(3.999999999940941908e-01,
                                NEXT(2.222219843214978396e-01,
                                     f64_set1(1.531383769920937332e-01))));
    f64v odd =
        f64_mul(z, NEXT(6.666666666666735130e-01,
                        NEXT(2.857142874366239149e-01,
                             NEXT(1.818357216161805012e-01,
                                  f64_set1(1.479819860511658591e-01)))));
#undef NEXT
    f64v series = f64_mul(s, f64_add(half_square, f64_add(odd, even)));
    f64v low = f64_mul(power, f64_set1(1.90821492927058770002e-10));
    f64v rest = f64_sub(f64_sub(half_square, f64_add(series, low)), f);
    return f64_sub(f64_mul(power, f64_set1(6.93147180369123816490e-01)), rest);
}

/* Replaces uniforms in the centre by their quantiles. Sets the bits of the
 * others in outside. */
DROP_INLINE void
do_centre(double *u, size_t n, uint64_t *outside)
{
    memset(outside, 0, NORMALS / 8);
    for (size_t i = 0; i < n; i += NORMAL_LANES) {
        f64v q[NORMAL_VECTORS], r[NORMAL_VECTORS];
        f64v above[NORMAL_VECTORS], below[NORMAL_VECTORS];
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            f64v value = f64_load((char *)(u + i + v * f64_lanes));
            q[v] = f64_sub(value, f64_set1(0.5));
            r[v] = f64_sub(f64_set1(0.180625), f64_mul(q[v], q[v]));
        }
        horner(above, centre[0], r);
        horner(below, centre[1], r);
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            size_t at = i + (size_t)v * f64_lanes;
            u64v size = u64_and(f64_as_u64(q[v]), u64_set1(INT64_MAX));
            unsigned out = f64_above(u64_as_f64(size), f64_set1(0.425));
            f64v z = f64_div(f64_mul(q[v], above[v]), below[v]);
            z = f64_keep(out, 0, f64_load((char *)(u + at)), z);
            f64_store((char *)(u + at), z);
            outside[at / 64] |= (uint64_t)out << at % 64;
        }
    }
}

/* Quantiles in place of uniforms outside of the centre. */
DROP_INLINE void
tail_quantiles(double u[NORMAL_LANES])
{
    f64v t[NORMAL_VECTORS], x[NORMAL_VECTORS], z[NORMAL_VECTORS];
    f64v above[NORMAL_VECTORS], below[NORMAL_VECTORS];
    unsigned left[NORMAL_VECTORS], far_off = 0;
    for (int v = 0; v < NORMAL_VECTORS; v++) {
        f64v side = f64_load((char *)(u + v * f64_lanes));
        left[v] = f64_above(f64_set1(0.5), side);
        side = f64_keep(left[v], 0, side, f64_sub(f64_set1(1.0), side));
        t[v] = f64_sqrt(f64_sub(f64_set1(0.0), logarithm(side)));
        x[v] = f64_sub(t[v], f64_set1(1.6));
        far_off |= f64_above(t[v], f64_set1(5.0));
    }
    horner(above, middle[0], x);
    horner(below, middle[1], x);
    for (int v = 0; v < NORMAL_VECTORS; v++) {
        z[v] = f64_div(above[v], below[v]);
    }
    if (far_off) { /* 1 in 5e9 */
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            x[v] = f64_sub(t[v], f64_set1(5.0));
        }
        horner(above, far[0], x);
        horner(below, far[1], x);
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            far_off = f64_above(t[v], f64_set1(5.0));
            z[v] = f64_keep(far_off, 0, f64_div(above[v], below[v]), z[v]);
        }
    }
    for (int v = 0; v < NORMAL_VECTORS; v++) {
        f64v minus = f64_sub(f64_set1(0.0), z[v]);
        f64_store((char *)(u + v * f64_lanes),
                  f64_keep(left[v], 0, minus, z[v]));
    }
}

/* Replaces the uniforms outside of the centre by their quantiles. */
DROP_INLINE void
do_tails(double *u, const uint64_t *outside)
{
    uint16_t at[NORMALS + NORMAL_LANES];
    double z[NORMAL_LANES];
    size_t n = 0;
    for (size_t i = 0; i < NORMALS / 64; i++) {
        for (uint64_t word = outside[i]; word; word &= word - 1) {
            at[n++] = (uint16_t)(64 * i + (size_t)__builtin_ctzll(word));
        }
    }
    for (size_t i = 0; i < n; i += NORMAL_LANES) {
        size_t some = least(n - i, NORMAL_LANES);
        for (size_t l = 0; l < NORMAL_LANES; l++) {
            z[l] = u[at[l < some ? i + l : i]];
        }
        tail_quantiles(z);
        for (size_t l = 0; l < some; l++) {
            u[at[i + l]] = z[l];
        }
    }
}

/* ((word >> 12) + 1/2) * 2**-52, exactly: the 52 bits become the fraction of a
 * double in [1, 2). */
DROP_INLINE f64v
open_uniform(u64v word)
{
    u64v bits = u64_or(u64_shr(word, 12), u64_set1(UINT64_C(1023) << 52));
    return f64_add(f64_sub(u64_as_f64(bits), f64_set1(1.0)),
                   f64_set1(0x1p-53));
}

DROP_INLINE void
draw_uniforms(double *u, uint64_t index, uint64_t step, size_t n,
              const drop_sampler *sampler)
{
    uint64_t lane[NORMAL_LANES];
    for (size_t l = 0; l < NORMAL_LANES; l++) {
        lane[l] = index + l * step;
    }
    for (size_t i = 0; i < n; i += NORMAL_LANES) {
        philox_state s[NORMAL_VECTORS];
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            u64v counter =
                u64_add(u64_load(lane + v * U64_LANES), u64_set1(i * step));
            s[v] = philox_start(counter, 0, DROP_NORMALS);
        }
        philox_rounds(s, NORMAL_VECTORS, sampler);
        for (int v = 0; v < NORMAL_VECTORS; v++) {
            f64_store((char *)(u + i + (size_t)v * U64_LANES),
                      open_uniform(philox_w01(&s[v], sampler)));
        }
    }
}

/* Writes the variates of n elements index, index + step, ..., n a multiple of
 * DROP_NORMALS_STEP. */
static void
normals(double *z, uint64_t index, uint64_t step, size_t n,
        const drop_sampler *sampler)
{
    uint64_t outside[NORMALS / 64];
    draw_uniforms(z, index, step, n, sampler);
    do_centre(z, n, outside);
    do_tails(z, outside);
}
