/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The samples that a mask keeps, as an array of their own: taken out of an
 * array of all samples, and added where they came from.
 */
#ifndef DROP_OPS_KEPT_ROWS_H
#define DROP_OPS_KEPT_ROWS_H

#include "array/job.h"
#include "ops/kept_copy.h"

/* A bit for each sample, and DROP_BITS_PAD bytes more that are readable. */
typedef struct {
    const drop_kernels *kernels;
    const uint8_t *bits;
    size_t n;
} drop_kept;

/* How many of the first n samples are kept. */
size_t drop_kept_count(const drop_kept *kept, size_t n);

/* Items that are copied: each sample has those along some axes, of which out
 * and x count. */
typedef struct {
    drop_kept kept;
    char *out;        /* has the kept samples alone */
    const char *x;    /* has all */
    drop_axis sample; /* along the samples */
    ptrdiff_t size;   /* of an item: 1, 2, 4, 8 or 16 bytes */
    int axes;
    drop_axis axis[DROP_MAX_AXES];
} drop_taking;

/* What it costs, in elements that are applied. */
size_t drop_taking_work(const drop_taking *job);

/* Copies the kept samples on at most threads threads. Returns 0, or what
 * interrupted it. */
int drop_take_rows(const drop_taking *job, int threads,
                   drop_interrupt interrupt);

/* A job with DROP_RESIDUAL: axis 0 is that of the samples, of which out and r
 * have all, and x the kept ones alone. Too large for a small stack. */
typedef struct {
    drop_kept kept;
    drop_job job; /* its mask and kernels are set when it is done */
    /* For short samples, which are copied to a tile and added from there: */
    drop_job from_tile;
    drop_kept_copy copy;
} drop_adding;

/* Does such a job on at most threads threads. Returns 0, or what interrupted
 * it. */
int drop_add_rows(drop_adding *adding, int threads, drop_interrupt interrupt);

#endif
