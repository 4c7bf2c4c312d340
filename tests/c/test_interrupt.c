/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who asks a job to stop is obeyed.
 */
#include "check.h"
#include "guard.h"
#include "array/traverse.h"

static int
stop_third(void *context)
{
    int *calls = context;
    return ++*calls == 3 ? 7 : 0;
}

static void
check_stop(int packs)
{
    const size_t n = (size_t)1 << 24;
    int calls = 0, status;
    guard out = guard_new(n);
    drop_job job = {.op = {tested, DROP_BOOL, {DROP_SCALE, 0, 0, 0}, 0},
                    .run = {(char *)out.first, (char *)out.first, NULL},
                    .axes = 1};
    const drop_interrupt interrupt = {stop_third, &calls};
    job.axis[0] = (drop_axis){n, 1, 1, 1, 1};
    drop_job_draw(&job, 0, 0);
    status = packs ? drop_pack(&job, out.first, interrupt)
                   : drop_traverse(&job, 1, interrupt);
    if (status != 7 || calls != 3 || out.first[n - 1] != CANARY) {
        fail("%s: expected 7 at call 3, got %d at call %d",
             packs ? "pack" : "traverse", status, calls);
    }
    guard_free(out);
    checks++;
}

void
test_interrupt(void)
{
    check_stop(0);
    check_stop(1);
}
