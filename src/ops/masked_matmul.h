/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DropConnect's products: each has a bit of its own in a mask that is drawn
 * tile by tile and never exists as a whole.
 */
#ifndef DROP_OPS_MASKED_MATMUL_H
#define DROP_OPS_MASKED_MATMUL_H

#include "kernels/kernels.h"
#include "base/interrupt.h"

typedef struct {
    size_t n;
    ptrdiff_t sum, a, m; /* strides in bytes; 0 in arrays without this axis */
    uint64_t mask;       /* elements */
} drop_side;

/* sum[s][o] += keep[s][k][o] * a[s][k] * m[k][o] for all s, k, o; or with
 * transposed sum[s][k] = keep[s][k][o] * a[s][o] * m[k][o], summed over o.
 * Outputs o lie side by side in memory and in the mask; of the mask's other
 * strides one is the number of outputs. */
typedef struct {
    const drop_kernels *kernels;
    drop_dtype dtype; /* DROP_F32 or DROP_F64 */
    int transposed;
    char *sum;
    const char *a, *m;
    drop_side sample, k;
    size_t width; /* outputs */
    drop_sampler sampler;
    uint64_t index; /* of the first product */

    /* Set by drop_masked_matmul_run */
    int rows_are_samples; /* samples lie end to end in the mask, not depth */
    size_t step;          /* samples that one thread takes at once */
} drop_masked_matmul;

/* Products of the job. */
size_t drop_masked_matmul_size(const drop_masked_matmul *job);

/* What the job costs, in products of long rows. */
size_t drop_masked_matmul_work(const drop_masked_matmul *job);

/* Carries out the job on at most threads threads. Sums over depth are added to
 * what is in sum, in ascending order. Sums over outputs replace it: output o
 * is added to lane o % 32 of 32, and the lanes are added in halves. Returns 0,
 * or what interrupted it. */
int drop_masked_matmul_run(drop_masked_matmul *job, int threads,
                           drop_interrupt interrupt);

#endif
