/* SPDX-License-Identifier: BSD-3-Clause */
#include "chance.h"

#include "check.h"

#include <math.h>

static uint64_t state;

/* Bytes that decide before the generator does. */
static const uint8_t *given;
static size_t left;

/* FNV-1a (Fowler, Noll, Vo). */
void
chance_start(const char *name)
{
    left = 0;
    state = UINT64_C(0xCBF29CE484222325);
    for (; *name; name++) {
        state = (state ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
    }
}

void
chance_from(const uint8_t *bytes, size_t n)
{
    state = 0;
    given = bytes;
    left = n;
}

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t
generate(void)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* A number of the next bytes given, at most so many of them. */
static uint64_t
draw(size_t bytes)
{
    uint64_t number = 0;
    if (left == 0) {
        return generate();
    }
    for (; left && bytes; left--, bytes--) {
        number = number << 8 | *given++;
    }
    return number;
}

uint64_t
any(void)
{
    return draw(8);
}

uint64_t
below(uint64_t n)
{
    return draw(n <= 256 ? 1 : n <= 65536 ? 2 : 8) % n;
}

int
one_in(uint64_t n)
{
    return below(n) == 0;
}

int
is_skipped(void)
{
    return !one_in(thin);
}

void
any_bytes(uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = (uint8_t)generate();
    }
}

uint64_t
any_threshold(void)
{
    /* p = 0, 2**-40, 0.1, 0.5, 1 - 2**-40, 1 */
    const uint64_t usual[] = {
        0, 1, UINT64_C(109951162778), DROP_ONE / 2, DROP_ONE - 1, DROP_ONE};
    switch (below(3)) {
    case 0:
        return usual[below(COUNT(usual))];
    case 1:
        return below(256) << 32;
    default:
        return below(DROP_ONE);
    }
}

drop_affine
any_affine(drop_form form)
{
    const double factors[] = {1 / .9,  2,        1,       .88671,
                              -1 / .3, 0x1p-100, 0x1p120, 0x1.8p-24};
    const double dropped[] = {0, 0, -1.7580993408473766, -0., INFINITY};
    drop_affine affine = {.form = form,
                          .a = factors[below(COUNT(factors))],
                          .b = factors[below(COUNT(factors))],
                          .c = dropped[below(COUNT(dropped))]};
    any_bytes(affine.fill, sizeof affine.fill);
    return affine;
}
