/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/run.h"

#include "array/draw.h"

#include <string.h>

size_t
drop_size(drop_dtype dtype)
{
    static const uint8_t sizes[DROP_DTYPES] = {
#define SIZE(name, prefix, bytes, ...) [DROP_##name] = bytes,
        DROP_DTYPE_ROWS(SIZE) DROP_ITEM_ROWS(SIZE)
#undef SIZE
    };
    return sizes[dtype];
}

/* What is still to be applied of a span of bits, and its memory. */
typedef struct {
    const drop_operation *op;
    drop_run run;
    const uint8_t *bits;
    size_t offset, n;
} pending;

static void
apply(pending *p, size_t n, int hints)
{
    const drop_operation *op = p->op;
    size_t bytes = n * drop_size(op->dtype);
    op->kernels->apply[op->dtype](p->run.out, p->run.x, p->run.r, p->bits,
                                  p->offset, n, &op->affine, hints);
    p->run.out += bytes;
    p->run.x += bytes;
    if (p->run.r) {
        p->run.r += bytes;
    }
    p->offset += n;
    p->n -= n;
}

/* Applies the first elements up to where out is aligned, if it can be. Returns
 * the hints for the rest. */
static int
peel_to_alignment(pending *p)
{
    size_t size = drop_size(p->op->dtype);
    size_t bytes = -(uintptr_t)p->run.out % DROP_ALIGN;
    int hints = p->op->hints;
    if (bytes % size || bytes / size > p->n) {
        return hints & ~DROP_NONTEMPORAL;
    }
    if (bytes) {
        apply(p, bytes / size, 0);
    }
    return hints;
}

void
drop_run_apply(const drop_operation *op, drop_run run, const uint8_t *bits,
               size_t offset, size_t n)
{
    pending p = {op, run, bits, offset, n};
    int hints =
        op->hints & DROP_NONTEMPORAL ? peel_to_alignment(&p) : op->hints;
    apply(&p, p.n, hints);
}

void
drop_run_apply_cached(const drop_operation *op, drop_run run,
                      const uint8_t *bits, size_t offset, size_t n)
{
    pending p = {op, run, bits, offset, n};
    apply(&p, n, 0);
}

/* A tile's bits, preceded by the last bits of the tile before it: bits of
 * elements that did not fill a word there, and are applied with this tile. */
typedef struct {
    uint8_t carried[8], bits[DROP_TILE / 8], pad[DROP_BITS_PAD];
} tile;

typedef struct {
    pending pending;
    int hints;
} pacing;

/* Applies as many of the elements that are left as keeps pace with the
 * drawing. */
static void
apply_in_pace(void *context, size_t done, size_t total)
{
    pacing *p = context;
    size_t n = p->pending.n / (total - done) / DROP_WORD * DROP_WORD;
    if (n) {
        apply(&p->pending, n, p->hints);
    }
}

void
drop_draw_and_apply(const drop_operation *op, drop_run run,
                    const drop_sampler *sampler, uint64_t index, size_t n)
{
    _Alignas(64) tile tiles[2];
    tile *now = &tiles[0], *next = &tiles[1];
    size_t room = DROP_TILE - index % DROP_TILE, some = least(n, room);
    uint64_t first =
        drop_draw(op->kernels, sampler, now->bits, index, some, NULL, NULL);
    pacing p = {{op, run, now->bits, (size_t)(index - first), some}, 0};
    /* In a cache one tile is too short for its alignment to matter. */
    p.hints = n > DROP_TILE || op->hints ? peel_to_alignment(&p.pending) : 0;
    /* From here on offsets count from the carried bits. */
    size_t end = p.pending.offset + p.pending.n;
    while (n -= some) {
        size_t rest = p.pending.n % DROP_WORD;
        memcpy(next->carried, now->bits + end / 8 - 8, 8);
        p.pending.n -= rest;
        index += some;
        some = least(n, DROP_TILE);
        drop_draw(op->kernels, sampler, next->bits, index, some,
                  p.hints & DROP_PREFETCH ? apply_in_pace : NULL, &p);
        apply(&p.pending, p.pending.n, p.hints);
        p.pending.bits = next->carried;
        p.pending.offset = 64 - rest;
        p.pending.n = rest + some;
        end = DROP_TILE;
        tile *swap = now;
        now = next;
        next = swap;
    }
    apply(&p.pending, p.pending.n, p.hints);
}
