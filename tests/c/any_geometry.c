/* SPDX-License-Identifier: BSD-3-Clause
 *
 * geometry_start: jobs by chance, all that differs between them by turns.
 * Their masks are of any_mask.c.
 */
#include "chance.h"
#include "check.h"
#include "geometry.h"
#include "value.h"

#include <string.h>

/* Around a byte, a word, a vector, a gather and a tile. */
static const size_t lengths[] = {2,    3,    5,    7,    8,    9,   16,   31,
                                 32,   33,   63,   64,   65,   127, 128,  129,
                                 255,  256,  257,  511,  512,  513, 1023, 1024,
                                 1025, 2048, 4095, 4096, 4097, 9000};

static void
choose_shape(geometry *g, size_t most)
{
    drop_job *job = &g->job;
    job->axes = (int)below(GEOMETRY_AXES + 1);
    g->cells = 1;
    for (int i = 0; i < job->axes; i++) {
        size_t room = most / (g->cells ? g->cells : 1);
        size_t n = one_in(3) ? 1 + below(12) : lengths[below(COUNT(lengths))];
        if (i == 0 && one_in(3)) {
            n = DROP_TILE + below(DROP_TILE);
        }
        if (n > room) {
            n = 1 + below(room < 9 ? room : 9);
        }
        job->axis[i] = (drop_axis){.n = one_in(100) ? 0 : n};
        g->cells *= job->axis[i].n;
    }
    for (int i = job->axes; i-- > 1;) {
        int j = (int)below((uint64_t)i + 1);
        drop_axis axis = job->axis[i];
        job->axis[i] = job->axis[j];
        job->axis[j] = axis;
    }
}

/* C order, or axes in any order and direction, with gaps of any bytes. */
static void
choose_strides(array *a, const drop_job *job, int reads)
{
    const int plain = one_in(2), backwards = one_in(3), gaps = one_in(3);
    int order[GEOMETRY_AXES];
    size_t step = drop_size(job->op.dtype);
    for (int i = 0; i < job->axes; i++) {
        order[i] = i;
    }
    for (int i = job->axes; i-- > 1 && !plain;) {
        int j = (int)below((uint64_t)i + 1), axis = order[i];
        order[i] = order[j];
        order[j] = axis;
    }
    for (int i = job->axes; i-- > 0;) {
        const int axis = order[i];
        if (gaps && one_in(3)) {
            step = one_in(4) ? step + below(4) : step * (1 + below(3));
        }
        a->stride[axis] = (ptrdiff_t)step;
        step *= job->axis[axis].n ? job->axis[axis].n : 1;
        if (backwards && one_in(2)) {
            a->stride[axis] = -a->stride[axis];
        }
        if (reads && gaps && one_in(4)) {
            a->stride[axis] = 0;
        }
    }
}

/* Pages for an array by its strides, and any bytes in it. */
static void
allocate(array *a, const drop_job *job)
{
    const size_t cells = drop_job_size(job);
    size_t before = 0, behind = 0;
    for (int i = 0; i < job->axes && cells; i++) {
        size_t steps = job->axis[i].n - 1;
        if (a->stride[i] < 0) {
            before += steps * (size_t)-a->stride[i];
        }
        else {
            behind += steps * (size_t)a->stride[i];
        }
    }
    a->bytes = cells ? before + behind + drop_size(job->op.dtype) : 0;
    a->pages = guard_new(a->bytes + 128);
    a->first = guard_put(a->pages, a->bytes, (guard_place)below(PLACES), 1);
    a->cell = a->first + before;
    any_bytes(a->first, a->bytes);
}

void
geometry_new_array(array *a, const drop_job *job)
{
    choose_strides(a, job, 0);
    allocate(a, job);
}

/* x or r with strides of its own, or out's, or out itself. */
static void
choose_operand(array *a, geometry *g, int alike)
{
    choose_strides(a, &g->job, 1);
    if (alike) {
        memcpy(a->stride, g->out.stride, sizeof a->stride);
    }
    if (g->job.op.dtype == DROP_BOOL || (alike && one_in(4))) {
        *a = g->out;
    }
    else {
        allocate(a, &g->job);
    }
}

static void
choose_memory(geometry *g)
{
    drop_job *job = &g->job;
    const int alike = one_in(2);
    geometry_new_array(&g->out, job);
    choose_operand(&g->x, g, alike);
    choose_operand(&g->r, g, alike);
    job->run = (drop_run){(char *)g->out.cell, (char *)g->x.cell, NULL};
    if (job->op.affine.form == DROP_RESIDUAL ||
        job->op.affine.form == DROP_REPLACE) {
        job->run.r = (char *)g->r.cell;
    }
    for (int i = 0; i < job->axes; i++) {
        job->axis[i].out = g->out.stride[i];
        job->axis[i].x = g->x.stride[i];
        job->axis[i].r = (job->run.r ? &g->r : &g->x)->stride[i];
    }
}

void
geometry_start(geometry *g, size_t most)
{
    drop_job *job = &g->job;
    const drop_dtype dtype = (drop_dtype)below(DROP_DTYPES);
    const drop_form form = value_form(dtype, any());
    job->op =
        (drop_operation){tested, dtype, any_affine(form), (int)below(4), 1};
    choose_shape(g, most);
    choose_memory(g);
    geometry_start_mask(g);
}

void
geometry_end(geometry *g)
{
    if (g->x.first != g->out.first) {
        guard_free(g->x.pages);
    }
    if (g->r.first != g->out.first) {
        guard_free(g->r.pages);
    }
    guard_free(g->out.pages);
    if (g->given.size) {
        guard_free(g->given);
    }
    if (g->factors.size) {
        guard_free(g->factors);
    }
}
