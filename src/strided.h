/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs whose elements do not lie side by side.
 */
#ifndef DROP_STRIDED_H
#define DROP_STRIDED_H

#include "axes.h"
#include "source.h"

/* Elements that are gathered at once: 4 KiB of float64. */
#define DROP_GATHER 512

/* Applies bits to bits.n elements along an axis, whatever its strides. */
void drop_strided_apply(const drop_task *task, drop_run run,
                        const drop_axis *axis, drop_stretch bits);

#endif
