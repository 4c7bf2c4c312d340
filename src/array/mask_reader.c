/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/mask_reader.h"

void
drop_source_start(drop_source *source, const drop_kernels *kernels,
                  drop_sampler *sampler, const uint8_t *given, uint64_t index)
{
    source->kernels = kernels;
    source->sampler = sampler;
    source->given = given;
    source->first = index - DROP_TILE; /* far from going on */
    source->n = 0;
}

drop_stretch
drop_source_get(drop_source *source, uint64_t index, size_t n)
{
    if (source->given) {
        return (drop_stretch){source->given + index / 8, index % 8, n};
    }
    size_t room = DROP_TILE - index % DROP_TILE;
    if (n > room) {
        n = room;
    }
    uint64_t at = index - source->first;
    if (at + n > source->n || at >= source->n) {
        /* Who asks for what comes next will go on: draw the whole tile. */
        size_t some = at - source->n < DROP_BATCH ? room : n;
        source->first = drop_draw(source->kernels, source->sampler,
                                  source->bits, index, some, NULL, NULL);
        at = index - source->first;
        source->n = at + some;
    }
    return (drop_stretch){source->bits, (size_t)at, n};
}
