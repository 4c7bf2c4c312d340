/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

#include "array/strided_run.h"

static const uint8_t all[DROP_TILE / 8 + DROP_BITS_PAD] = {
#define FF8 255, 255, 255, 255, 255, 255, 255, 255
#define FF64 FF8, FF8, FF8, FF8, FF8, FF8, FF8, FF8
#define FF512 FF64, FF64, FF64, FF64, FF64, FF64, FF64, FF64
    FF512, FF512, FF8
#undef FF8
#undef FF64
#undef FF512
};
static const uint8_t none[DROP_TILE / 8 + DROP_BITS_PAD];

/* What is read in place of x where all elements are dropped: x must not be. */
static const char blank[4096];

void
drop_copy_rows(drop_loop *loop, drop_writer *to, uint64_t index,
               uint64_t stride, size_t rows, size_t n)
{
    if (!loop->reader.given && stride > 2 * DROP_SEGMENT) {
        /* Each row has a segment of its own drawn. */
        loop->poller.work += rows * DROP_SEGMENT;
    }
    drop_mask_reader_rows(&loop->reader, to, index, stride, rows, n);
}

/* Applies the span to elements of the inner axis. */
static int
apply_span(drop_loop *loop, drop_cursor at)
{
    const drop_plan *plan = loop->plan;
    drop_axis axis = plan->inner;
    if (loop->span.bits == none) {
        at.run.x = at.run.r ? at.run.r : blank;
        axis.x = at.run.r ? axis.r : (ptrdiff_t)drop_tuple_size(&plan->op);
    }
    drop_strided_apply(&plan->op, at.run, &axis, loop->span);
    return drop_count_work(&loop->poller, loop->span.n * plan->op.width);
}

/* Gathers rows and applies bits to all of them at once: that costs less than a
 * call of the kernel for each row. */
static void
apply_gathered(const drop_plan *plan, drop_run run, drop_bit_span bits)
{
    char x[DROP_GATHER_BYTES], r[DROP_GATHER_BYTES];
    drop_axis axis[] = {plan->second, plan->inner};
    const drop_strided rows = {axis, 2, (ptrdiff_t)drop_tuple_size(&plan->op)};
    axis[0].n = bits.n / plan->inner.n;
    const drop_run part = drop_gather_run(&rows, run, x, r);
    drop_run_apply_cached(&plan->op, part, bits.bits, bits.offset, bits.n);
    drop_scatter_run(&rows, run, part.out);
}

/* Applies the span, which is of whole rows. */
static int
apply_rows(drop_loop *loop, drop_cursor at)
{
    const drop_plan *plan = loop->plan;
    const drop_bit_span span = loop->span;
    const size_t size = drop_tuple_size(&plan->op), n = plan->inner.n;
    const size_t rows = span.n / n, bytes = n * size;
    const size_t most = drop_gather_most(size) / n;
    int status = 0;
    for (size_t i = 0, some; i < rows && !status; i += some) {
        drop_cursor here = drop_cursor_at(at, &plan->second, i);
        some = 1;
        if (bytes >= DROP_GATHER_ROW) {
            loop->span = (drop_bit_span){span.bits, span.offset + i * n, n};
            status = apply_span(loop, here);
        }
        else {
            some = least(rows - i, most);
            apply_gathered(
                plan, here.run,
                (drop_bit_span){span.bits, span.offset + i * n, some * n});
            status = drop_count_work(&loop->poller, some * n * plan->op.width);
        }
    }
    loop->span = span;
    return status;
}

static int
apply_shared(drop_loop *loop, drop_cursor at, drop_loop_fn *apply)
{
    const drop_plan *plan = loop->plan;
    return drop_loop_outer(loop, plan->axis + plan->outers, plan->shareds, at,
                           apply);
}

int
drop_apply_bits(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                size_t offset, size_t n)
{
    loop->span = (drop_bit_span){bits, offset, n};
    return apply_shared(loop, at, apply_span);
}

int
drop_apply_rows(drop_loop *loop, drop_cursor at, const uint8_t *bits,
                size_t rows)
{
    const drop_plan *plan = loop->plan;
    loop->span = (drop_bit_span){bits, 0, rows * plan->inner.n};
    return apply_shared(loop, at,
                        plan->is_contiguous ? apply_span : apply_rows);
}

drop_bit_span
drop_same_bits(const drop_loop *loop, drop_run run, int keep, size_t n)
{
    const size_t size = drop_tuple_size(&loop->plan->op);
    size_t most = keep || run.r ? DROP_TILE : sizeof blank / size;
    /* Ends the span where out is aligned, so that the next one begins aligned.
     */
    most -= (uintptr_t)run.out % DROP_ALIGN / size;
    return (drop_bit_span){keep ? all : none, 0, least(n, most)};
}
