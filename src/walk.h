/* SPDX-License-Identifier: BSD-3-Clause
 *
 * N-dimensional arrays -> runs.
 */
#ifndef DROP_WALK_H
#define DROP_WALK_H

#include "axes.h"
#include "stream.h"

typedef struct {
    drop_task task;
    drop_run run;
    drop_law law;
    const uint8_t *given; /* a whole packed mask, or NULL: it is drawn */
    uint64_t index;       /* of the first cell in the mask */
    int axes;
    drop_axis axis[DROP_MAX_AXES]; /* no place on an axis: nothing to do */
    int (*stop)(void *); /* asked now and then; not 0 ends the walk */
    void *context;
} drop_job;

/* Lets a job draw its mask, of which its first cell is element 0. */
void drop_job_draw(drop_job *job, uint64_t key, uint64_t threshold);

/* Does the job, in any order; that of its axes is lost. Returns what stop
 * said last. */
int drop_walk(drop_job *job);

/* Writes the bits of the cells, in the order of the axes, to packed bytes.
 * Returns what stop said last. */
int drop_pack(drop_job *job, uint8_t *to);

#endif
