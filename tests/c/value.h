/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Elements by the definition of their dtype: every finite value is a double,
 * and every operation is rounded once from the exact result.
 */
#ifndef VALUE_H
#define VALUE_H

#include "kernels/kernels.h"

extern const char *const value_names[DROP_DTYPES];

double value_load(drop_dtype dtype, const void *from);

/* Rounds to nearest, ties to even. */
void value_store(drop_dtype dtype, void *to, double value);

/* Whether a dtype is items, which are copied. */
int value_is_item(drop_dtype dtype);

/* Any form that a dtype has. */
drop_form value_form(drop_dtype dtype, uint64_t number);

/* Writes what becomes of x and r. Bool takes neither. */
void value_result(drop_dtype dtype, void *to, const void *x, const void *r,
                  int keep, const drop_affine *affine);

/* Writes the mean of those of count elements that survive; keep may be NULL:
 * all do. */
void value_mean(drop_dtype dtype, void *to, const void *const *x,
                const uint8_t *keep, size_t count);

/* Whether two are the same bits, or both NaN and no items. */
int value_same(drop_dtype dtype, const void *a, const void *b);

/* The bits of one, or the first 64 of them, as a number. */
uint64_t value_bits(drop_dtype dtype, const void *from);

#endif
