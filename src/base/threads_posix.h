/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What base/threads.c needs of a system, by the calls of POSIX. On wasm32
 * there are the calls, but no thread can be started.
 */
#ifndef DROP_BASE_THREADS_POSIX_H
#define DROP_BASE_THREADS_POSIX_H

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

typedef pthread_t thread;

/* A lock, and a signal for one who waits within it. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t signal;
} monitor;

#define MONITOR_INITIALIZER                                 \
    {                                                       \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER \
    }

/* A block at whose end a function is called, even where the thread ends within
 * it. */
#define CLEANUP_PUSH(function, argument) \
    pthread_cleanup_push(function, argument)
#define CLEANUP_POP(function, argument) pthread_cleanup_pop(1)

int
drop_is_main_thread(void)
{
#if defined(__linux__)
    return syscall(SYS_gettid) == getpid();
#elif defined(__wasm__)
    return 1;
#else
    return pthread_main_np();
#endif
}

double
drop_clock(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *
worker(void *queue)
{
    serve(queue);
    return NULL;
}

/* Lets a worker run on every core that this thread may use but its own: some
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

/* Starts a worker. Returns whether the system did so. */
static int
start_thread(thread *new, void *queue)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes)) {
        return 0;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    send_elsewhere(&attributes);
    int status = pthread_create(new, &attributes, worker, queue);
    pthread_attr_destroy(&attributes);
    return !status;
}

static void
join_thread(thread old)
{
    pthread_join(old, NULL);
}

static void
enter(monitor *m)
{
    pthread_mutex_lock(&m->lock);
}

static void
leave(monitor *m)
{
    pthread_mutex_unlock(&m->lock);
}

static void
wake(monitor *m)
{
    pthread_cond_signal(&m->signal);
}

/* Waits for a signal, or without one until it is time to poll. Returns whether
 * there was one, or seemed to be. */
static int
wait_for_signal(monitor *m)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MILLISECONDS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return !pthread_cond_timedwait(&m->signal, &m->lock, &until);
}

static void
destroy(monitor *m)
{
    pthread_cond_destroy(&m->signal);
    pthread_mutex_destroy(&m->lock);
}

#endif
