/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A job on several threads, which live as long as the call: no pool, nothing
 * that a fork could break. The only file that knows threads.
 */
#ifndef DROP_PARALLEL_H
#define DROP_PARALLEL_H

#include "walk.h"

/* Does a job on at most some threads, this one among them; on fewer where the
 * job is small or none can be started. The job's stop is asked on this thread
 * alone. Returns what it said. */
int drop_parallel(drop_job *job, int threads);

#endif
