/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs from beginning to end: applied to arrays, or packed.
 */
#ifndef DROP_ARRAY_TRAVERSE_H
#define DROP_ARRAY_TRAVERSE_H

#include "array/job.h"

/* Carries out a job on at most that many threads, or on one where it is small.
 * Sorts the job's axes. Returns 0, or what interrupted it. */
int drop_traverse(drop_job *job, int threads, drop_interrupt interrupt);

/* Writes the bits of the cells, in the order of the axes, to packed bytes.
 * Returns 0, or what interrupted it. */
int drop_pack(drop_job *job, uint8_t *to, drop_interrupt interrupt);

#endif
