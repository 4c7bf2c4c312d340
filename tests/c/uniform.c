/* SPDX-License-Identifier: BSD-3-Clause */
#include "uniform.h"

#include "stream/sfc64.h"

enum { OUTPUTS = DROP_PLANES * DROP_SEGMENT_WORDS, KEPT = 256 };

/* The outputs of a segment. */
typedef struct {
    int is_drawn;
    uint64_t key, segment, output[OUTPUTS];
} drawn;

static const uint64_t *
outputs(uint64_t key, uint64_t segment)
{
    static drawn kept[KEPT];
    drawn *d = &kept[segment % KEPT];
    if (!d->is_drawn || d->key != key || d->segment != segment) {
        drop_sfc64 state = drop_sfc64_seed(key, segment);
        for (int i = 0; i < OUTPUTS; i++) {
            d->output[i] = drop_sfc64_next(&state);
        }
        d->is_drawn = 1;
        d->key = key;
        d->segment = segment;
    }
    return d->output;
}

uint64_t
uniform(uint64_t key, uint64_t index)
{
    const uint64_t *output = outputs(key, index / DROP_SEGMENT);
    const unsigned word = index % DROP_SEGMENT / 64, bit = index % 64;
    uint64_t u = 0;
    for (int plane = 0; plane < DROP_PLANES; plane++) {
        u = u << 1 | (output[DROP_SEGMENT_WORDS * plane + word] >> bit & 1);
    }
    return u;
}
