/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs: contiguous elements to which one span of mask bits applies. Where
 * op.width is not 1, an element is a tuple: so many elements of the dtype side
 * by side, which share a bit.
 */
#ifndef DROP_ARRAY_RUN_H
#define DROP_ARRAY_RUN_H

#include "kernels/kernels.h"

/* The memory of a run; r is NULL unless the form is DROP_RESIDUAL or
 * DROP_REPLACE. */
typedef struct {
    char *out;
    const char *x, *r;
} drop_run;

/* What is done to every element of a job. */
typedef struct {
    const drop_kernels *kernels;
    drop_dtype dtype;
    drop_affine affine;
    int hints;    /* DROP_PREFETCH, DROP_NONTEMPORAL */
    size_t width; /* elements of the dtype in a tuple; the plan sets it */
} drop_operation;

/* Bytes of an element of a dtype. */
size_t drop_size(drop_dtype dtype);

/* Bytes of a tuple. */
size_t drop_tuple_size(const drop_operation *op);

/* Applies bits that are there already: offset..offset+n-1 of bits. */
void drop_run_apply(const drop_operation *op, drop_run run,
                    const uint8_t *bits, size_t offset, size_t n);

/* The same for memory that is in a cache: the operation's hints do not
 * count. */
void drop_run_apply_cached(const drop_operation *op, drop_run run,
                           const uint8_t *bits, size_t offset, size_t n);

/* Draws the mask of elements index..index+n-1, n > 0, and applies it: tile t+1
 * is drawn while tile t is applied, so that arithmetic and memory overlap
 * beyond the caches. */
void drop_draw_and_apply(const drop_operation *op, drop_run run,
                         const drop_sampler *sampler, uint64_t index,
                         size_t n);

#endif
