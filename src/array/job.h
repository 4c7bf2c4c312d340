/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A job: an operation on N-dimensional arrays and their mask. It is complete
 * when all fields are set. A job that only packs a mask needs neither run nor
 * the axes' strides in memory.
 */
#ifndef DROP_ARRAY_JOB_H
#define DROP_ARRAY_JOB_H

#include "array/axes.h"
#include "array/run.h"
#include "base/interrupt.h"

typedef struct {
    drop_operation op;
    drop_run run;
    drop_sampler sampler;
    const uint8_t *given;  /* a whole packed mask, or NULL: it is drawn */
    const double *factors; /* in place of the affine's a, one for each element
                            * of a given mask whose strides are 0 or 1; or
                            * NULL */
    int are_rates;         /* factors are rates p, and 1/(1-p) is meant */
    uint64_t index;        /* of the first cell in the mask */
    int axes;
    drop_axis axis[DROP_MAX_AXES]; /* a length of 0: nothing to do */
} drop_job;

/* Lets a job draw its mask, of which its first cell is element 0. */
void drop_job_draw(drop_job *job, uint64_t key, uint64_t threshold);

/* Cells of the job. */
size_t drop_job_size(const drop_job *job);

/* What the job costs, in elements that are applied. */
size_t drop_job_work(const drop_job *job);

#endif
