/* SPDX-License-Identifier: BSD-3-Clause
 *
 * N-dimensional arrays and their masks, element by element.
 */
#ifndef DROP_ARRAY_TRAVERSE_H
#define DROP_ARRAY_TRAVERSE_H

#include "array/job.h"

/* Does a job on at most some threads; on one where it is small. The order of
 * its axes is lost. Returns what the interrupt said last. */
int drop_traverse(drop_job *job, int threads, drop_interrupt interrupt);

/* Writes the bits of the cells, in the order of the axes, to packed bytes.
 * Returns what the interrupt said last. */
int drop_pack(drop_job *job, uint8_t *to, drop_interrupt interrupt);

#endif
