/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A join on one thread, by tiles: elements that the kernel takes at once, of
 * memory that is contiguous or is gathered.
 */
#ifndef DROP_OPS_JOIN_TILES_H
#define DROP_OPS_JOIN_TILES_H

#include "ops/join.h"

/* Carries out a join that is not empty, whose axes are sorted. Returns 0, or
 * what interrupted it. */
int drop_join_tiles(const drop_join *job, drop_interrupt interrupt);

#endif
