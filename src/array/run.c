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

size_t
drop_tuple_size(const drop_operation *op)
{
    return op->width * drop_size(op->dtype);
}

/* What is still to be applied of a span of bits, and its memory. */
typedef struct {
    const drop_operation *op;
    drop_run run;
    const uint8_t *bits;
    size_t offset, n;
} pending;

static void
advance(pending *p, size_t n)
{
    const size_t bytes = n * drop_tuple_size(p->op);
    p->run.out += bytes;
    p->run.x += bytes;
    if (p->run.r) {
        p->run.r += bytes;
    }
    p->offset += n;
    p->n -= n;
}

/* Applies bits of tuples of one element. */
static void
apply_single(pending *p, size_t n, int hints)
{
    const drop_operation *op = p->op;
    op->kernels->apply[op->dtype](p->run.out, p->run.x, p->run.r, p->bits,
                                  p->offset, n, &op->affine, hints);
    advance(p, n);
}

/* Applies the first elements up to where out is aligned, if it can be. Returns
 * the hints for the rest. Longer tuples are aligned when they are applied. */
static int
peel_to_alignment(pending *p)
{
    size_t size = drop_size(p->op->dtype);
    size_t bytes = -(uintptr_t)p->run.out % DROP_ALIGN;
    int hints = p->op->hints;
    if (p->op->width > 1) {
        return hints;
    }
    if (bytes % size || bytes / size > p->n) {
        return hints & ~DROP_NONTEMPORAL;
    }
    if (bytes) {
        apply_single(p, bytes / size, 0);
    }
    return hints;
}

/* Repeats the bits of tuples for their elements, and applies them. */
static void
apply_tuples(const pending *p, size_t n, int hints)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    const size_t width = p->op->width, most = DROP_TILE / width;
    drop_operation op = *p->op;
    pending elements = {&op, p->run, bits, 0, 0};
    op.width = 1;
    op.hints = hints;
    for (size_t i = 0, some; i < n; i += some) {
        drop_writer writer = {bits, 0, 0};
        some = least(n - i, most);
        drop_bits_repeat(&writer, p->bits, p->offset + i, some, width);
        drop_bits_end(&writer);
        elements.offset = 0;
        elements.n = some * width;
        const int aligned =
            hints & DROP_NONTEMPORAL ? peel_to_alignment(&elements) : hints;
        apply_single(&elements, elements.n, aligned);
    }
}

static void
apply(pending *p, size_t n, int hints)
{
    if (p->op->width == 1) {
        apply_single(p, n, hints);
    }
    else {
        apply_tuples(p, n, hints);
        advance(p, n);
    }
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
