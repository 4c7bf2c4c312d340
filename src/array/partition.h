/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A plan on several threads: its chunks, which are the tasks of threads.
 */
#ifndef DROP_ARRAY_PARTITION_H
#define DROP_ARRAY_PARTITION_H

#include "array/plan.h"

/* Carries out a plan on at most threads threads, on one where the job is
 * small. Returns 0, or what interrupted it. */
int drop_partition(const drop_plan *plan, int threads,
                   drop_interrupt interrupt);

#endif
