/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/plan.h"

#include "array/loop.h"

/* The shortest run, in bytes, for which non-temporal stores pay where the next
 * run is not contiguous. With them rows of 1 KiB take 2.4 times as long, of 2
 * KiB 1.2 times, of 4 KiB 0.8 times (AVX-512, Zen 5). */
#define NONTEMPORAL_RUN 4096

/* Rows of at least so many bytes that are contiguous in the mask but not in
 * memory are applied one by one: their bits are not copied. */
#define LONG_ROW 256

/* The innermost axis whose stride in the mask is this one, or -1. */
static int
find_axis(const drop_axis *axis, int axes, uint64_t mask)
{
    int i = axes - 1;
    while (i >= 0 && axis[i].mask != mask) {
        i--;
    }
    return i;
}

/* Chooses the loop for the inner axis, and which of the axes outside of it is
 * the second one; -1 for none. */
static drop_loop_fn *
choose_loop(const drop_plan *p, const drop_axis *axis, int axes, int *second)
{
    const drop_axis *inner = &p->inner, *next = axes ? &axis[axes - 1] : NULL;
    const size_t bytes = inner->n * drop_size(p->op.dtype);
    const int goes_on = next && drop_axes_contiguous(next, inner);
    *second = -1;
    if (p->op.affine.form == DROP_NOISE) {
        return drop_loop_normal;
    }
    if (p->job->factors) {
        *second = axes - 1;
        return drop_loop_factors;
    }
    if (inner->mask > 1) {
        *second = find_axis(axis, axes, 1);
        int is_narrow = *second >= 0 && inner->n <= DROP_NARROW &&
                        drop_axes_contiguous(&axis[*second], inner);
        return *second < 0 ? drop_loop_short_rows
               : is_narrow ? drop_loop_narrow
                           : drop_loop_transposed;
    }
    if (inner->mask == 0) {
        int repeats = goes_on && next->mask == 1;
        *second = repeats ? axes - 1 : -1;
        return repeats && bytes < DROP_SHORT_REPEAT ? drop_loop_short_rows
                                                    : drop_loop_whole_rows;
    }
    int straight = !next || inner->n >= DROP_SHORT_COPY ||
                   (!goes_on && bytes >= LONG_ROW && next->mask == inner->n);
    if (straight) {
        return drop_loop_row;
    }
    *second = axes - 1;
    return drop_loop_short_rows;
}

/* The group axis: that along which the mask continues from short rows that lie
 * far apart in it along the second axis; -1 for none. */
static int
find_group(const drop_plan *p, const drop_axis *axis, int axes, int second)
{
    const drop_axis *inner = &p->inner;
    const int is_apart = p->loop_fn == drop_loop_short_rows &&
                         inner->mask == 1 && second >= 0 &&
                         axis[second].mask > inner->n;
    return is_apart && inner->n <= DROP_GROUP_BITS / 2
               ? find_axis(axis, axes, inner->n)
               : -1;
}

/* Stores all axes but the second and the group axis, the shared ones last. */
static void
take_axes(drop_plan *p, const drop_axis *axis, int axes, int second, int group)
{
    p->outers = p->shareds = 0;
    for (int i = 0; i < axes; i++) {
        if (i != second && i != group && axis[i].mask) {
            p->axis[p->outers++] = axis[i];
        }
    }
    for (int i = 0; i < axes; i++) {
        if (i != second && i != group && !axis[i].mask) {
            p->axis[p->outers + p->shareds++] = axis[i];
        }
    }
}

/* Moves the longest axis to the end where the last one is shorter than a step
 * of variates, of which it would leave most unused. The order of memory
 * matters less. */
static void
put_longest_last(drop_axis *axis, int axes)
{
    int longest = axes - 1;
    for (int i = 0; i < axes && axis[axes - 1].n < DROP_NORMALS_STEP; i++) {
        longest = axis[i].n > axis[longest].n ? i : longest;
    }
    if (axes > 1) {
        drop_axis last = axis[longest];
        axis[longest] = axis[axes - 1];
        axis[axes - 1] = last;
    }
}

void
drop_plan_make(drop_plan *p, drop_job *job)
{
    const ptrdiff_t size = (ptrdiff_t)drop_size(job->op.dtype);
    const drop_axis single = {1, size, size, size, 1};
    const int is_normal = job->op.affine.form == DROP_NOISE;
    int second;
    drop_axes_sort(job->axis, job->axes);
    job->axes = drop_axes_coalesce(job->axis, job->axes);
    if (is_normal) {
        put_longest_last(job->axis, job->axes);
    }
    const int axes = job->axes ? job->axes - 1 : 0;
    p->job = job;
    p->op = job->op;
    p->inner = job->axes ? job->axis[axes] : single;
    p->loop_fn = choose_loop(p, job->axis, axes, &second);
    p->second = second < 0 ? single : job->axis[second];
    const int group = find_group(p, job->axis, axes, second);
    p->group = group < 0 ? single : job->axis[group];
    p->loop_fn = group < 0 ? p->loop_fn : drop_loop_grouped;
    take_axes(p, job->axis, axes, second, group);
    if (p->loop_fn == drop_loop_short_rows && p->inner.mask > 1) {
        p->second = p->inner; /* rows of one place each */
        p->inner = single;
    }
    if (is_normal || job->factors) {
        p->outers += p->shareds;
        p->shareds = 0;
    }
    p->is_contiguous = drop_axes_contiguous(&p->second, &p->inner);
    int goes_on = p->is_contiguous && p->second.n > 1;
    if (!goes_on && p->loop_fn == drop_loop_transposed) {
        p->op.hints &= DROP_NONTEMPORAL; /* it prefetches for itself */
    }
    else if (!goes_on && axes && p->inner.n * (size_t)size < NONTEMPORAL_RUN) {
        p->op.hints &= DROP_PREFETCH;
    }
}

int
drop_plan_run(const drop_plan *plan, drop_cursor at, drop_interrupt interrupt)
{
    const drop_job *job = plan->job;
    drop_loop loop;
    loop.plan = plan;
    loop.poller = (drop_poller){interrupt, 0};
    drop_mask_reader_start(&loop.reader, job->op.kernels, &job->sampler,
                           job->given, at.index);
    int status =
        drop_loop_outer(&loop, plan->axis, plan->outers, at, plan->loop_fn);
    if (job->op.hints & DROP_NONTEMPORAL) {
        job->op.kernels->fence();
    }
    return status;
}
