/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bit_writer.h"
#include "array/mask_reader.h"
#include "array/traverse.h"

typedef struct {
    const drop_job *job;
    drop_mask_reader reader;
    drop_writer writer;
    size_t work;
} packing;

/* Appends n bits; places that are not neighbours in the mask come singly, and
 * a segment may be drawn for each. */
static int
pack_row(packing *p, uint64_t index, const drop_axis *axis)
{
    for (size_t i = 0; i < axis->n;) {
        drop_bit_span some =
            drop_mask_reader_get(&p->reader, index + i * axis->mask,
                                 axis->mask == 1 ? axis->n - i : 1);
        drop_bits_copy(&p->writer, some.bits, some.offset, some.n);
        i += some.n;
        p->work += some.n < DROP_SEGMENT ? DROP_SEGMENT : some.n;
        if (p->work >= DROP_POLL_EVERY) {
            p->work = 0;
            int status = drop_poll(p->job->interrupt);
            if (status) {
                return status;
            }
        }
    }
    return 0;
}

static int
pack_axes(packing *p, uint64_t index, const drop_axis *axis, int axes)
{
    int status = 0;
    if (axes == 1) {
        return pack_row(p, index, axis);
    }
    for (size_t i = 0; i < axis->n && !status; i++) {
        status = pack_axes(p, index + i * axis->mask, axis + 1, axes - 1);
    }
    return status;
}

int
drop_pack(drop_job *job, uint8_t *to)
{
    packing p;
    p.job = job;
    p.writer = (drop_writer){to, 0, 0};
    p.work = 0;
    drop_mask_reader_start(&p.reader, job->op.kernels, &job->sampler,
                           job->given, job->index);
    job->axes = drop_axes_coalesce(job->axis, job->axes);
    if (job->axes == 0) {
        job->axis[job->axes++] = (drop_axis){.n = 1, .mask = 1};
    }
    int status = pack_axes(&p, job->index, job->axis, job->axes);
    drop_bits_end(&p.writer);
    return status;
}
