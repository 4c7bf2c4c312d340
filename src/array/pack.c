/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/pack.h"

static int
pack_row(drop_packer *p, uint64_t index, size_t n)
{
    int status = 0;
    for (size_t i = 0; i < n && !status;) {
        drop_bit_span some =
            drop_mask_reader_get(&p->reader, index + i, n - i);
        drop_bits_copy(&p->writer, some.bits, some.offset, some.n);
        i += some.n;
        status = drop_count_work(&p->poller, some.n);
    }
    return status;
}

int
drop_pack_rows(drop_packer *p, uint64_t index, uint64_t stride, size_t rows,
               size_t n)
{
    const size_t work = n + DROP_SEGMENT, most = DROP_POLL_EVERY / work + 1;
    int status = 0;
    for (size_t i = 0, some; i < rows && !status; i += some) {
        const uint64_t first = index + i * stride;
        if (rows == 1 || n > DROP_ROW_MOST) {
            some = 1;
            status = pack_row(p, first, n);
        }
        else {
            some = least(rows - i, most);
            drop_mask_reader_rows(&p->reader, &p->writer, first, stride, some,
                                  n);
            status = drop_count_work(&p->poller, some * work);
        }
    }
    return status;
}

static int
pack_axes(drop_packer *p, uint64_t index, const drop_axis *axis, int axes,
          size_t n)
{
    int status = 0;
    if (axes == 1) {
        return drop_pack_rows(p, index, axis->mask, axis->n, n);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = pack_axes(p, index + i * axis->mask, axis + 1, axes - 1, n);
    }
    return status;
}

int
drop_pack(drop_job *job, uint8_t *to, drop_interrupt interrupt)
{
    drop_packer p = {.writer = {to, 0, 0}, .poller = {interrupt, 0}};
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
