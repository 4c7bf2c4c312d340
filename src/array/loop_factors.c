/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A factor for each element of a given mask. Bits and factors of a part are
 * written out, one for each element. Long rows of one bit are not: those that
 * are kept are multiplied by one factor, and x of the others is not read.
 */
#include "array/loop.h"
#include "array/strided_run.h"

#include <string.h>

/* Elements of a part, and copies of a factor that are written at once. */
enum { PART = DROP_GATHER, UNROLL = 4 };

_Static_assert(UNROLL * sizeof(double) <= DROP_FACTORS_PAD, "copies fit");

/* Rows of the second axis by n elements of the inner one, with their bits and
 * factors, which are floats or doubles. */
typedef struct {
    size_t rows, n;
    const uint8_t *bits;
    size_t offset;
    uint8_t bit_room[PART / 8 + DROP_BITS_PAD];
    double factors[PART + UNROLL];
} part;

/* 1/(1-p), without signalling a division by 0: where 1-p is not 0 it is at
 * least 2**-53, and the small summand does not change it. */
DROP_INLINE double
inverse(double p)
{
    return 1 / ((1 - p) + 0x1p-120);
}

static double
factor_of(const drop_job *job, uint64_t index)
{
    const double factor = job->factors[index];
    return job->are_rates ? inverse(factor) : factor;
}

/* Writes the factors of n <= PART elements, rounded once to the dtype that
 * computes. */
static void
round_factors(void *restrict to, const drop_job *job, uint64_t index, size_t n)
{
    double value[PART];
    const double *from = job->factors + index;
    if (job->are_rates) {
        for (size_t i = 0; i < n; i++) {
            value[i] = inverse(from[i]);
        }
        from = value;
    }
    if (job->op.dtype == DROP_F64) {
        memcpy(to, from, n * sizeof *from);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((float *)to)[i] = (float)from[i];
    }
}

/* Writes UNROLL copies of a factor of a constant size: one store, or a few. */
DROP_INLINE void
write_copies(char *to, const char *from, size_t size)
{
    char factor[sizeof(double)]; /* to may be anywhere: it is loaded once */
    memcpy(factor, from, size);
    for (size_t i = 0; i < UNROLL; i++) {
        memcpy(to + i * size, factor, size);
    }
}

/* Writes n copies of each of count factors; may write up to UNROLL - 1 more
 * behind the last. */
DROP_INLINE void
repeat(char *restrict to, const char *restrict from, size_t count, size_t n,
       size_t size)
{
    if (n <= UNROLL) {
        for (size_t i = 0; i < count; i++) {
            write_copies(to + i * n * size, from + i * size, size);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < n; j += UNROLL) {
            write_copies(to + (i * n + j) * size, from + i * size, size);
        }
    }
}

void
drop_repeat_factors(char *to, const char *from, size_t count, size_t n,
                    size_t size)
{
    if (size == sizeof(float)) {
        repeat(to, from, count, n, sizeof(float));
    }
    else {
        repeat(to, from, count, n, sizeof(double));
    }
}

/* Writes the bits and factors of a part's elements end to end. */
static void
expand(part *p, const drop_loop *loop, uint64_t index)
{
    double some[PART];
    const drop_job *job = loop->plan->job;
    const drop_axis *inner = &loop->plan->inner, *second = &loop->plan->second;
    const size_t size = job->op.dtype == DROP_F64 ? 8 : 4;
    drop_writer writer = {p->bit_room, 0, 0};
    /* Rows of one bit each are neighbours in the mask. */
    const int are_neighbours = !inner->mask && second->mask;
    const size_t times = are_neighbours ? 1 : p->rows;
    const size_t count = are_neighbours ? p->rows : inner->mask ? p->n : 1;
    const size_t n = inner->mask ? 1 : p->n;
    char *to = (char *)p->factors;
    for (size_t i = 0; i < times; i++, index += second->mask) {
        drop_bits_repeat(&writer, job->given, index, count, n);
        if (n == 1) {
            round_factors(to, job, index, count);
        }
        else {
            round_factors(some, job, index, count);
            drop_repeat_factors(to, (const char *)some, count, n, size);
        }
        to += count * n * size;
    }
    drop_bits_end(&writer);
    p->bits = p->bit_room;
    p->offset = 0;
}

static void
find_bits(part *p, const drop_loop *loop, uint64_t index)
{
    const drop_job *job = loop->plan->job;
    if (p->rows == 1 && loop->plan->inner.mask) {
        p->bits = job->given;
        p->offset = index;
        round_factors(p->factors, job, index, p->n);
    }
    else {
        expand(p, loop, index);
    }
}

static int
apply_part(drop_loop *loop, part *p, drop_cursor at)
{
    char x[PART * 8], r[PART * 8];
    const drop_plan *plan = loop->plan;
    const drop_operation *op = &plan->op;
    drop_axis axis[] = {plan->second, plan->inner};
    const drop_strided rows = {axis, 2, (ptrdiff_t)drop_size(op->dtype)};
    axis[0].n = p->rows;
    axis[1].n = p->n;
    const drop_run run = drop_gather_run(&rows, at.run, x, r);
    const size_t n = p->rows * p->n;
    find_bits(p, loop, at.index);
    op->kernels->apply_factors[op->dtype](run.out, run.x, run.r, p->bits,
                                          p->offset, n, p->factors);
    drop_scatter_run(&rows, at.run, run.out);
    return drop_count_work(&loop->poller, n);
}

/* Applies to a row its one bit and one factor. */
static int
apply_row(drop_loop *loop, drop_cursor at)
{
    const drop_job *job = loop->plan->job;
    const drop_axis *row = &loop->plan->inner;
    const int keep = job->given[at.index / 8] >> at.index % 8 & 1;
    drop_operation op = loop->plan->op;
    int status = 0;
    op.affine.a = factor_of(job, at.index);
    for (size_t i = 0, n; i < row->n && !status; i += n) {
        drop_cursor here = drop_cursor_at(at, row, i);
        drop_bit_span some = drop_same_bits(loop, here.run, keep, row->n - i);
        n = some.n;
        if (keep) {
            drop_strided_apply(&op, here.run, row, some);
            status = drop_count_work(&loop->poller, n);
        }
        else {
            status = drop_apply_bits(loop, here, some.bits, 0, n);
        }
    }
    return status;
}

int
drop_loop_factors(drop_loop *loop, drop_cursor at)
{
    const drop_axis *inner = &loop->plan->inner, *second = &loop->plan->second;
    const size_t bytes = inner->n * drop_size(loop->plan->op.dtype);
    const size_t most = inner->n < PART ? PART / inner->n : 1;
    part p;
    int status = 0;
    for (size_t i = 0; i < second->n && !status; i += p.rows) {
        drop_cursor row = drop_cursor_at(at, second, i);
        p.rows = least(second->n - i, most);
        if (!inner->mask && bytes >= DROP_SHORT_REPEAT) {
            p.rows = 1;
            status = apply_row(loop, row);
            continue;
        }
        for (size_t j = 0; j < inner->n && !status; j += p.n) {
            p.n = least(inner->n - j, PART);
            status = apply_part(loop, &p, drop_cursor_at(row, inner, j));
        }
    }
    return status;
}
