/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/traverse.h"

#include "array/partition.h"
#include "array/plan.h"

int
drop_traverse(drop_job *job, int threads, drop_interrupt interrupt)
{
    drop_plan plan;
    if (drop_job_size(job) == 0) {
        return 0;
    }
    drop_plan_make(&plan, job);
    return drop_partition(&plan, threads, interrupt);
}
