/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Plans carried out: the outer axes, and the bits that are held for a loop
 * which comes back to segments of the mask that it has left.
 */
#include "array/loop.h"

/* The elements along some axes: how many bits of the mask they have, and how
 * far the last of these is from the first. */
typedef struct {
    uint64_t bits, extent;
} range;

/* Outer axes whose bits are held: some places of the first of them at a time,
 * with all of the axes that follow it. */
typedef struct {
    drop_loop loop;
    drop_axis first;
    const drop_axis *axis; /* those that follow it */
    int axes;
    size_t places;
    uint64_t extent; /* of one place */
} holding;

/* A range with places along one more axis; of more than DROP_HELD_MOST bits
 * where it cannot be held. */
static range
extend(range r, uint64_t stride, size_t n)
{
    if (n == 1 || stride == 0) {
        return r;
    }
    if (stride > DROP_HELD_MOST || n > DROP_HELD_MOST) {
        return (range){0, DROP_HELD_MOST + 1};
    }
    r.bits *= n;
    r.extent += (n - 1) * stride;
    return r.extent <= DROP_HELD_MOST ? r : (range){0, DROP_HELD_MOST + 1};
}

/* Whether a range is worth drawing whole. */
static int
is_dense(range r)
{
    return r.extent <= DROP_HELD_MOST && 2 * r.bits >= r.extent;
}

/* Whether a loop comes back to segments of the mask that it has left. */
static int
comes_back(const drop_plan *plan)
{
    return !plan->job->given && (plan->loop_fn == drop_loop_grids ||
                                 plan->loop_fn == drop_loop_narrow);
}

/* Finds the axes whose bits are held, as many as can be. Returns how many
 * axes are outside of them, or -1 where no bits are held. */
static int
find_held(holding *h, const drop_plan *plan)
{
    const drop_axis single = {.n = 1};
    const int outers = plan->outers;
    int outside = -1;
    range r = {1, 1};
    if (!comes_back(plan)) {
        return outside;
    }
    r = extend(r, plan->inner.mask, plan->inner.n);
    r = extend(r, plan->second.mask, plan->second.n);
    r = extend(r, plan->group.mask, plan->group.n);
    for (int i = outers; i >= 0; i--) {
        if (is_dense(r)) {
            const drop_axis *first = i ? &plan->axis[i - 1] : &single;
            outside = i ? i - 1 : 0;
            h->first = *first;
            h->axis = &plan->axis[i];
            h->axes = outers - i;
            h->extent = r.extent;
            h->places = 1;
            while (h->places < first->n &&
                   is_dense(extend(r, first->mask, h->places + 1))) {
                h->places++;
            }
        }
        if (i) {
            r = extend(r, plan->axis[i - 1].mask, plan->axis[i - 1].n);
        }
    }
    return outside;
}

static int
loop_held(drop_loop *loop, drop_cursor at)
{
    const holding *h = (const holding *)loop;
    int status = 0;
    for (size_t i = 0; i < h->first.n && !status; i += h->places) {
        const size_t left = h->first.n - i;
        const size_t places = left < h->places ? left : h->places;
        const drop_cursor here = drop_cursor_at(at, &h->first, i);
        const size_t n = h->extent + (places - 1) * h->first.mask;
        drop_mask_reader_hold(&loop->reader, here.index, n);
        loop->poller.work += n;
        for (size_t j = 0; j < places && !status; j++) {
            status = drop_loop_outer(loop, h->axis, h->axes,
                                     drop_cursor_at(here, &h->first, j),
                                     loop->plan->loop_fn);
        }
    }
    return status;
}

int
drop_plan_run(const drop_plan *plan, drop_cursor at, drop_interrupt interrupt)
{
    const drop_job *job = plan->job;
    holding h;
    h.loop.plan = plan;
    h.loop.poller = (drop_poller){interrupt, 0};
    drop_mask_reader_start(&h.loop.reader, job->op.kernels, &job->sampler,
                           job->given, at.index);
    const int outside = find_held(&h, plan);
    const int status =
        outside < 0
            ? drop_loop_outer(&h.loop, plan->axis, plan->outers, at,
                              plan->loop_fn)
            : drop_loop_outer(&h.loop, plan->axis, outside, at, loop_held);
    if (job->op.hints & DROP_NONTEMPORAL) {
        job->op.kernels->fence();
    }
    return status;
}
