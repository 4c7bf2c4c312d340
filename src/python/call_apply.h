/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Element-wise jobs, done.
 */
#ifndef DROP_PYTHON_CALL_APPLY_H
#define DROP_PYTHON_CALL_APPLY_H

#include "array/job.h"

/* Packs the bits of a job to to, or applies them where to is NULL. Returns -1
 * with an exception set, or 0. */
int drop_do(drop_job *job, uint8_t *to);

#endif
