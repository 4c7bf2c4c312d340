/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* affinity, gettid */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum { MOST_THREADS = 64 };

/* A worker needs less than 64 KiB, which a caller's thread may have as its
 * whole stack, and more with sanitizers. The default of 8 MiB may not be
 * available. */
#define STACK_BYTES (1024 * 1024)

/* How often the calling thread polls while it waits for the workers. */
#define POLL_NANOSECONDS 50000000

typedef struct {
    drop_task_fn *task;
    const void *work;
    size_t count;
    atomic_size_t next;
    atomic_int status;
    int busy; /* workers, under lock */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int started; /* workers, of which each is a thread */
    pthread_t thread[MOST_THREADS];
} work_queue;

int
drop_is_main_thread(void)
{
#if defined(__linux__)
    return syscall(SYS_gettid) == getpid();
#else
    return pthread_main_np();
#endif
}

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

static void *
worker(void *context)
{
    work_queue *q = context;
    take_part(q, (drop_interrupt){has_stopped, q});
    pthread_mutex_lock(&q->lock);
    q->busy--;
    pthread_cond_signal(&q->ended);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* Polls while workers are busy. */
static void
wait_for_workers(work_queue *q, drop_interrupt interrupt)
{
    pthread_mutex_lock(&q->lock);
    while (q->busy) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += POLL_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&q->ended, &q->lock, &until)) {
            pthread_mutex_unlock(&q->lock);
            int status = has_stopped(q) ? 0 : drop_poll(interrupt);
            if (status) {
                atomic_store(&q->status, status);
            }
            pthread_mutex_lock(&q->lock);
        }
    }
    pthread_mutex_unlock(&q->lock);
}

/* Lets workers run on every core that this thread may use but its own: some
 * operating systems start a thread on its parent's core and move it only
 * milliseconds later, when the call is over. */
static void
send_elsewhere(pthread_attr_t *attributes)
{
#if defined(__GLIBC__)
    cpu_set_t cores;
    int here = sched_getcpu();
    if (here >= 0 && sched_getaffinity(0, sizeof cores, &cores) == 0 &&
        CPU_COUNT(&cores) > 1) {
        CPU_CLR(here, &cores);
        pthread_attr_setaffinity_np(attributes, sizeof cores, &cores);
    }
#else
    (void)attributes;
#endif
}

/* Waits until no worker uses the queue, and destroys it. */
static void
end_workers(void *context)
{
    work_queue *q = context;
    while (q->started) {
        pthread_join(q->thread[--q->started], NULL);
    }
    pthread_cond_destroy(&q->ended);
    pthread_mutex_destroy(&q->lock);
}

/* Starts up to most workers; fewer where the system refuses. */
static void
start_workers(work_queue *q, int most)
{
    pthread_attr_t attributes;
    if (most < 1 || pthread_attr_init(&attributes)) {
        return;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    send_elsewhere(&attributes);
    pthread_mutex_lock(&q->lock);
    while (q->started < most && pthread_create(&q->thread[q->started],
                                               &attributes, worker, q) == 0) {
        q->started++;
    }
    q->busy = q->started;
    pthread_mutex_unlock(&q->lock);
    pthread_attr_destroy(&attributes);
}

int
drop_run_tasks(drop_task_fn *task, const void *work, size_t count, int threads,
               drop_interrupt interrupt)
{
    work_queue q = {.task = task,
                    .work = work,
                    .count = count,
                    .lock = PTHREAD_MUTEX_INITIALIZER,
                    .ended = PTHREAD_COND_INITIALIZER};
    threads = threads < MOST_THREADS ? threads : MOST_THREADS;
    threads = (size_t)threads < count ? threads : (int)count;
    /* A poll may end this thread: Python's does where it asks for the GIL
     * after the interpreter has ended. */
    pthread_cleanup_push(end_workers, &q);
    start_workers(&q, threads - 1);
    take_part(&q, interrupt);
    if (q.started) {
        wait_for_workers(&q, interrupt);
    }
    pthread_cleanup_pop(1);
    return q.status;
}
