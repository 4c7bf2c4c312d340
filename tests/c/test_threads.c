/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each task is done once, on as many threads as there are; the calling one is
 * the main one, and alone polls.
 */
#include "check.h"
#include "base/threads.h"

#include <stdatomic.h>

#if defined(__wasm__)
enum { HAS_THREADS = 0 };
#else
enum { HAS_THREADS = 1 };
#endif
enum { TASKS = 40 };

/* How often each was done, and how many on the main thread. */
static atomic_int done[TASKS], on_main;

/* Whether the main thread waits for a worker: where the machine has other work
 * to do, one may begin late. */
static atomic_int awaited;

static int
count_task(const void *work, size_t i, drop_interrupt interrupt)
{
    const double begin = drop_clock();
    const int is_main = drop_is_main_thread();
    (void)work, (void)interrupt;
    while (drop_clock() < begin + 0.005) {
    }
    while (is_main && atomic_load(&awaited) && drop_clock() < begin + 100) {
    }
    atomic_fetch_add(&done[i], 1);
    atomic_fetch_add(&on_main, is_main);
    if (!is_main) {
        atomic_store(&awaited, 0);
    }
    return 0;
}

static int
count_poll(void *context)
{
    int *polls = context;
    if (!drop_is_main_thread()) {
        fail("a worker polls");
    }
    *polls += 1;
    return 0;
}

static void
check_tasks(int threads)
{
    int polls = 0;
    const drop_interrupt interrupt = {count_poll, &polls};
    const int before = atomic_load(&on_main);
    const int has_workers = HAS_THREADS && threads > 1;
    atomic_store(&awaited, has_workers);
    if (drop_run_tasks(count_task, NULL, TASKS, threads, interrupt)) {
        fail("tasks stopped on %d threads", threads);
    }
    const int here = atomic_load(&on_main) - before;
    for (int i = 0; i < TASKS; i++) {
        if (atomic_exchange(&done[i], 0) != 1) {
            fail("task %d was not done once on %d threads", i, threads);
        }
    }
    if ((here < TASKS) != has_workers || polls < here) {
        fail("%d tasks and %d polls on the main one of %d threads", here,
             polls, threads);
    }
    checks++;
}

#if !defined(__wasm__)
enum { STOP = 7 };

static atomic_int waits;

/* Ends at once on the calling thread, and on a worker when it is told to. */
static int
wait_task(const void *work, size_t i, drop_interrupt interrupt)
{
    (void)work, (void)i;
    if (drop_is_main_thread()) {
        while (!atomic_load(&waits)) {
        }
        return 0;
    }
    atomic_store(&waits, 1);
    while (!drop_poll(interrupt)) {
    }
    return 0;
}

static int
stop_later(void *context)
{
    return count_poll(context) || *(int *)context < 3 ? 0 : STOP;
}

/* The calling thread has nothing left to do, and stops a worker. */
static void
check_stop(void)
{
    int polls = 0;
    const drop_interrupt interrupt = {stop_later, &polls};
    if (drop_run_tasks(wait_task, NULL, 2, 2, interrupt) != STOP) {
        fail("a worker that was stopped gave no status");
    }
    checks++;
}
#endif

void
test_threads(void)
{
    const double begin = drop_clock();
    if (!drop_is_main_thread()) {
        fail("the main thread is another one");
    }
    for (int threads = 1; threads <= 4; threads++) {
        check_tasks(threads);
    }
#if !defined(__wasm__)
    check_stop();
#endif
    const double seconds = drop_clock() - begin;
    if (seconds < 0.005 * TASKS || seconds > 3600) {
        fail("the clock went on by %g s", seconds);
    }
}
