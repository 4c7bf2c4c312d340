/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs from beginning to end.
 */
#ifndef DROP_ARRAY_TRAVERSE_H
#define DROP_ARRAY_TRAVERSE_H

#include "array/job.h"

/* Carries out a job on at most threads threads, on one where it is small.
 * Sorts the job's axes. Returns 0, or what interrupted it. */
int drop_traverse(drop_job *job, int threads, drop_interrupt interrupt);

#endif
