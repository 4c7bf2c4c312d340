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

/* A worker uses less than 100 KiB, most of it for the bits of a block or the
 * lanes of sums; sanitizers need more than twice as much. The default of 8 MiB
 * may not be available. */
#define STACK_BYTES (1024 * 1024)

/* How often the calling thread polls while it waits for the workers. */
#define ASK_NANOSECONDS 50000000

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
} shared;

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
    return atomic_load(&((shared *)context)->status);
}

/* Runs tasks until none is left or the work has been interrupted. */
static void
take_part(shared *s, drop_interrupt interrupt)
{
    size_t i;
    while (!has_stopped(s) && (i = atomic_fetch_add(&s->next, 1)) < s->count) {
        int status = s->task(s->work, i, interrupt);
        if (status || (status = drop_poll(interrupt))) {
            atomic_store(&s->status, status);
        }
    }
}

static void *
worker(void *context)
{
    shared *s = context;
    take_part(s, (drop_interrupt){has_stopped, s});
    pthread_mutex_lock(&s->lock);
    s->busy--;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Polls while workers are busy. */
static void
wait_for_workers(shared *s, drop_interrupt interrupt)
{
    pthread_mutex_lock(&s->lock);
    while (s->busy) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += ASK_NANOSECONDS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&s->ended, &s->lock, &until)) {
            pthread_mutex_unlock(&s->lock);
            int status = has_stopped(s) ? 0 : drop_poll(interrupt);
            if (status) {
                atomic_store(&s->status, status);
            }
            pthread_mutex_lock(&s->lock);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

/* Workers may run on every core that this thread may use, except the one that
 * it runs on: some operating systems start a thread on its parent's core and
 * move it only milliseconds later, when the call is over. */
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

/* Ends the state that workers share: waits until none of them uses it. */
static void
end_workers(void *context)
{
    shared *s = context;
    while (s->started) {
        pthread_join(s->thread[--s->started], NULL);
    }
    pthread_cond_destroy(&s->ended);
    pthread_mutex_destroy(&s->lock);
}

/* As many workers as can be started, some at the most. */
static void
start_workers(shared *s, int most)
{
    pthread_attr_t attributes;
    if (most < 1 || pthread_attr_init(&attributes)) {
        return;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    send_elsewhere(&attributes);
    pthread_mutex_lock(&s->lock);
    while (s->started < most && pthread_create(&s->thread[s->started],
                                               &attributes, worker, s) == 0) {
        s->started++;
    }
    s->busy = s->started;
    pthread_mutex_unlock(&s->lock);
    pthread_attr_destroy(&attributes);
}

int
drop_run_tasks(drop_task_fn *task, const void *work, size_t count, int threads,
               drop_interrupt interrupt)
{
    shared s = {.task = task,
                .work = work,
                .count = count,
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .ended = PTHREAD_COND_INITIALIZER};
    threads = threads < MOST_THREADS ? threads : MOST_THREADS;
    threads = (size_t)threads < count ? threads : (int)count;
    /* The interrupt may end this thread: Python's does, in one that asks for
     * the GIL after the interpreter has ended. */
    pthread_cleanup_push(end_workers, &s);
    start_workers(&s, threads - 1);
    take_part(&s, interrupt);
    if (s.started) {
        wait_for_workers(&s, interrupt);
    }
    pthread_cleanup_pop(1);
    return s.status;
}
