/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"
#include "array/strided_run.h"

int
drop_loop_normal(drop_loop *loop, drop_cursor at)
{
    char x[DROP_GATHER_BYTES];
    const drop_operation *op = &loop->plan->op;
    const drop_axis *axis = &loop->plan->inner;
    drop_axis part = *axis;
    const drop_strided row = {&part, 1, (ptrdiff_t)drop_size(op->dtype)};
    int status = 0;
    for (size_t i = 0, n; i < axis->n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, axis, i);
        n = part.n = least(axis->n - i, DROP_GATHER);
        const drop_run run = drop_gather_run(&row, here.run, x, NULL);
        op->kernels->noise[op->dtype](run.out, run.x, here.index, axis->mask,
                                      n, loop->reader.sampler, op->affine.a);
        drop_scatter_run(&row, here.run, run.out);
        /* At most one step more than n variates are made. */
        status = drop_count_work(&loop->poller, n + DROP_NORMALS_STEP);
    }
    return status;
}
