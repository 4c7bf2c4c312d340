/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What decides a mask: a key and a threshold, made ready for the kernels.
 */
#ifndef DROP_STREAM_SAMPLER_H
#define DROP_STREAM_SAMPLER_H

#include "stream/philox.h"
#include "stream/sfc64.h"

typedef struct {
    uint64_t key;
    uint64_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS]; /* 32-bit round keys */
    uint64_t threshold; /* T: elements with a uniform below it are dropped */
    unsigned planes; /* planes to draw until all are decided; 0 where all are
                      * kept or all dropped */
} drop_sampler;

/* T of a rate in [0, 1]: p * 2**40, rounded half to even. */
uint64_t drop_threshold(double p);

/* Elements are dropped iff U(i) < threshold, which is in [0, DROP_ONE]. */
void drop_sampler_start(drop_sampler *sampler, uint64_t key,
                        uint64_t threshold);

#endif
