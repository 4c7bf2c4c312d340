/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A plan on several threads: which of them does which part.
 */
#ifndef DROP_ARRAY_PARTITION_H
#define DROP_ARRAY_PARTITION_H

#include "array/plan.h"

/* Does a plan on at most some threads; on one where the job is small. Returns
 * what the interrupt said last. */
int drop_partition(const drop_plan *plan, int threads,
                   drop_interrupt interrupt);

#endif
