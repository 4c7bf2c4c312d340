/* SPDX-License-Identifier: BSD-3-Clause */
#include "walk.h"

#include "bits.h"
#include "bytes.h"
#include "source.h"

/* Elements between two questions whether to stop: 0.1 to 1 ms. */
#define PIECE (UINT32_C(1) << 20)

/* Elements of a strided run that are gathered at once. */
#define GATHER 512

/* The side of a block of a transposed mask along the axis where the mask is
 * contiguous; 64 along the other. Its bits are 8 KiB. */
#define BLOCK_BITS 1024

typedef struct {
    drop_run run;
    uint64_t index;
} position;

typedef struct {
    const drop_job *job;
    drop_source source;
    drop_stretch stretch; /* what is now to be applied */
    drop_axis inner;      /* and along which axis */
    drop_axis along;      /* for blocks: where the mask is contiguous */
    int blocks;
    const drop_axis *axis; /* the outer ones and then the shared ones */
    int outers, shareds;
    size_t work; /* elements since the last question */
} walk;

static position
moved(position at, const drop_axis *axis, size_t i)
{
    at.run.out += (ptrdiff_t)i * axis->out;
    at.run.x += (ptrdiff_t)i * axis->x;
    if (at.run.r) {
        at.run.r += (ptrdiff_t)i * axis->r;
    }
    at.index += i * axis->mask;
    return at;
}

/* Does leaf at every place of some axes. Stops when leaf returns not 0. */
static int
each(walk *w, const drop_axis *axis, int axes, position at,
     int (*leaf)(walk *, position))
{
    int status = 0;
    if (axes == 0) {
        return leaf(w, at);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = each(w, axis + 1, axes - 1, moved(at, axis, i), leaf);
    }
    return status;
}

static int
worked(walk *w, size_t n)
{
    w->work += n;
    if (w->work < PIECE || !w->job->stop) {
        return 0;
    }
    w->work = 0;
    return w->job->stop(w->job->context);
}

static void
copy_strided(char *to, ptrdiff_t to_stride, const char *from,
             ptrdiff_t from_stride, size_t n, size_t size)
{
#define COPY(bytes)                                           \
    case bytes:                                               \
        for (size_t i = 0; i < n; i++) {                      \
            memcpy(to + (ptrdiff_t)i * to_stride,             \
                   from + (ptrdiff_t)i * from_stride, bytes); \
        }                                                     \
        break
    switch (size) {
        COPY(1);
        COPY(2);
        COPY(4);
        COPY(8);
    }
#undef COPY
}

/* Applies bits to a strided run through buffers. */
static void
apply_strided(const drop_task *task, drop_run run, const drop_axis *axis,
              drop_stretch bits)
{
    char x[GATHER * 8], r[GATHER * 8];
    const ptrdiff_t size = (ptrdiff_t)drop_size(task->dtype);
    const drop_task near = {task->kernels, task->dtype, task->affine, 0};
    drop_run part = {x, x, run.r ? r : NULL};
    for (size_t i = 0; i < bits.n; i += GATHER) {
        size_t n = bits.n - i < GATHER ? bits.n - i : GATHER;
        position at = moved((position){run, 0}, axis, i);
        copy_strided(x, size, at.run.x, axis->x, n, (size_t)size);
        if (run.r) {
            copy_strided(r, size, at.run.r, axis->r, n, (size_t)size);
        }
        drop_run_apply(&near, part, bits.bits, bits.offset + i, n);
        copy_strided(at.run.out, axis->out, x, size, n, (size_t)size);
    }
}

static int
is_contiguous(const drop_axis *axis, ptrdiff_t size, int residual)
{
    return axis->out == size && axis->x == size &&
           (!residual || axis->r == size);
}

/* A cell that is dropped for a whole run: its x is not read. */
static const uint8_t all[DROP_TILE / 8 + DROP_BITS_PAD] = {
#define FF8 255, 255, 255, 255, 255, 255, 255, 255
#define FF64 FF8, FF8, FF8, FF8, FF8, FF8, FF8, FF8
    FF64, FF64, FF64, FF64, FF64,
    FF64, FF64, FF64, FF8
#undef FF8
#undef FF64
};
static const uint8_t none[DROP_TILE / 8 + DROP_BITS_PAD];
static const char blank[GATHER * 8];

/* Applies the present stretch of bits to the run at a place. */
static int
apply_here(walk *w, position at)
{
    const drop_task *task = &w->job->task;
    drop_axis axis = w->inner;
    if (w->stretch.bits == none && !at.run.r) {
        at.run.x = blank;
        axis.x = (ptrdiff_t)drop_size(task->dtype);
    }
    if (is_contiguous(&axis, (ptrdiff_t)drop_size(task->dtype),
                      at.run.r != NULL)) {
        drop_run_apply(task, at.run, w->stretch.bits, w->stretch.offset,
                       w->stretch.n);
    }
    else {
        apply_strided(task, at.run, &axis, w->stretch);
    }
    return worked(w, w->stretch.n);
}

