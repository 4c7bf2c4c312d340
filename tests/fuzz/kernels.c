/* SPDX-License-Identifier: BSD-3-Clause
 *
 * libFuzzer's entry: one case of a test of tests/c, on one of the tables that
 * run here. The case is FUZZ, a name of CASES; the bytes decide all else.
 */
#include "chance.h"
#include "check.h"
#include "kernels/dispatch.h"

#include <stdarg.h>
#include <stdlib.h>

const drop_kernels *tested;
const char *known_answers;
unsigned thin = 1;
uint64_t checks;

void
fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", tested->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

static const drop_kernels *
any_table(void)
{
    const drop_kernels *runs[8];
    size_t count = 0;
    for (size_t i = 0; drop_all_kernels[i]; i++) {
        if (drop_runs_here(drop_all_kernels[i])) {
            runs[count++] = drop_all_kernels[i];
        }
    }
    return runs[below(count)];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    chance_from(bytes, n);
    tested = any_table();
    FUZZ();
    return 0;
}
