/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/axes.h"

int
drop_axes_contiguous(const drop_axis *a, const drop_axis *b)
{
    ptrdiff_t n = (ptrdiff_t)b->n;
    return a->out == b->out * n && a->x == b->x * n && a->r == b->r * n;
}

int
drop_axes_coalesce(drop_axis *axis, int axes)
{
    int kept = 0;
    for (int i = 0; i < axes; i++) {
        drop_axis next = axis[i];
        if (next.n == 1) {
            continue;
        }
        if (kept && drop_axes_contiguous(&axis[kept - 1], &next) &&
            axis[kept - 1].mask == next.mask * next.n) {
            next.n *= axis[--kept].n;
        }
        axis[kept++] = next;
    }
    return kept;
}

static int
is_outer(const drop_axis *a, const drop_axis *b)
{
    if (drop_magnitude(a->out) != drop_magnitude(b->out)) {
        return drop_magnitude(a->out) > drop_magnitude(b->out);
    }
    return drop_magnitude(a->x) > drop_magnitude(b->x);
}

void
drop_axes_sort(drop_axis *axis, int axes)
{
    for (int i = 1; i < axes; i++) {
        drop_axis next = axis[i];
        int j = i;
        for (; j && is_outer(&next, &axis[j - 1]); j--) {
            axis[j] = axis[j - 1];
        }
        axis[j] = next;
    }
}
