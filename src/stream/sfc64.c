/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream/sfc64.h"

#include "stream/philox.h"

drop_sfc64
drop_sfc64_seed(uint64_t key, uint64_t segment)
{
    uint32_t counter[4] = {(uint32_t)segment, (uint32_t)(segment >> 32), 0,
                           DROP_MASKS};
    uint32_t first[4], second[4];
    drop_philox(first, counter, key);
    counter[2] = 1;
    drop_philox(second, counter, key);
    return (drop_sfc64){.a = first[0] | (uint64_t)first[1] << 32,
                        .b = first[2] | (uint64_t)first[3] << 32,
                        .c = second[0] | (uint64_t)second[1] << 32,
                        .n = 1};
}

uint64_t
drop_sfc64_next(drop_sfc64 *s)
{
    uint64_t output = s->a + s->b + s->n++;
    s->a = s->b ^ s->b >> 11;
    s->b = s->c + (s->c << 3);
    s->c = (s->c << 24 | s->c >> 40) + output;
    return output;
}

uint64_t
drop_uniform(uint64_t key, uint64_t index)
{
    drop_sfc64 state = drop_sfc64_seed(key, index / DROP_SEGMENT);
    const unsigned word = index / 64 % DROP_SEGMENT_WORDS, bit = index % 64;
    uint64_t uniform = 0;
    for (unsigned s = 0; s < DROP_PLANES * DROP_SEGMENT_WORDS; s++) {
        uint64_t output = drop_sfc64_next(&state);
        if (s % DROP_SEGMENT_WORDS == word) {
            uniform = uniform << 1 | (output >> bit & 1);
        }
    }
    return uniform;
}
