/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments, and the uniforms of their elements.
 */
#ifndef DRAWING_H
#define DRAWING_H

#include "kernels/kernels.h"

/* Segments of a drawing: some whole vectors of them. */
enum { DRAWN = 3 * DROP_MAX_LANES };

typedef struct {
    uint64_t key, segment[DRAWN], uniform[DRAWN][DROP_SEGMENT];
} drawing;

/* Calls a check with segments in a row, where a word of their number comes to
 * an end too, and with segments anywhere, each under several keys. */
void check_drawings(void (*check)(const drawing *d));

#endif
