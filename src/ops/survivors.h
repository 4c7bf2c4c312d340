/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which paths of a fractal join survive local sampling.
 */
#ifndef DROP_OPS_SURVIVORS_H
#define DROP_OPS_SURVIVORS_H

#include "base/interrupt.h"
#include "kernels/kernels.h"

/* The mask is drawn for (samples, size): size counts dead paths too. Of a
 * sample that loses all living paths, one is chosen to survive. */
typedef struct {
    const drop_kernels *kernels;
    uint64_t key;
    size_t samples, size, living;
    const uint64_t *place;     /* of each living path among all */
    const uint64_t *threshold; /* of each living path */
    uint8_t *keep;             /* a row for each living path, 0 or 1 for each
                                * sample: the result */
} drop_survivors;

/* What drawing them costs, in elements that are applied. */
size_t drop_survivors_work(const drop_survivors *job);

/* Writes keep. Returns 0, or what interrupted it. */
int drop_survivors_draw(const drop_survivors *job, drop_interrupt interrupt);

#endif
