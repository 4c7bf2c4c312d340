/* SPDX-License-Identifier: BSD-3-Clause
 *
 * main TABLE KNOWN_ANSWERS [THIN]: tests one table of kernels, and the plain C
 * around them with it. Ends at the first thing that differs, with status 1.
 */
#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const drop_kernels *tested;
unsigned thin = 1;
uint64_t checks;

static const drop_kernels *const tables[] = {
    &drop_kernels_scalar,
#if defined(__x86_64__) || defined(DROP_EMULATE)
    &drop_kernels_avx2,
    &drop_kernels_avx512,
#endif
#if (defined(__aarch64__) && !defined(__AARCH64EB__)) || defined(DROP_EMULATE)
    &drop_kernels_neon,
#endif
};

void
fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", tested->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static int
usage(const char *program)
{
    fprintf(stderr, "usage: %s TABLE KNOWN_ANSWERS [THIN]\ntables:", program);
    for (size_t i = 0; i < COUNT(tables); i++) {
        fprintf(stderr, " %s", tables[i]->name);
    }
    fprintf(stderr, "\n");
    return 2;
}

int
main(int count, char **argument)
{
    for (size_t i = 0; count > 2 && i < COUNT(tables); i++) {
        if (strcmp(tables[i]->name, argument[1]) == 0) {
            tested = tables[i];
        }
    }
    if (!tested) {
        return usage(argument[0]);
    }
    if (count > 3) {
        thin = (unsigned)strtoul(argument[3], NULL, 10);
    }
    test_philox(argument[2]);
    test_segments();
    test_bernoulli();
    test_apply();
    test_halves();
    test_bits();
    test_walk();
    test_rows();
    test_normal();
    test_masked();
    test_spread();
    test_threads();
    printf("%s: %" PRIu64 " checks\n", tested->name, checks);
    return 0;
}
