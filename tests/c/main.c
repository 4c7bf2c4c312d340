/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tests one table of kernels, and the plain C around them with it. Ends at the
 * first thing that differs, with status 1.
 */
#include "chance.h"
#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const drop_kernels *tested;
const char *known_answers;
unsigned thin = 1;
uint64_t checks;

static const drop_kernels *const tables[] = {
#define TABLE(isa) &drop_kernels_##isa,
    DROP_ISAS(TABLE)
#undef TABLE
};

typedef struct {
    const char *name;
    void (*run)(void);
} test;

static const test tests[] = {
#define ROW(name) {#name, test_##name},
    TESTS(ROW)
#undef ROW
};

static const char *running;

void
fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: %s: ", tested->name, running);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static void
run(const test *t)
{
    const uint64_t before = checks;
    running = t->name;
    chance_start(t->name);
    t->run();
    if (checks == before) {
        fail("nothing was checked");
    }
}

static int
usage(const char *program)
{
    fprintf(stderr,
            "usage: %s --list\n"
            "       %s [--only TEST] TABLE KNOWN_ANSWERS [THIN]\n"
            "tables:",
            program, program);
    for (size_t i = 0; i < COUNT(tables); i++) {
        fprintf(stderr, " %s", tables[i]->name);
    }
    fprintf(stderr, "\n");
    return 2;
}

static const drop_kernels *
find_table(const char *name)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        if (strcmp(tables[i]->name, name) == 0) {
            return tables[i];
        }
    }
    return NULL;
}

/* Runs the tests of a name, or with NULL all; returns how many. */
static int
run_tests(const char *only)
{
    int n = 0;
    for (size_t i = 0; i < COUNT(tests); i++) {
        if (!only || strcmp(tests[i].name, only) == 0) {
            run(&tests[i]);
            n++;
        }
    }
    return n;
}

int
main(int count, char **argument)
{
    const char *program = argument[0], *only = NULL;
    if (count == 2 && strcmp(argument[1], "--list") == 0) {
        for (size_t i = 0; i < COUNT(tests); i++) {
            printf("%s\n", tests[i].name);
        }
        return 0;
    }
    if (count > 2 && strcmp(argument[1], "--only") == 0) {
        only = argument[2];
        argument += 2;
        count -= 2;
    }
    tested = count > 2 ? find_table(argument[1]) : NULL;
    if (!tested) {
        return usage(program);
    }
    known_answers = argument[2];
    if (count > 3) {
        thin = (unsigned)strtoul(argument[3], NULL, 10);
    }
    if (!run_tests(only)) {
        fprintf(stderr, "no test is called %s: see --list\n", only);
        return 2;
    }
    printf("%s: %" PRIu64 " checks\n", tested->name, checks);
    return 0;
}
