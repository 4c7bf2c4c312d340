/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/kept_rows.h"

#include "array/plan.h"
#include "base/mem.h"
#include "base/threads.h"

/* Bytes of samples that are copied together: they stay in L1, and fit a small
 * stack. Longer samples are not copied before they are added: neighbours with
 * the same bit are added together. */
#define TILE_BYTES 4096

/* Chunks of samples for each thread. */
#define CHUNKS 8

size_t
drop_kept_count(const drop_kept *kept, size_t n)
{
    const size_t words = n / 64, rest = n % 64;
    uint64_t last = rest ? load_le64(kept->bits + 8 * words) : 0;
    last &= (UINT64_C(1) << rest) - 1;
    return (size_t)kept->kernels->popcount(kept->bits, words) +
           (size_t)__builtin_popcountll(last);
}

/* What is done chunk by chunk, on one thread or on several. */
typedef struct {
    const drop_kept *kept;
    size_t step;  /* samples of a chunk */
    size_t bytes; /* of a sample */
    size_t tile;  /* samples that are copied together */
    const drop_kept_copy *copy;
    const drop_taking *taking;
    const drop_adding *adding;
} chunks;

static int
run_chunks(chunks *c, drop_task_fn *run, size_t work, int threads,
           drop_interrupt interrupt)
{
    const size_t n = c->kept->n;
    c->step = n;
    if (threads < 2 || work < DROP_MIN_ELEMENTS_FOR_THREADS) {
        return run(c, 0, interrupt);
    }
    c->step = n / (CHUNKS * (size_t)threads) + 1;
    return drop_run_tasks(run, c, (n + c->step - 1) / c->step, threads,
                          interrupt);
}

static int
take_chunk(const void *work, size_t chunk, drop_interrupt interrupt)
{
    const chunks *c = work;
    const drop_taking *job = c->taking;
    const size_t items = c->bytes / (size_t)job->size;
    size_t i = chunk * c->step, kept = drop_kept_count(c->kept, i);
    const size_t end = least(i + c->step, c->kept->n);
    drop_poller poller = {interrupt, 0};
    int status = 0;
    for (size_t n; i < end && !status; i += n) {
        n = least(end - i, c->tile);
        kept += drop_copy_kept(c->copy,
                               job->out + (ptrdiff_t)kept * job->sample.out,
                               job->x + (ptrdiff_t)i * job->sample.x, i, n);
        status = drop_count_work(&poller, n * items);
    }
    return status;
}

size_t
drop_taking_work(const drop_taking *job)
{
    size_t n = job->kept.n;
    for (int i = 0; i < job->axes; i++) {
        n *= job->axis[i].n;
    }
    return n;
}

int
drop_take_rows(const drop_taking *job, int threads, drop_interrupt interrupt)
{
    const size_t work = drop_taking_work(job);
    drop_kept_copy copy;
    chunks c = {.kept = &job->kept, .copy = &copy, .taking = job};
    if (work == 0) {
        return 0;
    }
    c.bytes = work / job->kept.n * (size_t)job->size;
    c.tile = c.bytes < TILE_BYTES / 64 ? TILE_BYTES / c.bytes : 64;
    copy.bits = job->kept.bits;
    copy.out = (drop_sample_step){0, job->sample.out};
    copy.x = (drop_sample_step){job->sample.x, 0};
    drop_kept_axes(&copy, job->axis, job->axes, (size_t)job->size);
    return run_chunks(&c, take_chunk, work, threads, interrupt);
}

/* Samples from i on, at most n, whose bits are equal. */
static size_t
count_alike(const uint8_t *given, size_t i, size_t n)
{
    uint32_t bits = load_bits32(given, i);
    bits = bits & 1 ? ~bits : bits;
    return least(n, bits ? (size_t)__builtin_ctz(bits) : 32);
}

/* Adds samples i..i+n-1 by a job for all. x is that of the kept ones, or NULL
 * where there are none. */