/* The next bits of a row, at most n. */
static drop_stretch
row_bits(walk *w, position at, size_t n)
{
    if (w->inner.mask) {
        return drop_source_get(&w->source, at.index, n);
    }
    drop_stretch one = drop_source_get(&w->source, at.index, 1);
    int keep = load_bits32(one.bits, one.offset) & 1;
    /* Such that the next run begins at an aligned out. */
    size_t most = keep || at.run.r ? DROP_TILE : GATHER;
    most -= (uintptr_t)at.run.out % DROP_ALIGN / drop_size(w->job->task.dtype);
    return (drop_stretch){keep ? all : none, 0, n < most ? n : most};
}

/* A row whose mask is contiguous, or one bit for all. */
static int
do_row(walk *w, position at)
{
    int status = 0;
    const drop_task *task = &w->job->task;
    int straight = w->inner.mask == 1 && !w->shareds && !w->job->given &&
                   is_contiguous(&w->inner, (ptrdiff_t)drop_size(task->dtype),
                                 at.run.r != NULL);
    for (size_t i = 0, n; i < w->inner.n && !status; i += n) {
        position here = moved(at, &w->inner, i);
        n = w->inner.n - i < PIECE ? w->inner.n - i : PIECE;
        if (straight && n >= DROP_TILE) {
            drop_run_draw(task, here.run, w->source.law, here.index, n);
            status = worked(w, n);
        }
        else {
            w->stretch = row_bits(w, here, n);
            n = w->stretch.n;
            status =
                each(w, w->axis + w->outers, w->shareds, here, apply_here);
        }
    }
    return status;
}

/* A block whose mask is contiguous along one axis and whose memory is so along
 * another, inner: draws a row of bits for each place on inner, transposes them
 * and applies a column at a time. */
static int
do_block(walk *w, position at, size_t rows, size_t bits)
{
    uint8_t row[64][BLOCK_BITS / 8];
    uint64_t column[BLOCK_BITS / 64 * 64 + 1];
    int status = 0;
    for (size_t a = 0; a < rows; a++) {
        uint64_t index = moved(at, &w->inner, a).index;
        for (size_t b = 0; b < bits; b += w->stretch.n) {
            w->stretch = drop_source_get(&w->source, index + b, bits - b);
            drop_bits_append(row[a], b, w->stretch.bits, w->stretch.offset,
                             w->stretch.n);
        }
    }
    for (size_t b = 0; b < bits; b += 64) {
        for (size_t a = 0; a < 64; a++) {
            column[b + a] = a < rows ? load_le64(row[a] + b / 8) : 0;
        }
        drop_bits_transpose(column + b);
    }
    for (size_t b = 0; b < bits && !status; b++) {
        column[b] = le64(column[b]);
        w->stretch = (drop_stretch){(uint8_t *)&column[b], 0, rows};
        status = each(w, w->axis + w->outers, w->shareds,
                      moved(at, &w->along, b), apply_here);
    }
    return status;
}

static int
do_blocks(walk *w, position at)
{
    int status = 0;
    for (size_t b = 0; b < w->along.n; b += BLOCK_BITS) {
        size_t bits = w->along.n - b;
        bits = bits < BLOCK_BITS ? bits : BLOCK_BITS;
        for (size_t a = 0; a < w->inner.n && !status; a += 64) {
            position here = moved(moved(at, &w->along, b), &w->inner, a);
            size_t rows = w->inner.n - a < 64 ? w->inner.n - a : 64;
            status = do_block(w, here, rows, bits);
        }
    }
    return status;
}

/* Gives every axis its part: the last one is inner, with blocks another is
 * along, of the rest outer ones come first, then shared ones. */
static void
plan(walk *w, drop_axis *axis, int axes)
{
    const ptrdiff_t size = (ptrdiff_t)drop_size(w->job->task.dtype);
    drop_axis shared[DROP_MAX_AXES];
    int found = 0;
    w->along = (drop_axis){1, size, size, size, 1};
    w->inner = axes ? axis[axes - 1] : w->along;
    w->blocks = w->inner.mask > 1;
    w->axis = axis;
    w->outers = w->shareds = 0;
    for (int i = 0; i < axes - 1; i++) {
        if (w->blocks && !found && axis[i].mask == 1) {
            w->along = axis[i];
            found = 1;
        }
        else if (axis[i].mask) {
            axis[w->outers++] = axis[i];
        }
        else {
            shared[w->shareds++] = axis[i];
        }
    }
    for (int i = 0; i < w->shareds; i++) {
        axis[w->outers + i] = shared[i];
    }
}

void
drop_job_draw(drop_job *job, uint64_t key, uint64_t threshold)
{
    drop_law_start(&job->law, key, threshold);
    job->given = NULL;
    job->index = 0;
}

int
drop_walk(drop_job *job)
{
    walk w;
    w.job = job;
    w.work = 0;
    for (int i = 0; i < job->axes; i++) {
        if (job->axis[i].n == 0) {
            return 0;
        }
    }
    drop_axes_sort(job->axis, job->axes);
    job->axes = drop_axes_join(job->axis, job->axes);
    drop_source_start(&w.source, job->task.kernels, &job->law, job->given,
                      job->index);
    plan(&w, job->axis, job->axes);
    int status = each(&w, w.axis, w.outers, (position){job->run, job->index},
                      w.blocks ? do_blocks : do_row);
    if (job->task.how & DROP_STREAM) {
        job->task.kernels->fence();
    }
    return status;
}
