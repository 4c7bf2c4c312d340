/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/partition.h"

#include "array/loop.h"
#include "base/threads.h"

/* The least places in a chunk of the axes along which a mask is contiguous:
 * with fewer, segments would be drawn for a few bits of them. */
#define TOGETHER 1024

/* A plan that is split along one of its axes. */
typedef struct {
    const drop_plan *plan;
    size_t axis;  /* where it lies in a plan, in bytes */
    size_t first; /* places of it in chunk 0 */
    size_t step;  /* and in the others */
    size_t count; /* chunks */
} partition;

/* The least places in a chunk of an axis. */
static size_t
least_step(const drop_plan *plan, const drop_axis *axis)
{
    if (axis == &plan->inner) {
        return (TOGETHER - 1) / plan->op.width + 1;
    }
    if (plan->loop_fn == drop_loop_boxes && axis->mask) {
        return (size_t)((TOGETHER - 1) / plan->op.width / axis->mask) + 1;
    }
    return 1;
}

/* Whether an axis may be split. Inner may where the loop can handle a part of
 * a row: where neither memory nor bits continue from one row to the next. */
static int
has_parts(const drop_plan *plan, const drop_axis *axis)
{
    return axis != &plan->inner || plan->loop_fn == drop_loop_row ||
           plan->loop_fn == drop_loop_normal ||
           plan->loop_fn == drop_loop_factors ||
           plan->loop_fn == drop_loop_boxes || plan->second.n == 1;
}

/* Splits one axis into chunks of a given work. Where a chunk of a row has
 * whole tiles, chunks begin at tiles' bounds, so that no tile is drawn twice.
 */
static void
split_axis(partition *p, const drop_plan *plan, const drop_axis *a,
           size_t chunk)
{
    const size_t fewest = least_step(plan, a);
    p->plan = plan;
    p->axis = (size_t)((const char *)a - (const char *)plan);
    p->step = chunk / (drop_job_work(plan->job) / a->n + 1) + 1;
    p->step = p->step < fewest ? fewest : p->step;
    p->first = p->step;
    if (a->mask == 1 && p->step > DROP_TILE) {
        p->step -= p->step % DROP_TILE;
        p->first = p->step - plan->job->index % DROP_TILE;
    }
    p->count = 1;
    if (p->first < a->n) {
        p->count += (a->n - p->first + p->step - 1) / p->step;
    }
}

/* Splits the outermost axis that gives every thread two chunks, so that memory
 * is traversed in order; where none does, the one that gives the most chunks.
 * Shared axes come last, since each chunk of one draws all bits. */
static partition
split(const drop_plan *plan, size_t chunk, int threads)
{
    const size_t enough = 2 * (size_t)threads;
    const int outers = plan->outers, shareds = plan->shareds;
    partition best = {.count = 0}, other;
    for (int i = 0; i < outers + 2 + shareds && best.count < enough; i++) {
        const drop_axis *axis = i < outers        ? &plan->axis[i]
                                : i == outers     ? &plan->second
                                : i == outers + 1 ? &plan->inner
                                                  : &plan->axis[i - 2];
        if (has_parts(plan, axis)) {
            split_axis(&other, plan, axis, chunk);
            best = other.count > best.count ? other : best;
        }
    }
    return best;
}

static int
run_chunk(const void *work, size_t i, drop_interrupt interrupt)
{
    const partition *p = work;
    drop_plan part = *p->plan;
    drop_axis *axis = (drop_axis *)((char *)&part + p->axis);
    drop_cursor at = {part.job->run, part.job->index};
    size_t from = i ? p->first + (i - 1) * p->step : 0;
    size_t to = p->first + i * p->step;
    at = drop_cursor_at(at, axis, from);
    axis->n = (to < axis->n ? to : axis->n) - from;
    return drop_plan_run(&part, at, interrupt);
}

int
drop_partition(const drop_plan *plan, int threads, drop_interrupt interrupt)
{
    const drop_job *job = plan->job;
    if (threads < 2 || drop_job_work(job) < DROP_MIN_ELEMENTS_FOR_THREADS) {
        return drop_plan_run(plan, (drop_cursor){job->run, job->index},
                             interrupt);
    }
    partition p = split(plan, DROP_TASK_ELEMENTS, threads);
    return drop_run_tasks(run_chunk, &p, p.count, threads, interrupt);
}
