/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/traverse.h"

#include "array/mask_reader.h"
#include "base/bit_writer.h"

typedef struct {
    drop_mask_reader reader;
    drop_writer writer;
    drop_interrupt interrupt;
    size_t work;
} packing;

static int
count_work(packing *p, size_t n)
{
    p->work += n;
    if (p->work < DROP_POLL_EVERY) {
        return 0;
    }
    p->work = 0;
    return drop_poll(p->interrupt);
}

/* Appends the bits of a long row. */
static int
pack_row(packing *p, uint64_t index, size_t n)
{
    int status = 0;
    for (size_t i = 0; i < n && !status;) {
        drop_bit_span some =
            drop_mask_reader_get(&p->reader, index + i, n - i);
        drop_bits_copy(&p->writer, some.bits, some.offset, some.n);
        i += some.n;
        status = count_work(p, some.n);
    }
    return status;
}

/* Appends the bits of rows along the last two axes. */
static int
pack_rows(packing *p, uint64_t index, const drop_axis *along, size_t n)
{
    const size_t most = DROP_POLL_EVERY / DROP_SEGMENT;
    int status = 0;
    for (size_t i = 0, rows; i < along->n && !status; i += rows) {
        const uint64_t first = index + i * along->mask;
        if (n > DROP_ROW_MOST) {
            rows = 1;
            status = pack_row(p, first, n);
        }
        else {
            rows = along->n - i < most ? along->n - i : most;
            drop_mask_reader_rows(&p->reader, &p->writer, first, along->mask,
                                  rows, n);
            status = count_work(p, rows * (n + DROP_SEGMENT));
        }
    }
    return status;
}

static int
pack_axes(packing *p, uint64_t index, const drop_axis *axis, int axes,
          size_t n)
{
    int status = 0;
    if (axes == 1) {
        return pack_rows(p, index, axis, n);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = pack_axes(p, index + i * axis->mask, axis + 1, axes - 1, n);
    }
    return status;
}

int
drop_pack(drop_job *job, uint8_t *to, drop_interrupt interrupt)
{
    packing p = {.writer = {to, 0, 0}, .interrupt = interrupt};
    const drop_axis single = {.n = 1, .mask = 1};
    if (drop_job_size(job) == 0) {
        return 0;
    }
    drop_mask_reader_start(&p.reader, job->op.kernels, &job->sampler,
                           job->given, job->index);
    int axes = drop_axes_coalesce(job->axis, job->axes);
    size_t n = 1;
    if (axes && job->axis[axes - 1].mask == 1) {
        n = job->axis[--axes].n;
    }
    if (axes == 0) {
        job->axis[axes++] = single;
    }
    int status = pack_axes(&p, job->index, job->axis, axes, n);
    drop_bits_end(&p.writer);
    return status;
}
