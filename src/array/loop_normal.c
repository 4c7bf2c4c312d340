/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"
#include "array/strided_run.h"

int
drop_loop_normal(drop_loop *loop, drop_cursor at)
{
    char x[DROP_GATHER_BYTES];
    const drop_operation *op = &loop->plan->op;
    const drop_axis *axis = &loop->plan->inner;
    const ptrdiff_t size = (ptrdiff_t)drop_size(op->dtype);
    int status = 0;
    for (size_t i = 0, n; i < axis->n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, axis, i);
        n = axis->n - i < DROP_GATHER ? axis->n - i : DROP_GATHER;
        const char *from = drop_gather(x, here.run.x, axis->x, n, size);
        char *to = axis->out == size ? here.run.out : x;
        op->kernels->noise[op->dtype](to, from, here.index, axis->mask, n,
                                      loop->reader.sampler, op->affine.a);
        if (to == x) {
            drop_strided_copy(here.run.out, axis->out, x, size, n, size);
        }
        /* At most one step more than n variates are made. */
        status = drop_count_work(&loop->poller, n + DROP_NORMALS_STEP);
    }
    return status;
}
