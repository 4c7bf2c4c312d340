/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/masked_matmul.h"

#include "array/draw.h"
#include "array/run.h"
#include "base/bit_writer.h"
#include "base/threads.h"

/* The size of a tile: JUMPS places of the axis with the longer stride in the
 * mask, ROWS of the one along which rows of bits are contiguous, and at most
 * RANGE_BITS bits in one contiguous range. 16 samples use each weight that is
 * loaded. 32 KiB of bits stay in the cache: twice or half as many take 5 to 15
 * % more time. Sums over outputs have DROP_WORD lanes each. The lanes take
 * half of the room for bits, since a small stack has no more room, and leave
 * fewer rows. */
enum { JUMPS = 16, ROWS = DROP_MATMUL_DEPTH, RANGE_BITS = 16384 };
enum {
    ROW_BYTES = RANGE_BITS / 8 + 4 * ROWS,
    TRANSPOSED_RANGE = RANGE_BITS / 2
};
enum { LANES_BYTES = 16384, TRANSPOSED_MOST = 8 };

_Static_assert((int)JUMPS <= (int)DROP_MATMUL_DEPTH, "a tile is no deeper");
_Static_assert(LANES_BYTES +
                       JUMPS * (TRANSPOSED_RANGE / 8 + 4 * TRANSPOSED_MOST) <=
                   JUMPS * ROW_BYTES,
               "lanes and bits have room");

/* What one row of bits costs, in products: its bits may lie in a segment of
 * their own. */
#define BITS_ROW_WORK 512

typedef struct {
    const drop_kernels *kernels;
    drop_sampler sampler;
    size_t row; /* bytes of a row of bits */
    uint8_t *bits;
    char room[JUMPS * ROW_BYTES + DROP_BITS_PAD]; /* lanes, and bits */
    uint8_t drawn[(RANGE_BITS + (1 + DROP_MAX_LANES) * DROP_SEGMENT) / 8 +
                  DROP_BITS_PAD];
} drawing;

/* The bytes of a sum's lanes. */
static size_t
lanes_bytes(const drop_masked_matmul *job)
{
    return DROP_WORD * drop_size(job->dtype);
}

/* The most bits in one contiguous range of a tile. */
static size_t
range_bits(const drop_masked_matmul *job)
{
    return job->transposed ? TRANSPOSED_RANGE : RANGE_BITS;
}

/* Rows of bits in a tile. */
static size_t
rows_of(const drop_masked_matmul *job)
{
    size_t rows = range_bits(job) / job->width, most = ROWS;
    if (job->transposed) {
        most =
            least(LANES_BYTES / (JUMPS * lanes_bytes(job)), TRANSPOSED_MOST);
    }
    return rows == 0 ? 1 : least(rows, most);
}

/* Draws the bits of a tile: at each of jumps places some rows, which are
 * contiguous in the mask and are copied so that each begins at a byte. */
static void
draw_tile(drawing *d, uint64_t index, uint64_t jump, size_t jumps, size_t rows,
          size_t width)
{
    uint8_t *to = d->bits;
    /* No power of two, at which rows would share few sets of the cache */
    d->row = (width / DROP_WORD + 1) * (DROP_WORD / 8);
    for (size_t i = 0; i < jumps; i++) {
        size_t offset = drop_draw_range(d->kernels, &d->sampler, d->drawn,
                                        index + i * jump, rows * width);
        for (size_t row = 0; row < rows; row++, to += d->row) {
            drop_writer writer = {to, 0, 0};
            drop_bits_copy(&writer, d->drawn, offset + row * width, width);
            drop_bits_end(&writer);
        }
    }
}

/* Where a tile begins, and its lengths. */
typedef struct {
    size_t sample, samples, k, depth, output, width;
} tile_extent;

