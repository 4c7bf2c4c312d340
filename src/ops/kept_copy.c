/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops/kept_copy.h"

#include "array/strided_run.h"
#include "base/mem.h"

/* The innermost axis is inner unless samples lie closer together than its
 * places. */
void
drop_kept_axes(drop_kept_copy *c, const drop_axis *axis, int axes, size_t size)
{
    const ptrdiff_t item = (ptrdiff_t)size;
    const size_t sample = drop_magnitude(c->out.place + c->out.rank);
    c->inner = (drop_axis){.n = 1, .out = item, .x = item};
    for (int i = 0; i < axes; i++) {
        c->axis[i] = (drop_axis){axis[i].n, axis[i].out, axis[i].x, 0, 0};
    }
    drop_axes_sort(c->axis, axes);
    c->axes = drop_axes_coalesce(c->axis, axes);
    if (c->axes && drop_magnitude(c->axis[c->axes - 1].out) <= sample) {
        c->inner = c->axis[--c->axes];
    }
    c->size = size;
    if (c->inner.out == item && c->inner.x == item) {
        c->size *= c->inner.n;
        c->inner.n = 1;
    }
}

/* The bytes to the next sample, from one whose bit is keep. */
DROP_INLINE ptrdiff_t
step_from(drop_sample_step step, uint32_t keep)
{
    return step.place + (step.rank & -(ptrdiff_t)keep);
}

/* Copies the kept ones of n samples at one place of the axes. size is a
 * constant, or 0 where it is not a usual one. Samples of a usual size are
 * copied without a branch: a dropped one to where the next kept one goes, or
 * from where it comes, which there is, since the last of the n is kept. */
DROP_INLINE void
copy_samples(const drop_kept_copy *c, char *out, const char *x, size_t offset,
             size_t n, size_t size)
{
    const drop_sample_step out_step = c->out, x_step = c->x;
    for (size_t i = 0; i < n; i += 32) {
        uint32_t bits = load_bits32(c->bits, offset + i);
        for (size_t left = least(n - i, 32); left--; bits >>= 1) {
            if (size) {
                memcpy(out, x, size);
            }
            else if (bits & 1 && c->inner.n == 1) {
                memcpy(out, x, c->size);
            }
            else if (bits & 1) {
                drop_strided_copy(out, c->inner.out, x, c->inner.x, c->inner.n,
                                  (ptrdiff_t)c->size);
            }
            out += step_from(out_step, bits & 1);
            x += step_from(x_step, bits & 1);
        }
    }
}

static void
copy_items(const drop_kept_copy *c, char *out, const char *x, size_t offset,
           size_t n)
{
#define CASE(size)                                \
    case size:                                    \
        copy_samples(c, out, x, offset, n, size); \
        break
    switch (c->inner.n == 1 ? c->size : 0) {
        CASE(1);
        CASE(2);
        CASE(4);
        CASE(8);
        CASE(16);
        CASE(32);
        CASE(64);
    default:
        copy_samples(c, out, x, offset, n, 0);
    }
#undef CASE
}

/* The same at all places of the axes from one on. */
static void
copy_places(const drop_kept_copy *c, int axis, char *out, const char *x,
            size_t offset, size_t n)
{
    if (axis == c->axes) {
        copy_items(c, out, x, offset, n);
        return;
    }
    for (size_t i = 0; i < c->axis[axis].n; i++) {
        copy_places(c, axis + 1, out, x, offset, n);
        out += c->axis[axis].out;
        x += c->axis[axis].x;
    }
}

size_t
drop_copy_kept(const drop_kept_copy *c, char *out, const char *x,
               size_t offset, size_t n)
{
    size_t kept = 0, end = 0;
    for (size_t i = 0; i < n; i += 32) {
        uint32_t bits = load_bits32(c->bits, offset + i);
        bits &= n - i < 32 ? (UINT32_C(1) << (n - i)) - 1 : UINT32_MAX;
        kept += (size_t)__builtin_popcount(bits);
        end = bits ? i + 32 - (size_t)__builtin_clz(bits) : end;
    }
    copy_places(c, 0, out, x, offset, end);
    return kept;
}
