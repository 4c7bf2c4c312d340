/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a job is done, decided once for a call: its axes are sorted by memory
 * and coalesced, and the loop over the innermost ones is chosen.
 */
#ifndef DROP_ARRAY_PLAN_H
#define DROP_ARRAY_PLAN_H

#include "array/job.h"

typedef struct drop_loop drop_loop;

/* Where something begins, in memory and in the mask. */
typedef struct {
    drop_run run;
    uint64_t index;
} drop_cursor;

/* Handles the elements of the inner and second axes from a cursor on. Returns
 * 0, or what interrupted it. */
typedef int drop_loop_fn(drop_loop *loop, drop_cursor at);

typedef struct {
    const drop_job *job;
    drop_operation op; /* the job's, with the hints that suit the loop */
    drop_loop_fn *loop_fn;
    drop_axis inner;  /* the axis along which elements are applied */
    drop_axis second; /* the second axis of loops over two; else of length 1 */
    int is_contiguous; /* whether the memory of all arrays continues along the
                        * second axis where inner ends */
    int outers;        /* the other axes: the loop is called at each of their
                        * places, or takes these axes itself */
    int shareds;       /* shared axes behind them: bits that the loop applies
                        * are applied at each of their places */
    drop_axis axis[DROP_MAX_AXES];
} drop_plan;

/* Makes the plan of a job that is not empty; sorts the job's axes. */
void drop_plan_make(drop_plan *plan, drop_job *job);

/* Carries out a plan from a cursor on. The plan may be a copy whose axes were
 * shortened. Returns 0, or what interrupted it. */
int drop_plan_run(const drop_plan *plan, drop_cursor at,
                  drop_interrupt interrupt);

#endif
