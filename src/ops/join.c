/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/join_tiles.h"

#include "base/threads.h"

/* A join that is split along one of its axes. */
typedef struct {
    const drop_join *job;
    int axis;
    size_t step, count; /* places of a chunk; chunks */
} partition;

/* Sorts axes from out's largest stride to the smallest. */
static void
sort_axes(drop_join *job)
{
    for (int i = 1; i < job->axes; i++) {
        const drop_join_axis next = job->axis[i];
        int j = i;
        for (; j &&
               drop_magnitude(job->axis[j - 1].out) < drop_magnitude(next.out);
             j--) {
            job->axis[j] = job->axis[j - 1];
        }
        job->axis[j] = next;
    }
}

/* Whether axis a continues where axis b, inside of it, ends. */
static int
goes_on(const drop_join *job, const drop_join_axis *a, const drop_join_axis *b)
{
    const ptrdiff_t n = (ptrdiff_t)b->n;
    int status = a->out == b->out * n && a->mask == b->mask * b->n;
    for (size_t p = 0; p < job->paths; p++) {
        status &= a->x[p] == b->x[p] * n;
    }
    return status;
}

/* Removes axes of length 1, and merges neighbours that are contiguous in all
 * arrays and in the mask. */
static void
coalesce_axes(drop_join *job)
{
    int kept = 0;
    for (int i = 0; i < job->axes; i++) {
        drop_join_axis next = job->axis[i];
        if (next.n == 1) {
            continue;
        }
        if (kept && goes_on(job, &job->axis[kept - 1], &next)) {
            next.n *= job->axis[--kept].n;
        }
        job->axis[kept++] = next;
    }
    job->axes = kept;
}

size_t
drop_join_work(const drop_join *job)
{
    size_t n = job->paths + 1;
    for (int i = 0; i < job->axes; i++) {
        n *= job->axis[i].n;
    }
    return n;
}

/* Splits the outermost axis with two places or more for every thread; where
 * there is none, the longest. */
static partition
split(const drop_join *job, int threads)
{
    partition chunks = {.job = job};
    for (int i = 0; i < job->axes; i++) {
        if (job->axis[chunks.axis].n >= 2 * (size_t)threads) {
            break;
        }
        chunks.axis =
            job->axis[i].n > job->axis[chunks.axis].n ? i : chunks.axis;
    }
    const size_t n = job->axis[chunks.axis].n;
    chunks.step = DROP_TASK_ELEMENTS / (drop_join_work(job) / n + 1) + 1;
    chunks.count = (n + chunks.step - 1) / chunks.step;
    return chunks;
}

static int
run_chunk(const void *work, size_t i, drop_interrupt interrupt)
{
    const partition *chunks = work;
    drop_join part = *chunks->job;
    drop_join_axis *axis = &part.axis[chunks->axis];
    const size_t from = i * chunks->step, left = axis->n - from;
    part.out += (ptrdiff_t)from * axis->out;
    for (size_t p = 0; p < part.paths; p++) {
        part.x[p] += (ptrdiff_t)from * axis->x[p];
    }
    part.sample += from * axis->mask;
    axis->n = left < chunks->step ? left : chunks->step;
    return drop_join_tiles(&part, interrupt);
}

int
drop_join_run(drop_join *job, int threads, drop_interrupt interrupt)
{
    const size_t work = drop_join_work(job);
    if (work == 0) {
        return 0;
    }
    sort_axes(job);
    coalesce_axes(job);
    if (threads < 2 || work < DROP_MIN_ELEMENTS_FOR_THREADS) {
        return drop_join_tiles(job, interrupt);
    }
    const partition chunks = split(job, threads);
    return drop_run_tasks(run_chunk, &chunks, chunks.count, threads,
                          interrupt);
}
