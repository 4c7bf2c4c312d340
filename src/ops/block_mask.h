/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DropBlock's masks: seeds are drawn, and each drops a block of cells of which
 * it is the lowest corner.
 */
#ifndef DROP_OPS_BLOCK_MASK_H
#define DROP_OPS_BLOCK_MASK_H

#include "kernels/kernels.h"
#include "base/interrupt.h"

#define DROP_BLOCK_MASK_AXES 8

/* An axis of cells, with cells - block + 1 seeds, one for each place where a
 * block fits; 0 < block <= cells. */
typedef struct {
    size_t cells, block;
    uint64_t stride; /* of the seeds' index; 1 on the last axis */
} drop_extent;

typedef struct {
    const drop_kernels *kernels;
    drop_sampler sampler;
    uint64_t index; /* of the first seed */
    int axes;       /* at most DROP_BLOCK_MASK_AXES */
    drop_extent axis[DROP_BLOCK_MASK_AXES];
    uint8_t *to;   /* bits of all cells in C order; whole words, which are 0
                    * before */
    uint64_t kept; /* set by drop_block_mask_draw: the bits that are 1 */
} drop_block_mask;

/* The number of cells. */
size_t drop_block_mask_size(const drop_block_mask *map);

/* What the map costs, in cells of long rows. */
size_t drop_block_mask_work(const drop_block_mask *map);

/* Writes the keep bits. Returns 0, or what interrupted it. */
int drop_block_mask_draw(drop_block_mask *map, drop_interrupt interrupt);

#endif
