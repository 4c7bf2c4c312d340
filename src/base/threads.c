/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The queue of tasks, over what one of two headers has of the system: a thread
 * that can be started and joined; a monitor, which is a lock and a signal for
 * the thread that waits within it; a block that is cleaned up after; and
 * drop_is_main_thread and drop_clock.
 */
#define _GNU_SOURCE /* affinity, gettid */
#include "base/threads.h"

#include <stdatomic.h>

enum { MOST_THREADS = 64 };

/* A worker needs less than 64 KiB, which a caller's thread may have as its
 * whole stack, and more with sanitizers. The default of 8 MiB may not be
 * available. */
#define STACK_BYTES (1024 * 1024)

/* How often the calling thread polls while it waits for the workers. */
#define POLL_MILLISECONDS 50

/* What a worker does with its queue. */
static void serve(void *queue);

#if defined(_WIN32)
#include "base/threads_windows.h"
#else
#include "base/threads_posix.h"
#endif

typedef struct {
    drop_task_fn *task;
    const void *work;
    size_t count;
    atomic_size_t next;
    atomic_int status;
    monitor monitor; /* signalled when a worker has ended */
    int busy;        /* workers, under its lock */
    int started;     /* workers, of which each is a thread */
    thread thread[MOST_THREADS];
} work_queue;

static int
has_stopped(void *context)
{
    return atomic_load(&((work_queue *)context)->status);
}

/* Runs tasks until none is left or the work has been interrupted. */
static void
take_part(work_queue *q, drop_interrupt interrupt)
{
    size_t i;
    while (!has_stopped(q) && (i = atomic_fetch_add(&q->next, 1)) < q->count) {
        int status = q->task(q->work, i, interrupt);
        if (status || (status = drop_poll(interrupt))) {
            atomic_store(&q->status, status);
        }
    }
}

static void
serve(void *queue)
{
    work_queue *q = queue;
    take_part(q, (drop_interrupt){has_stopped, q});
    enter(&q->monitor);
    q->busy--;
    wake(&q->monitor);
    leave(&q->monitor);
}

/* Polls while workers are busy. */
static void
wait_for_workers(work_queue *q, drop_interrupt interrupt)
{
    enter(&q->monitor);
    while (q->busy) {
        if (!wait_for_signal(&q->monitor)) {
            leave(&q->monitor);
            int status = has_stopped(q) ? 0 : drop_poll(interrupt);
            if (status) {
                atomic_store(&q->status, status);
            }
            enter(&q->monitor);
        }
    }
    leave(&q->monitor);
}

/* Waits until no worker uses the queue, and destroys it. */
static void
end_workers(void *queue)
{
    work_queue *q = queue;
    while (q->started) {
        join_thread(q->thread[--q->started]);
    }
    destroy(&q->monitor);
}

/* Starts up to most workers; fewer where the system refuses. */
static void
start_workers(work_queue *q, int most)
{
    enter(&q->monitor);
    while (q->started < most && start_thread(&q->thread[q->started], q)) {
        q->started++;
    }
    q->busy = q->started;
    leave(&q->monitor);
}

int
drop_run_tasks(drop_task_fn *task, const void *work, size_t count, int threads,
               drop_interrupt interrupt)
{
    work_queue q = {.task = task,
                    .work = work,
                    .count = count,
                    .monitor = MONITOR_INITIALIZER};
    threads = threads < MOST_THREADS ? threads : MOST_THREADS;
    threads = (size_t)threads < count ? threads : (int)count;
    /* A poll may end this thread: Python's does where it asks for the GIL
     * after the interpreter has ended. */
    CLEANUP_PUSH(end_workers, &q);
    start_workers(&q, threads - 1);
    take_part(&q, interrupt);
    if (q.started) {
        wait_for_workers(&q, interrupt);
    }
    CLEANUP_POP(end_workers, &q);
    return q.status;
}
