/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who asks a job to stop is obeyed, and may end the thread that it is asked
 * on.
 */
#define _GNU_SOURCE /* nanosleep */
#include "check.h"
#include "guard.h"
#include "array/pack.h"
#include "array/traverse.h"
#include "base/threads.h"
#include "ops/block_mask.h"

#include <string.h>

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
    drop_job job = {.op = {tested, DROP_BOOL, {.form = DROP_SCALE}, 0, 1},
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

/* Stops a map of blocks at each poll in turn: at the seeds, and at every step
 * of every axis along which they are extended. */
static int
stop_last(void *context)
{
    return --*(int *)context == 0 ? 7 : 0;
}

static void
check_stop_of_blocks(void)
{
    const drop_extent axis[] = {
        {3, 1, 1 << 20}, {1024, 5, 1 << 10}, {1024, 9, 1}};
    guard pages = guard_new(3 << 17);
    int polls = 0, left = 0;
    while (left == 0) {
        drop_block_mask map = {
            .kernels = tested, .axes = COUNT(axis), .to = pages.first};
        memcpy(map.axis, axis, sizeof axis);
        memset(pages.first, 0, pages.size);
        drop_sampler_start(&map.sampler, 1, DROP_ONE / 100);
        left = ++polls;
        int status =
            drop_block_mask_draw(&map, (drop_interrupt){stop_last, &left});
        if (left < 0 || (status == 7) != (left == 0)) {
            fail("blocks: got %d, %d polls after number %d", status, -left,
                 polls);
        }
    }
    /* A poll for each million of the seeds, and for each of the 7 steps that
     * double what a seed drops at the most. */
    if (polls - 1 < 2 + 7) {
        fail("blocks are polled %d times", polls - 1);
    }
    guard_free(pages);
    checks++;
}

#if defined(_WIN32) || defined(__wasm__)

/* No poll may end a thread on Windows, and wasm32 has but one. */
static void
check_caller_that_ends(void)
{
}

#else

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* Tasks that are under way, of which the first to come is done at once. */
static atomic_int running, met;

static int
linger(const void *work, size_t i, drop_interrupt interrupt)
{
    const struct timespec pause = {0, 20000000};
    (void)work, (void)i, (void)interrupt;
    atomic_fetch_add(&running, 1);
    atomic_fetch_add(&met, 1);
    while (atomic_load(&met) < 2) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    nanosleep(&pause, NULL);
    atomic_fetch_sub(&running, 1);
    return 0;
}

static int
end_thread(void *context)
{
    pthread_exit(context);
}

static void *
call(void *context)
{
    drop_run_tasks(linger, NULL, 8, 2, (drop_interrupt){end_thread, context});
    return NULL;
}

/* A worker that goes on after its caller reads a stack that is gone. */
static void
check_caller_that_ends(void)
{
    pthread_t caller;
    void *ended = NULL;
    if (pthread_create(&caller, NULL, call, &running) ||
        pthread_join(caller, &ended)) {
        fail("no thread");
    }
    if (ended != &running || atomic_load(&running) != 0) {
        fail("the caller ended before %d tasks", atomic_load(&running));
    }
    checks++;
}

#endif

void
test_interrupt(void)
{
    check_caller_that_ends();
    check_stop(0);
    check_stop(1);
    check_stop_of_blocks();
}
