/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"
#include "array/strided_run.h"

/* The most bytes that the factors of gathered tuples take: those of halves are
 * floats, twice as large as their elements. */
#define FACTORS_BYTES (2 * DROP_GATHER_BYTES)

/* Makes the factors of n elements, of the dtype that computes: those of 1. */
static void
make_factors(const drop_loop *loop, void *to, uint64_t index, size_t n)
{
    const drop_operation *op = &loop->plan->op;
    const int is_double = op->dtype == DROP_F64;
    const drop_dtype dtype = is_double ? DROP_F64 : DROP_F32;
    for (size_t i = 0; i < n; i++) {
        if (is_double) {
            ((double *)to)[i] = 1;
        }
        else {
            ((float *)to)[i] = 1;
        }
    }
    op->kernels->noise[dtype](to, to, index, loop->plan->inner.mask, n,
                              loop->reader.sampler, op->affine.a);
}

/* Multiplies n contiguous tuples, each by one factor. */
static void
multiply_tuples(const drop_loop *loop, drop_run run, uint64_t index, size_t n)
{
    const drop_operation *op = &loop->plan->op;
    const size_t elements = n * op->width;
    const drop_bit_span all = drop_same_bits(loop, run, 1, elements);
    double factor[DROP_GATHER];
    double factors[(FACTORS_BYTES + DROP_FACTORS_PAD) / sizeof(double)];
    make_factors(loop, factor, index, n);
    drop_repeat_factors((char *)factors, (const char *)factor, n, op->width,
                        op->dtype == DROP_F64 ? sizeof(double)
                                              : sizeof(float));
    op->kernels->apply_factors[op->dtype](run.out, run.x, NULL, all.bits,
                                          all.offset, elements, factors);
}

int
drop_loop_normal(drop_loop *loop, drop_cursor at)
{
    char x[DROP_GATHER_BYTES];
    const drop_operation *op = &loop->plan->op;
    const drop_axis *axis = &loop->plan->inner;
    const size_t most = drop_gather_most(drop_tuple_size(op));
    drop_axis part = *axis;
    const drop_strided row = {&part, 1, (ptrdiff_t)drop_tuple_size(op)};
    int status = 0;
    for (size_t i = 0, n; i < axis->n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, axis, i);
        n = part.n = least(axis->n - i, most);
        const drop_run run = drop_gather_run(&row, here.run, x, NULL);
        if (op->width > 1) {
            multiply_tuples(loop, run, here.index, n);
        }
        else {
            op->kernels->noise[op->dtype](run.out, run.x, here.index,
                                          axis->mask, n, loop->reader.sampler,
                                          op->affine.a);
        }
        drop_scatter_run(&row, here.run, run.out);
        /* At most one step more than n variates are made. */
        status = drop_count_work(&loop->poller, n + DROP_NORMALS_STEP);
    }
    return status;
}
