/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

int
drop_plan_run(const drop_plan *plan, drop_cursor at, drop_interrupt interrupt)
{
    const drop_job *job = plan->job;
    drop_loop loop;
    loop.plan = plan;
    loop.poller = (drop_poller){interrupt, 0};
    drop_mask_reader_start(&loop.reader, job->op.kernels, &job->sampler,
                           job->given, at.index);
    const int outers = plan->loop_fn == drop_loop_boxes ? 0 : plan->outers;
    const int status =
        drop_loop_outer(&loop, plan->axis, outers, at, plan->loop_fn);
    if (job->op.hints & DROP_NONTEMPORAL) {
        job->op.kernels->fence();
    }
    return status;
}
