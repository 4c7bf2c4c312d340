/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/plan.h"

#include "array/loop.h"
#include "array/strided_run.h"

/* The shortest run, in bytes, for which non-temporal stores pay where the next
 * run is not contiguous. With them rows of 1 KiB take 2.4 times as long, of 2
 * KiB 1.2 times, of 4 KiB 0.8 times (AVX-512, Zen 5). */
#define NONTEMPORAL_RUN 4096

/* Rows of at least so many bytes that are contiguous in the mask but not in
 * memory are applied one by one: their bits are not copied. */
#define LONG_ROW 256

/* Loops over fewer elements take longer to start than boxes. */
#define LONG_LOOP 256

/* Whether an axis has a stride in the mask that is smaller than another, but
 * not 0. */
static int
has_smaller(const drop_axis *axis, int axes, uint64_t stride)
{
    for (int i = 0; i < axes; i++) {
        if (axis[i].mask && axis[i].mask < stride) {
            return 1;
        }
    }
    return 0;
}

/* Whether a loop over some elements, at the places of some axes outside of it,
 * would be started too often, or draw again what it drew at another place,
 * since an axis outside has a smaller stride in the mask than its own. */
static int
is_boxed(const drop_axis *axis, int axes, size_t n, uint64_t stride)
{
    return axes && (n < LONG_LOOP || has_smaller(axis, axes, stride));
}

/* Whether rows of one bit each follow each other in memory and in the mask. */
static int
repeats(const drop_axis *row, const drop_axis *next)
{
    return row->mask == 0 && next->mask == 1 &&
           drop_axes_contiguous(next, row);
}

/* Chooses the loop for the inner axis, and which of the axes outside of it is
 * the second one; -1 for none. */
static drop_loop_fn *
choose_loop(const drop_plan *p, const drop_axis *axis, int axes, int *second)
{
    const drop_axis *inner = &p->inner, *next = axes ? &axis[axes - 1] : NULL;
    const size_t bytes = inner->n * drop_tuple_size(&p->op);
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
        return is_boxed(axis, axes, inner->n, inner->mask)
                   ? drop_loop_boxes
                   : drop_loop_short_rows;
    }
    if (inner->mask == 0) {
        const int repeat = next && repeats(inner, next);
        const int is_short = bytes < DROP_SHORT_REPEAT;
        *second = repeat ? axes - 1 : -1;
        return !is_short ? drop_loop_whole_rows
               : repeat  ? drop_loop_short_rows
                         : drop_loop_boxes;
    }
    int straight = !next || inner->n >= DROP_SHORT_COPY ||
                   (!goes_on && bytes >= LONG_ROW && next->mask == inner->n);
    if (straight) {
        return drop_loop_row;
    }
    if (is_boxed(axis, axes - 1, inner->n * next->n, next->mask)) {
        return drop_loop_boxes;
    }
    *second = axes - 1;
    return drop_loop_short_rows;
}

/* Stores all axes but the second, the shared ones last. */
static void
take_axes(drop_plan *p, const drop_axis *axis, int axes, int second)
{
    p->outers = p->shareds = 0;
    for (int i = 0; i < axes; i++) {
        if (i != second && axis[i].mask) {
            p->axis[p->outers++] = axis[i];
        }
    }
    for (int i = 0; i < axes; i++) {
        if (i != second && !axis[i].mask) {
            p->axis[p->outers + p->shareds++] = axis[i];
        }
    }
}

/* Moves the innermost axis along which the mask differs to the end, where
 * those inside of it are short. Bits are then applied at each of their places.
 */
static void
put_drawn_last(drop_axis *axis, int axes, size_t size)
{
    int drawn = axes - 1;
    size_t bytes = size;
    while (drawn >= 0 && !axis[drawn].mask) {
        bytes *= axis[drawn--].n;
    }
    if (drawn >= 0 && bytes < DROP_GATHER_ROW &&
        !(drawn == axes - 2 && repeats(&axis[axes - 1], &axis[drawn]))) {
        drop_axis last = axis[drawn];
        for (; drawn < axes - 1; drawn++) {
            axis[drawn] = axis[drawn + 1];
        }
        axis[drawn] = last;
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

/* Sets the width of tuples: the innermost axis, where it is short, contiguous
 * in all arrays, and shared. Returns how many axes are left. */
static int
take_tuples(drop_plan *p, const drop_axis *axis, int axes)
{
    const drop_job *job = p->job;
    const drop_axis *last = axis + axes - 1;
    const size_t size = drop_size(job->op.dtype);
    const ptrdiff_t step = (ptrdiff_t)size;
    const int are_tuples = axes && last->mask == 0 && last->out == step &&
                           last->x == step &&
                           (!job->run.r || last->r == step) &&
                           last->n * size < DROP_SHORT_REPEAT && !job->factors;
    p->op.width = are_tuples ? last->n : 1;
    return axes - are_tuples;
}

/* Chooses the loop and its axes. */
static void
choose_axes(drop_plan *p, const drop_axis *axis, int axes)
{
    const ptrdiff_t size = (ptrdiff_t)drop_tuple_size(&p->op);
    const drop_axis single = {1, size, size, size, 1};
    const int outside = axes ? axes - 1 : 0;
    int second;
    p->inner = axes ? axis[outside] : single;
    p->loop_fn = choose_loop(p, axis, outside, &second);
    p->second = second < 0 ? single : axis[second];
    take_axes(p, axis, outside, second);
    if (p->loop_fn == drop_loop_short_rows && p->inner.mask > 1) {
        p->second = p->inner; /* rows of one place each */
        p->inner = single;
    }
}

void
drop_plan_make(drop_plan *p, drop_job *job)
{
    const int is_normal = job->op.affine.form == DROP_NOISE;
    drop_axes_sort(job->axis, job->axes);
    job->axes = drop_axes_coalesce(job->axis, job->axes);
    p->job = job;
    p->op = job->op;
    const int axes = take_tuples(p, job->axis, job->axes);
    if (is_normal) {
        put_longest_last(job->axis, axes);
    }
    else if (!job->factors) {
        put_drawn_last(job->axis, axes, drop_tuple_size(&p->op));
    }
    choose_axes(p, job->axis, axes);
    if (is_normal || job->factors) {
        p->outers += p->shareds;
        p->shareds = 0;
    }
    p->is_contiguous = drop_axes_contiguous(&p->second, &p->inner);
    int goes_on = p->is_contiguous && p->second.n > 1;
    if (p->loop_fn == drop_loop_boxes) {
        goes_on =
            axes > 1 && drop_axes_contiguous(&job->axis[axes - 2], &p->inner);
        /* Boxes prefetch for themselves what memory does not go on to. */
        p->op.hints &= goes_on ? ~0 : DROP_NONTEMPORAL;
    }
    if (!goes_on && axes > 1 &&
        p->inner.n * drop_tuple_size(&p->op) < NONTEMPORAL_RUN) {
        p->op.hints &= DROP_PREFETCH;
    }
}
