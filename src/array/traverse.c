/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/traverse.h"

#include "array/loop.h"

/* Where memory does not go on after a run, this is the least that non-temporal
 * stores pay for: rows of 1 KiB take 2.4 times as long with them as without
 * (AVX-512, Zen 5), of 2 KiB 1.2 times, of 4 KiB 0.8. */
#define NONTEMPORAL_RUN 4096

/* Rows with fewer places leave most of 32 variates unused. */
#define SHORT_NOISE 32

/* How a loop is visited, after whose runs memory goes on or does not, and
 * which of the axes outside of inner is the other one of it; -1: none. */
static drop_loop_fn *
find_loop(const drop_loop *loop, const drop_axis *axis, int axes, int goes_on,
          int *along)
{
    const drop_axis *inner = &loop->inner;
    const drop_axis *next = axes ? &axis[axes - 1] : inner;
    const size_t bytes = inner->n * drop_size(loop->op.dtype);
    *along = axes - 1;
    if (loop->op.affine.form == DROP_NOISE) {
        *along = -1;
        return drop_loop_normal;
    }
    if (inner->mask > 1) {
        while (*along >= 0 && axis[*along].mask != 1) {
            --*along;
        }
        const drop_axis *other = *along < 0 ? NULL : &axis[*along];
        int is_narrow = other && inner->n <= DROP_NARROW &&
                        drop_axes_contiguous(other, inner);
        return is_narrow ? drop_loop_narrow : drop_loop_transposed;
    }
    if (inner->mask == 1 && goes_on && inner->n < DROP_SHORT_COPY) {
        return drop_loop_short_rows;
    }
    if (inner->mask == 0 && goes_on && next->mask == 1) {
        return bytes < DROP_SHORT_REPEAT ? drop_loop_short_rows
                                         : drop_loop_whole_rows;
    }
    *along = -1;
    return inner->mask ? drop_loop_row : drop_loop_whole_rows;
}

/* Moves the shared ones among some axes, but for one that is left out, behind
 * the outer ones. Returns how many these are. */
static int
part_axes(drop_axis *axis, int axes, int left_out, int *shareds)
{
    drop_axis shared[DROP_MAX_AXES];
    int outers = 0;
    *shareds = 0;
    for (int i = 0; i < axes; i++) {
        if (i != left_out && axis[i].mask) {
            axis[outers++] = axis[i];
        }
        else if (i != left_out) {
            shared[(*shareds)++] = axis[i];
        }
    }
    for (int i = 0; i < *shareds; i++) {
        axis[outers + i] = shared[i];
    }
    return outers;
}

/* Variates come many at once, in any order of memory: a short axis would cost
 * as much as one of many places. */
static void
put_longest_last(drop_axis *axis, int axes)
{
    int longest = axes - 1;
    for (int i = 0; i < axes && axis[axes - 1].n < SHORT_NOISE; i++) {
        longest = axis[i].n > axis[longest].n ? i : longest;
    }
    if (axes > 1) {
        drop_axis last = axis[longest];
        axis[longest] = axis[axes - 1];
        axis[axes - 1] = last;
    }
}

void
drop_job_draw(drop_job *job, uint64_t key, uint64_t threshold)
{
    drop_sampler_start(&job->sampler, key, threshold);
    job->given = NULL;
    job->index = 0;
}

size_t
drop_job_size(const drop_job *job)
{
    size_t n = 1;
    for (int i = 0; i < job->axes; i++) {
        n *= job->axis[i].n;
    }
    return n;
}

int
drop_traverse(drop_job *job)
{
    drop_loop loop;
    const ptrdiff_t size = (ptrdiff_t)drop_size(job->op.dtype);
    const drop_axis single = {1, size, size, size, 1};
    for (int i = 0; i < job->axes; i++) {
        if (job->axis[i].n == 0) {
            return 0;
        }
    }
    drop_axes_sort(job->axis, job->axes);
    int axes = drop_axes_coalesce(job->axis, job->axes) - 1;
    if (job->op.affine.form == DROP_NOISE) {
        put_longest_last(job->axis, axes + 1);
    }
    loop.job = job;
    loop.op = job->op;
    loop.work = 0;
    loop.inner = axes < 0 ? single : job->axis[axes];
    axes = axes < 0 ? 0 : axes;
    int along;
    int goes_on =
        axes && drop_axes_contiguous(&job->axis[axes - 1], &loop.inner);
    drop_loop_fn *loop_fn = find_loop(&loop, job->axis, axes, goes_on, &along);
    loop.along = along < 0 ? single : job->axis[along];
    loop.is_contiguous = drop_axes_contiguous(&loop.along, &loop.inner);
    if (loop_fn == drop_loop_narrow) {
        drop_fill_deposit(loop.deposit, loop.inner.n);
    }
    if (!goes_on && loop_fn == drop_loop_transposed) {
        loop.op.hints &=
            DROP_NONTEMPORAL; /* Blocks prefetch for themselves. */
    }
    else if (!goes_on && loop.inner.n * (size_t)size < NONTEMPORAL_RUN) {
        loop.op.hints &= DROP_PREFETCH;
    }
    int outers = axes;
    if (loop_fn != drop_loop_normal) {
        outers = part_axes(job->axis, axes, along, &loop.shareds);
        loop.shared = job->axis + outers;
    }
    drop_mask_reader_start(&loop.reader, job->op.kernels, &job->sampler,
                           job->given, job->index);
    int status = drop_loop_outer(&loop, job->axis, outers,
                                 (drop_cursor){job->run, job->index}, loop_fn);
    if (job->op.hints & DROP_NONTEMPORAL) {
        job->op.kernels->fence();
    }
    return status;
}
