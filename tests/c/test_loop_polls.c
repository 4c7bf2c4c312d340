/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Long work is polled as often as its elements and segments ask for: work that
 * counts too little is stopped late.
 */
#include "check.h"
#include "guard.h"
#include "array/pack.h"
#include "array/traverse.h"

#include <string.h>

enum { FAR = 2 * DROP_SEGMENT + 1 };

/* Axes in the order of out's and x's memory, and what an element counts, in
 * 512ths: a segment that is drawn for a row, or a bit that is held, is shared
 * by the elements that take its bits. */
typedef struct {
    const char *what;
    size_t n[3];
    uint64_t mask[3]; /* strides */
    size_t gap;       /* from an element to the next in memory */
    size_t work;
} polled;

static const polled traversed[] = {
    {"a row", {1, 1, 1 << 23}, {0, 0, 1}, 1, 512},
    {"a row with gaps", {1, 1, 1 << 22}, {0, 0, 1}, 2, 512},
    {"rows of one bit", {1, 1 << 10, 1 << 13}, {0, 1, 0}, 1, 512},
    {"tuples", {1, 1 << 13, 1 << 10}, {0, 1, 0}, 1, 512},
    {"short rows", {1, 1 << 13, 1 << 10}, {0, 1 << 10, 1}, 1, 512},
    {"rows that share", {1 << 13, 1, 1 << 10}, {0, 0, 1}, 1, 512},
    {"rows of 520 far apart", {1, 1 << 13, 520}, {0, FAR, 1}, 1, 1016},
    {"rows of 64 far apart", {1, 1 << 14, 64}, {0, FAR, 1}, 1, 512 * 9},
    {"rows with gaps", {1, 1 << 15, 64}, {0, FAR, 1}, 2, 512 * 9},
    {"groups", {64, 1 << 10, 64}, {64, 1 << 16, 1}, 1, 1024 + 64},
    {"columns", {1, 1 << 10, 1 << 12}, {0, 1, FAR}, 1, 1536},
    {"narrow columns", {1, 1 << 20, 8}, {0, 1, 1 << 20}, 1, 1024},
    {"squares", {1 << 10, 64, 64}, {1 << 12, 1, 64}, 1, 1024},
    {"short axes", {1 << 17, 8, 8}, {64, 1, 8}, 1, 1024},
};

static const polled packed[] = {
    {"a range", {1, 1, 1 << 23}, {0, 0, 1}, 1, 512},
    {"long rows", {1, 1 << 9, 1 << 14}, {0, 1 << 15, 1}, 1, 512},
    {"rows of 520 far apart", {1, 1 << 13, 520}, {0, FAR, 1}, 1, 1016},
    {"rows of 64 far apart", {1, 1 << 14, 64}, {0, FAR, 1}, 1, 512 * 9},
    {"cells far apart", {1, 1, 1 << 14}, {0, 0, FAR}, 1, 512 * 513},
};

static int
count(void *context)
{
    ++*(size_t *)context;
    return 0;
}

static drop_job
job_of(const polled *p, guard out)
{
    drop_job job = {.op = {tested, DROP_BOOL, {.form = DROP_SCALE}, 0, 1},
                    .run = {(char *)out.first, (char *)out.first, NULL},
                    .axes = COUNT(p->n)};
    ptrdiff_t step = (ptrdiff_t)p->gap;
    for (int i = job.axes; i-- > 0; step *= (ptrdiff_t)p->n[i]) {
        job.axis[i] = (drop_axis){p->n[i], step, step, step, p->mask[i]};
    }
    drop_job_draw(&job, 1, DROP_ONE / 2);
    return job;
}

/* A poll may come late by the work that is done at once. */
static void
check_polls(const polled *p, int packs)
{
    const size_t cells = p->n[0] * p->n[1] * p->n[2];
    const size_t due = cells / 512 * p->work / DROP_POLL_EVERY;
    guard out = guard_new(cells * p->gap);
    drop_job job = job_of(p, out);
    size_t polls = 0;
    const drop_interrupt interrupt = {count, &polls};
    if (packs) {
        drop_pack(&job, out.first, interrupt);
    }
    else {
        drop_traverse(&job, 1, interrupt);
    }
    if (polls > due || polls < due - due / 4 - 1) {
        fail("%s: %s is polled %zu times, not %zu",
             packs ? "pack" : "traverse", p->what, polls, due);
    }
    guard_free(out);
    checks++;
}

void
test_polls(void)
{
    for (size_t i = 0; i < COUNT(traversed); i++) {
        check_polls(&traversed[i], 0);
    }
    for (size_t i = 0; i < COUNT(packed); i++) {
        check_polls(&packed[i], 1);
    }
}
