/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Masks by chance for the jobs of any_geometry.c.
 */
#include "chance.h"
#include "check.h"
#include "geometry.h"

/* Bits of a given mask, at most. */
#define GIVEN_MOST (UINT64_C(1) << 18)

/* How much longer a larger array is along an axis: not at all, or by some
 * places, by any number up to a segment, or by more. */
static uint64_t
choose_more(int block)
{
    const uint64_t most[] = {8, DROP_SEGMENT + 8, 4096};
    return block ? below(most[below(COUNT(most))]) : 0;
}

/* The mask's strides and the index of cell 0: of the whole shape or of a block
 * of a larger one, where some axes share a draw; or any strides. Returns the
 * span of indices, or the largest number where it may pass 2**64. */
static uint64_t
choose_indices(drop_job *job)
{
    const int block = one_in(2), shares = one_in(2), rows = one_in(6);
    const int strange = one_in(6), wraps = strange && one_in(3);
    uint64_t stride = 1, span = 0;
    job->index = 0;
    for (int i = job->axes; i-- > 0;) {
        drop_axis *axis = &job->axis[i];
        const uint64_t more = choose_more(block);
        if (rows ? i : shares && one_in(2)) {
            axis->mask = 0;
            continue;
        }
        axis->mask = wraps && one_in(2) ? any()
                     : strange          ? below(stride + 9)
                                        : stride;
        job->index += below(more + 1) * stride;
        span += (axis->n ? axis->n - 1 : 0) * axis->mask;
        stride *= axis->n + more;
    }
    return wraps ? UINT64_MAX : span;
}

static void
choose_bits(geometry *g)
{
    drop_job *job = &g->job;
    g->key = one_in(4) ? below(4) : any();
    g->threshold = any_threshold();
    drop_job_draw(job, g->key, g->threshold);
    const uint64_t span = choose_indices(job);
    /* Where a counter word, or all of them, come to an end: behind the last
     * index comes 0. */
    const uint64_t ends[] = {UINT64_C(1) << 32, UINT64_C(1) << 39,
                             UINT64_C(1) << 63, 0};
    if (one_in(3)) {
        job->index += below(3 * DROP_TILE);
    }
    else if (one_in(3) && span < UINT32_MAX) {
        uint64_t end = ends[below(COUNT(ends))];
        job->index = end - 1 - span + below(span + 2);
    }
    g->given = (guard){NULL, 0};
    if (one_in(3) && job->index < GIVEN_MOST && span < GIVEN_MOST) {
        size_t size = (job->index + span) / 8 + 1 + DROP_BITS_PAD;
        g->given = guard_new(size);
        job->given = guard_put(g->given, size, AT_END, 1);
        any_bytes((uint8_t *)job->given, size);
    }
}

/* A factor or a rate for each element of a mask that takes them. */
static void
choose_factors(geometry *g)
{
    drop_job *job = &g->job;
    const drop_form form = job->op.affine.form;
    uint64_t n = job->index + 1;
    int fits = job->given && job->op.dtype != DROP_BOOL &&
               (form == DROP_SCALE || form == DROP_RESIDUAL);
    for (int i = 0; i < job->axes; i++) {
        fits = fits && job->axis[i].mask < 2;
        n += (job->axis[i].n ? job->axis[i].n - 1 : 0) * job->axis[i].mask;
    }
    g->factors = (guard){NULL, 0};
    if (!fits || one_in(3)) {
        return;
    }
    const size_t size = (size_t)n * sizeof(double);
    g->factors = guard_new(size);
    double *factor =
        (double *)guard_put(g->factors, size, AT_END, _Alignof(double));
    job->are_rates = one_in(2);
    for (size_t i = 0; i < n; i++) {
        factor[i] = any_affine(form).a;
        if (job->are_rates) {
            factor[i] = (double)(any() >> 11) * 0x1p-53;
        }
    }
    job->factors = factor;
    if (form == DROP_SCALE) {
        job->op.affine.c = 0;
    }
}

void
geometry_start_mask(geometry *g)
{
    choose_bits(g);
    choose_factors(g);
}
