/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all the tests share: the table under test, counting and failing.
 */
#ifndef CHECK_H
#define CHECK_H

#include "kernels/kernels.h"

#include <inttypes.h>
#include <stdio.h>

extern const drop_kernels *tested;

/* Of the cases of a loop one in so many is tested: 1, or more where an
 * emulator is slow. */
extern unsigned thin;

/* Comparisons that held. */
extern uint64_t checks;

/* Says what differs and where, and ends the program. */
void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#define COUNT(array) (sizeof(array) / sizeof *(array))

void test_philox(const char *known_answers);
void test_numbers(void);
void test_bernoulli(void);
void test_apply(void);
void test_halves(void);
void test_bits(void);
void test_walk(void);
void test_rows(void);
void test_normal(void);
void test_masked(void);
void test_spread(void);
void test_threads(void);

#endif
