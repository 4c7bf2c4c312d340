/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Element-wise jobs, done.
 */
#ifndef DROP_PYTHON_CALL_APPLY_H
#define DROP_PYTHON_CALL_APPLY_H

#include "array/job.h"

/* Applies a job's mask to its arrays; where packed is not NULL, writes the
 * packed bits of the mask there instead. Returns -1 with an exception set, or
 * 0. */
int drop_do(drop_job *job, uint8_t *packed);

#endif
