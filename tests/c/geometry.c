/* SPDX-License-Identifier: BSD-3-Clause */
#include "geometry.h"

#include "check.h"
#include "uniform.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

/* Places on each axis, one after the other as in an odometer. */
typedef struct {
    size_t at[GEOMETRY_AXES];
} places;

static void
next(const drop_job *job, places *p)
{
    for (int i = job->axes; i-- && ++p->at[i] == job->axis[i].n;) {
        p->at[i] = 0;
    }
}

static uint64_t
index_of(const drop_job *job, const places *p)
{
    uint64_t index = job->index;
    for (int i = 0; i < job->axes; i++) {
        index += p->at[i] * job->axis[i].mask;
    }
    return index;
}

static ptrdiff_t
offset_in(const array *a, const drop_job *job, const places *p)
{
    ptrdiff_t offset = a->cell - a->first;
    for (int i = 0; i < job->axes; i++) {
        offset += (ptrdiff_t)p->at[i] * a->stride[i];
    }
    return offset;
}

void
geometry_mask(const geometry *g, uint8_t *keep)
{
    places p = {{0}};
    for (size_t i = 0; i < g->cells; i++, next(&g->job, &p)) {
        uint64_t index = index_of(&g->job, &p);
        keep[i] = g->job.given ? g->job.given[index / 8] >> index % 8 & 1
                               : uniform(g->key, index) >= g->threshold;
    }
}

void
geometry_expect(const geometry *g, const uint8_t *keep, uint8_t *to)
{
    const drop_operation *op = &g->job.op;
    places p = {{0}};
    memcpy(to, g->out.first, g->out.bytes);
    for (size_t i = 0; i < g->cells; i++, next(&g->job, &p)) {
        const uint8_t *x = NULL, *r = NULL;
        if (op->dtype != DROP_BOOL) {
            x = g->x.first + offset_in(&g->x, &g->job, &p);
        }
        if (g->job.run.r) {
            r = g->r.first + offset_in(&g->r, &g->job, &p);
        }
        drop_affine affine = op->affine;
        if (g->job.factors) {
            const double factor = g->job.factors[index_of(&g->job, &p)];
            affine.a = g->job.are_rates ? 1 / (1 - factor) : factor;
        }
        value_result(op->dtype, to + offset_in(&g->out, &g->job, &p), x, r,
                     keep[i], &affine);
    }
}

void
geometry_fail(const geometry *g, const char *what, size_t at,
              uint64_t expected, uint64_t got)
{
    const drop_job *job = &g->job;
    fprintf(stderr,
            "%s, form %d, a %a, b %a, c %a, hints %d, key %016" PRIx64
            ", T %010" PRIx64 ", mask %s from %" PRIu64 "\n",
            value_names[job->op.dtype], job->op.affine.form, job->op.affine.a,
            job->op.affine.b, job->op.affine.c, job->op.hints, g->key,
            g->threshold, job->given ? "given" : "drawn", job->index);
    for (int i = 0; i < job->axes; i++) {
        const drop_axis *axis = &job->axis[i];
        fprintf(stderr,
                "axis %d: n %zu, out %td, x %td, r %td, mask %" PRIu64 "\n", i,
                axis->n, axis->out, axis->x, axis->r, axis->mask);
    }
    if (job->factors) {
        fprintf(stderr, "with %s\n", job->are_rates ? "rates" : "factors");
    }
    fprintf(stderr, "out %p, x %p, r %p\n", (const void *)job->run.out,
            (const void *)job->run.x, (const void *)job->run.r);
    fail("%s, at %zu: expected %" PRIx64 ", got %" PRIx64, what, at, expected,
         got);
}

void
geometry_compare(const geometry *g, const uint8_t *expected, const char *what)
{
    const drop_dtype dtype = g->job.op.dtype;
    const size_t size = drop_size(dtype);
    uint8_t *left = malloc(g->out.bytes + 1);
    places p = {{0}};
    memcpy(left, g->out.first, g->out.bytes);
    for (size_t i = 0; i < g->cells; i++, next(&g->job, &p)) {
        size_t at = (size_t)offset_in(&g->out, &g->job, &p);
        if (!value_same(dtype, left + at, expected + at)) {
            geometry_fail(g, what, i, value_bits(dtype, expected + at),
                          value_bits(dtype, left + at));
        }
        memcpy(left + at, expected + at, size);
    }
    for (size_t i = 0; i < g->out.bytes; i++) {
        if (left[i] != expected[i]) {
            geometry_fail(g, "byte between the cells", i, expected[i],
                          left[i]);
        }
    }
    free(left);
    if (!guard_is_clean(g->out.pages, g->out.first, g->out.bytes)) {
        geometry_fail(g, "byte around out", 0, CANARY, 0);
    }
    checks++;
}
