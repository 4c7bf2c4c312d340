/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/partition.h"

#include "base/threads.h"

/* Cells from which on a second thread is worth its start: 60 us until it runs
 * (Zen 5 in a virtual machine), in which this one does a million cells of a
 * mask, or 50 thousand normal variates. */
#define MIN_ELEMENTS_FOR_THREADS (2 * 1024 * 1024)
#define MIN_NORMALS_FOR_THREADS (128 * 1024)

/* Chunks, the unit that threads take from a job, in all that is worth a second
 * thread: so small that threads end together, and that nobody waits long for
 * the last one. */
#define CHUNKS 8

typedef struct {
    const drop_job *job;
    int axis;     /* the axis that is cut */
    size_t first; /* places of it in chunk 0 */
    size_t step;  /* and in the others */
    size_t count; /* chunks */
} partition;

/* Places of an axis along which memory or the mask is contiguous that stay
 * together: fewer would draw batches for a few bits of them. */
#define TOGETHER 1024

/* Cuts one axis. Where the chunks hold whole tiles of the mask the cuts lie on
 * tile bounds, and no tile is drawn twice. */
static void
split_axis(partition *s, int i, size_t chunk)
{
    const drop_axis *axis = &s->job->axis[i];
    const int is_inner = i == s->job->axes - 1;
    s->axis = i;
    s->step = chunk / (drop_job_size(s->job) / axis->n) + 1;
    if ((is_inner || axis->mask == 1) && s->step < TOGETHER) {
        s->step = TOGETHER;
    }
    s->first = s->step;
    if (axis->mask == 1 && s->step > DROP_TILE) {
        s->step -= s->step % DROP_TILE;
        s->first = s->step - s->job->index % DROP_TILE;
    }
    s->count = 1;
    if (s->first < axis->n) {
        s->count += (axis->n - s->first + s->step - 1) / s->step;
    }
}

/* Cuts the outermost axis that gives every thread some chunks, so that memory
 * is walked in order; where none does, the one that gives the most. */
static void
split(partition *s, const drop_job *job, size_t chunk, int threads)
{
    const size_t enough = 2 * (size_t)threads;
    partition other = {.job = job};
    s->job = job;
    s->count = 0;
    for (int i = 0; i < job->axes && s->count < enough; i++) {
        split_axis(&other, i, chunk);
        *s = other.count > s->count ? other : *s;
    }
}

static int
traverse_chunk(const void *work, size_t i, drop_interrupt interrupt)
{
    const partition *s = work;
    const drop_axis *axis = &s->job->axis[s->axis];
    size_t from = i ? s->first + (i - 1) * s->step : 0;
    size_t to = s->first + i * s->step;
    to = to < axis->n ? to : axis->n;
    drop_job part = *s->job;
    part.axis[s->axis].n = to - from;
    part.run.out += (ptrdiff_t)from * axis->out;
    part.run.x += (ptrdiff_t)from * axis->x;
    if (part.run.r) {
        part.run.r += (ptrdiff_t)from * axis->r;
    }
    part.index += from * axis->mask;
    part.interrupt = interrupt;
    return drop_traverse(&part);
}

int
drop_partition(drop_job *job, int threads)
{
    const int is_noise = job->op.affine.form == DROP_NOISE;
    const size_t least =
        is_noise ? MIN_NORMALS_FOR_THREADS : MIN_ELEMENTS_FOR_THREADS;
    if (threads < 2 || drop_job_size(job) < least) {
        return drop_traverse(job);
    }
    partition s;
    drop_axes_sort(job->axis, job->axes);
    job->axes = drop_axes_coalesce(job->axis, job->axes);
    split(&s, job, least / CHUNKS, threads);
    return drop_run_tasks(traverse_chunk, &s, s.count, threads,
                          job->interrupt);
}
