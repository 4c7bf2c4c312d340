/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all the tests share: the table under test, counting and failing.
 */
#ifndef CHECK_H
#define CHECK_H

#include "base/interrupt.h"
#include "kernels/kernels.h"

#include <inttypes.h>
#include <stdio.h>

extern const drop_kernels *tested;

/* Of the cases of a loop one in so many is tested: 1, or more where an
 * emulator is slow. */
extern unsigned thin;

/* The path of data/philox_kat.txt. */
extern const char *known_answers;

/* Comparisons that held. */
extern uint64_t checks;

/* For work that nobody stops. */
static const drop_interrupt no_interrupt = {NULL, NULL};

/* Says what differs and where, and ends the program. */
void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every test, in the order in which they run: from the base up. Each is a
 * function test_<name>, with inputs by chance that its name decides alone. */
#define TESTS(X)       \
    X(threads)         \
    X(bit_writer)      \
    X(philox)          \
    X(child)           \
    X(sfc64)           \
    X(bernoulli)       \
    X(uniforms)        \
    X(rates)           \
    X(apply)           \
    X(halves)          \
    X(normal)          \
    X(quantiles)       \
    X(mean)            \
    X(transpose64)     \
    X(bitset)          \
    X(box)             \
    X(traverse)        \
    X(traverse_hashes) \
    X(pack)            \
    X(loop_rows)       \
    X(run)             \
    X(interrupt)       \
    X(polls)           \
    X(partition)       \
    X(masked_matmul)   \
    X(join)            \
    X(survivors)       \
    X(kept_rows)       \
    X(block_mask)
#define DECLARE(name) void test_##name(void);
TESTS(DECLARE)
#undef DECLARE

/* Tests of cases by chance: case_<name> checks one, and tests/fuzz
 * searches for one that fails. */
#define CASES(X)     \
    X(bit_writer)    \
    X(block_mask)    \
    X(kept_rows)     \
    X(masked_matmul) \
    X(pack)          \
    X(rates)         \
    X(traverse)
#define DECLARE(name) void case_##name(void);
CASES(DECLARE)
#undef DECLARE

#endif
