/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments: the generators of the mask stream. 512 neighbouring elements have
 * an SFC64 of their own (Doty-Humphrey's small fast chaotic generator), which
 * Philox seeds, and so any segment can be drawn without the others.
 */
#ifndef DROP_STREAM_SFC64_H
#define DROP_STREAM_SFC64_H

#include <stdint.h>

/* Elements of a segment, and the 64-bit outputs that give each of them a bit.
 */
enum { DROP_SEGMENT = 512, DROP_SEGMENT_WORDS = DROP_SEGMENT / 64 };

/* Bits of an element's uniform, the most significant first. Plane j has bit
 * 39-j of all: outputs 8*j to 8*j+7 of each segment. */
enum { DROP_PLANES = 40 };
#define DROP_ONE (UINT64_C(1) << DROP_PLANES)

typedef struct {
    uint64_t a, b, c, n;
} drop_sfc64;

drop_sfc64 drop_sfc64_seed(uint64_t key, uint64_t segment);

uint64_t drop_sfc64_next(drop_sfc64 *state);

/* The 40-bit uniform of element index, bit by bit: the definition, which the
 * kernels have to match. */
uint64_t drop_uniform(uint64_t key, uint64_t index);

#endif
