/* SPDX-License-Identifier: BSD-3-Clause
 *
 * N-dimensional arrays -> runs.
 */
#ifndef DROP_ARRAY_TRAVERSE_H
#define DROP_ARRAY_TRAVERSE_H

#include "array/axes.h"
#include "array/run.h"
#include "base/interrupt.h"

/* Elements between two questions whether to stop: 0.1 to 1 ms. */
#define DROP_POLL_EVERY (UINT32_C(1) << 20)

typedef struct {
    drop_operation op;
    drop_run run;
    drop_sampler sampler;
    const uint8_t *given; /* a whole packed mask, or NULL: it is drawn */
    uint64_t index;       /* of the first cell in the mask */
    int axes;
    drop_axis axis[DROP_MAX_AXES]; /* no place on an axis: nothing to do */
    drop_interrupt interrupt;
} drop_job;

/* Lets a job draw its mask, of which its first cell is element 0. */
void drop_job_draw(drop_job *job, uint64_t key, uint64_t threshold);

/* Cells of the job. */
size_t drop_job_size(const drop_job *job);

/* Does the job, in any order; that of its axes is lost. Returns what its
 * interrupt said last. */
int drop_traverse(drop_job *job);

/* Writes the bits of the cells, in the order of the axes, to packed bytes.
 * Returns what its interrupt said last. */
int drop_pack(drop_job *job, uint8_t *to);

#endif