static void
do_tile(const drop_masked_matmul *job, drawing *d, tile_extent at)
{
    const drop_side *s = &job->sample, *k = &job->k;
    const size_t output = at.output * drop_size(job->dtype);
    uint64_t index = job->index + at.output;
    index += at.sample * s->mask + at.k * k->mask;
    drop_matmul_tile tile = {.samples = at.samples,
                             .depth = at.depth,
                             .width = at.width,
                             .sum = s->sum,
                             .a = s->a,
                             .a_k = k->a,
                             .m = k->m};
    if (job->rows_are_samples) {
        draw_tile(d, index, k->mask, at.depth, at.samples, at.width);
        tile.bits = d->row;
        tile.bits_k = at.samples * d->row;
    }
    else {
        draw_tile(d, index, s->mask, at.samples, at.depth, at.width);
        tile.bits = at.depth * d->row;
        tile.bits_k = d->row;
    }
    const char *a = job->a + (ptrdiff_t)at.sample * s->a;
    const char *m = job->m + (ptrdiff_t)at.k * k->m + output;
    if (job->transposed) {
        tile.sum = (ptrdiff_t)(at.depth * lanes_bytes(job));
        job->kernels->matmul_t[job->dtype](d->room, a + output, m, d->bits,
                                           &tile);
    }
    else {
        char *sum = job->sum + (ptrdiff_t)at.sample * s->sum + output;
        a += (ptrdiff_t)at.k * k->a;
        job->kernels->matmul[job->dtype](sum, a, m, d->bits, &tile);
    }
}

/* Adds up lanes of float32 or float64 in halves. */
#define ADD_LANES(real)                          \
    do {                                         \
        real lane[DROP_WORD];                    \
        memcpy(lane, lanes, sizeof lane);        \
        for (int n = DROP_WORD / 2; n; n /= 2) { \
            for (int l = 0; l < n; l++) {        \
                lane[l] += lane[l + n];          \
            }                                    \
        }                                        \
        memcpy(sum, lane, sizeof *lane);         \
    } while (0)

static void
add_lanes(const drop_masked_matmul *job, tile_extent at, const char *lanes)
{
    for (size_t s = 0; s < at.samples; s++) {
        for (size_t k = 0; k < at.depth; k++, lanes += lanes_bytes(job)) {
            char *sum = job->sum +
                        (ptrdiff_t)(at.sample + s) * job->sample.sum +
                        (ptrdiff_t)(at.k + k) * job->k.sum;
            if (job->dtype == DROP_F32) {
                ADD_LANES(float);
            }
            else {
                ADD_LANES(double);
            }
        }
    }
}

/* The sums of some samples. */
static int
do_task(const void *work, size_t i, drop_interrupt interrupt)
{
    const drop_masked_matmul *job = work;
    drawing d;
    d.kernels = job->kernels;
    d.sampler = job->sampler;
    d.bits = (uint8_t *)d.room + (job->transposed ? LANES_BYTES : 0);
    tile_extent at = {.sample = i * job->step};
    int status = 0;
    at.samples = least(job->step, job->sample.n - at.sample);
    for (; at.k < job->k.n && !status; at.k += at.depth) {
        at.depth = least(job->rows_are_samples ? JUMPS : rows_of(job),
                         job->k.n - at.k);
        memset(d.room, 0,
               job->transposed ? at.samples * at.depth * lanes_bytes(job) : 0);
        for (at.output = 0; at.output < job->width && !status;
             at.output += at.width) {
            at.width = least(range_bits(job), job->width - at.output);
            do_tile(job, &d, at);
            status = drop_poll(interrupt);
        }
        if (job->transposed) {
            add_lanes(job, at, d.room);
        }
    }
    return status;
}

size_t
drop_masked_matmul_size(const drop_masked_matmul *job)
{
    return job->sample.n * job->k.n * job->width;
}

size_t
drop_masked_matmul_work(const drop_masked_matmul *job)
{
    return job->sample.n * job->k.n * (job->width + BITS_ROW_WORK);
}

int
drop_masked_matmul_run(drop_masked_matmul *job, int threads,
                       drop_interrupt interrupt)
{
    if (drop_masked_matmul_size(job) == 0) {
        return 0;
    }
    job->rows_are_samples = job->sample.mask == job->width;
    if (drop_masked_matmul_size(job) < DROP_MIN_ELEMENTS_FOR_THREADS) {
        threads = 1;
    }
    size_t per_thread =
        (job->sample.n + (size_t)threads - 1) / (size_t)threads;
    job->step =
        least(job->rows_are_samples ? rows_of(job) : JUMPS, per_thread);
    size_t count = (job->sample.n + job->step - 1) / job->step;
    return drop_run_tasks(do_task, job, count, threads, interrupt);
}
