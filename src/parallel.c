/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* affinity */
#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MOST_THREADS = 64 };

/* Cells in a chunk, the unit that threads take from a job: small enough that
 * they end together, and that nobody waits long for the last one. */
#define CHUNK (256 * 1024)

/* Cells from which on a second thread is worth its start: 60 us until it runs
 * (Zen 5 in a virtual machine), in which this one does a million cells. */
#define WORTH (2 * 1024 * 1024)

/* A worker needs 160 KiB, of which a block's bits are 128; sanitizers take as
 * much again and more. The usual 8 MiB may not be had. */
#define STACK_BYTES (1024 * 1024)

typedef struct {
    const drop_job *job;
    int axis;     /* the axis that is cut */
    size_t first; /* places of it in chunk 0 */
    size_t step;  /* and in the others */
    size_t count; /* chunks */
    atomic_size_t next;
    atomic_int status;
} shares;

static size_t
cells(const drop_job *job)
{
    size_t n = 1;
    for (int i = 0; i < job->axes; i++) {
        n *= job->axis[i].n;
    }
    return n;
}

/* Cuts the outermost axis that gives every thread some chunks, so that memory
 * is walked in order; where none does, the longest. Where the chunks hold
 * whole tiles of the mask the cuts lie on tile bounds, and no tile is drawn
 * twice. */
static void
cut(shares *s, const drop_job *job, int threads)
{
    const size_t enough = 8 * (size_t)threads;
    s->job = job;
    s->axis = 0;
    for (int i = 1; i < job->axes && job->axis[s->axis].n < enough; i++) {
        if (job->axis[i].n > job->axis[s->axis].n) {
            s->axis = i;
        }
    }
    const drop_axis *axis = &job->axis[s->axis];
    s->step = CHUNK / (cells(job) / axis->n) + 1;
    s->first = s->step;
    if (axis->mask == 1 && s->step > DROP_TILE) {
        s->step -= s->step % DROP_TILE;
        s->first = s->step - job->index % DROP_TILE;
    }
    s->count = 1;
    if (s->first < axis->n) {
        s->count += (axis->n - s->first + s->step - 1) / s->step;
    }
}

static void
take(const shares *s, size_t i, drop_job *part)
{
    const drop_axis *axis = &s->job->axis[s->axis];
    size_t from = i ? s->first + (i - 1) * s->step : 0;
    size_t to = s->first + i * s->step;
    to = to < axis->n ? to : axis->n;
    *part = *s->job;
    part->axis[s->axis].n = to - from;
    part->run.out += (ptrdiff_t)from * axis->out;
    part->run.x += (ptrdiff_t)from * axis->x;
    if (part->run.r) {
        part->run.r += (ptrdiff_t)from * axis->r;
    }
    part->index += from * axis->mask;
}

static int
has_stopped(void *context)
{
    return atomic_load(&((shares *)context)->status);
}

/* Does chunks until none is left, and asks stop after each: the walk asks only
 * after more than a chunk. */
static void
work(shares *s, int (*stop)(void *), void *context)
{
    drop_job part;
    size_t i;
    while (!has_stopped(s) && (i = atomic_fetch_add(&s->next, 1)) < s->count) {
        take(s, i, &part);
        part.stop = stop;
        part.context = context;
        int status = drop_walk(&part);
        status = status || !stop ? status : stop(context);
        if (status) {
            atomic_store(&s->status, status);
        }
    }
}

static void *
worker(void *context)
{
    work(context, has_stopped, context);
    return NULL;
}

/* Workers may run where this thread may, but not where it runs: some kernels
 * start a thread on its parent's core and move it only milliseconds later,
 * when the call is over. */
static void
send_elsewhere(pthread_attr_t *attributes)
{
#if defined(__linux__)
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

int
drop_parallel(drop_job *job, int threads)
{
    if (threads < 2 || cells(job) < WORTH) {
        return drop_walk(job);
    }
    shares s = {.status = 0};
    pthread_t thread[MOST_THREADS];
    pthread_attr_t attributes;
    int started = 0;
    drop_axes_sort(job->axis, job->axes);
    job->axes = drop_axes_join(job->axis, job->axes);
    threads = threads < MOST_THREADS ? threads : MOST_THREADS;
    cut(&s, job, threads);
    threads = (size_t)threads < s.count ? threads : (int)s.count;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        send_elsewhere(&attributes);
        while (started < threads - 1 &&
               pthread_create(&thread[started], &attributes, worker, &s) ==
                   0) {
            started++;
        }
        pthread_attr_destroy(&attributes);
    }
    work(&s, job->stop, job->context);
    while (started) {
        pthread_join(thread[--started], NULL);
    }
    return s.status;
}