static int
add_samples(const drop_job *all, const char *x, size_t i, size_t n,
            drop_interrupt interrupt)
{
    drop_job job = *all;
    drop_plan plan;
    job.run.out += (ptrdiff_t)i * job.axis[0].out;
    job.run.r += (ptrdiff_t)i * job.axis[0].r;
    job.run.x = x ? x : job.run.r;
    job.index = i;
    job.axis[0].n = n;
    for (int a = 0; !x && a < job.axes; a++) {
        job.axis[a].x = job.axis[a].r;
    }
    drop_plan_make(&plan, &job);
    return drop_plan_run(&plan, (drop_cursor){job.run, job.index}, interrupt);
}

static int
add_chunk(const void *work, size_t chunk, drop_interrupt interrupt)
{
    const chunks *c = work;
    const drop_job *job = &c->adding->job;
    const size_t items = c->bytes / drop_size(job->op.dtype);
    _Alignas(64) char tile[TILE_BYTES] = {0};
    size_t i = chunk * c->step, kept = drop_kept_count(c->kept, i);
    const size_t end = least(i + c->step, c->kept->n);
    drop_poller poller = {interrupt, 0};
    int status = 0;
    for (size_t n; i < end && !status; i += n) {
        const char *x = job->run.x + (ptrdiff_t)kept * job->axis[0].x;
        if (c->tile) {
            n = least(end - i, c->tile);
            kept += drop_copy_kept(c->copy, tile, x, i, n);
            status = add_samples(&c->adding->from_tile, tile, i, n, interrupt);
        }
        else {
            const int keep = c->kept->bits[i / 8] >> i % 8 & 1;
            n = count_alike(c->kept->bits, i, end - i);
            kept += keep ? n : 0;
            status = add_samples(job, keep ? x : NULL, i, n, interrupt);
        }
        status = status ? status : drop_count_work(&poller, n * items);
    }
    return status;
}

/* Lets a job's x be a tile of some samples, whose axes are in the order of
 * x's, and copies be those of x to the tile. */
static void
set_tile(drop_kept_copy *c, drop_job *job, size_t samples)
{
    drop_axis axis[DROP_MAX_AXES];
    const size_t size = drop_size(job->op.dtype);
    ptrdiff_t stride = (ptrdiff_t)size;
    for (int i = 0; i < job->axes; i++) {
        axis[i] = (drop_axis){.n = i ? job->axis[i].n : samples,
                              .out = job->axis[i].x,
                              .mask = (uint64_t)i};
    }
    drop_axes_sort(axis, job->axes);
    c->x = (drop_sample_step){0, job->axis[0].x};
    for (int i = job->axes; i-- > 0;) {
        job->axis[axis[i].mask].x = stride;
        axis[i].x = axis[i].out;
        axis[i].out = stride;
        stride *= (ptrdiff_t)axis[i].n;
    }
    c->out = (drop_sample_step){job->axis[0].x, 0};
    for (int i = 0; i < job->axes; i++) {
        axis[i].n = axis[i].mask ? axis[i].n : 1;
    }
    drop_kept_axes(c, axis, job->axes, size);
}

int
drop_add_rows(drop_adding *adding, int threads, drop_interrupt interrupt)
{
    drop_job *job = &adding->job;
    const size_t work = drop_job_size(job);
    chunks c = {
        .kept = &adding->kept, .copy = &adding->copy, .adding = adding};
    if (work == 0) {
        return 0;
    }
    job->op.kernels = c.kept->kernels;
    job->given = c.kept->bits;
    job->factors = NULL;
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].mask = i == 0;
    }
    c.bytes = work / c.kept->n * drop_size(job->op.dtype);
    c.tile = c.bytes < TILE_BYTES ? TILE_BYTES / c.bytes : 0;
    adding->from_tile = *job;
    adding->copy.bits = c.kept->bits;
    set_tile(&adding->copy, &adding->from_tile, c.tile);
    return run_chunks(&c, add_chunk, work, threads, interrupt);
}
