/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What decides a mask, key and threshold, made ready for the kernels.
 */
#ifndef DROP_STREAM_SAMPLER_H
#define DROP_STREAM_SAMPLER_H

#include "stream/philox.h"

/* Bits 39..32 of a uniform are its planes 0..7, the rest is its tail. */
enum { DROP_PLANES = 8, DROP_TAIL = 8 };
#define DROP_ONE (UINT64_C(1) << 40)

/* The part of a plane's first two rounds that is one for a whole vector of
 * groups with the same high counter word. */
typedef struct {
    uint64_t c0, c2, c3;
} drop_plane;

typedef struct {
    uint64_t key;
    uint64_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS]; /* 32-bit round keys */
    uint64_t below;  /* keep bits of elements equal to T in all planes drawn */
    uint32_t tail;   /* T's bits 31..0; 0: no element needs a tail */
    unsigned top;    /* T's bits 39..32, one a plane, plane 0 the highest */
    unsigned needed; /* planes 0..needed-1 are drawn */
    uint32_t high;   /* high word of the group numbers that planes is for */
    drop_plane planes[DROP_PLANES];
} drop_sampler;

/* Elements are dropped iff U(i) < threshold, which is in [0, DROP_ONE]. */
void drop_sampler_start(drop_sampler *sampler, uint64_t key,
                        uint64_t threshold);

/* What plane j, or any c2, does to counters with this high word. */
drop_plane drop_sampler_plane(const drop_sampler *sampler, uint32_t c2,
                              uint32_t high);

/* Makes sampler ready for groups whose number has this high word. */
void drop_sampler_enter(drop_sampler *sampler, uint32_t high);

/* The 40-bit uniform of element index. */
uint64_t drop_uniform(uint64_t key, uint64_t index);

#endif
