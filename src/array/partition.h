/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs on several threads.
 */
#ifndef DROP_ARRAY_PARTITION_H
#define DROP_ARRAY_PARTITION_H

#include "array/traverse.h"

/* Does a job on at most some threads; on one where the job is small. Returns
 * what its interrupt said. */
int drop_partition(drop_job *job, int threads);

#endif
