/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A fractal join: the mean of those of some arrays, the paths, that survive.
 */
#ifndef DROP_OPS_JOIN_H
#define DROP_OPS_JOIN_H

#include "array/axes.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"

/* The most paths. */
#define DROP_JOIN_PATHS 16

typedef struct {
    size_t n;
    ptrdiff_t out, x[DROP_JOIN_PATHS]; /* bytes */
    size_t mask;                       /* 1 along the samples, else 0 */
} drop_join_axis;

typedef struct {
    const drop_kernels *kernels;
    drop_dtype dtype; /* not bool */
    size_t paths;
    const uint8_t *keep; /* of path j from keep + j*samples on, 1 where it
                          * survives, else 0; NULL: all survive */
    size_t samples;      /* entries for a path; axes may be a part of them, */
    size_t sample;       /* from this one on */
    char *out;
    const char *x[DROP_JOIN_PATHS]; /* each may be out */
    int axes;
    drop_join_axis axis[DROP_MAX_AXES]; /* a length of 0: nothing to do */
} drop_join;

/* What the join costs, in elements that are applied. */
size_t drop_join_work(const drop_join *job);

/* Computes the join on at most threads threads, on one where that is little
 * work. Sorts the job's axes. A contiguous row of 1 KiB or more that is
 * dropped is not read. Returns 0, or what interrupted it. */
int drop_join_run(drop_join *job, int threads, drop_interrupt interrupt);

#endif
