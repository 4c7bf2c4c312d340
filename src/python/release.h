/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Long work without the GIL, which Ctrl-C can stop.
 */
#ifndef DROP_PYTHON_RELEASE_H
#define DROP_PYTHON_RELEASE_H

#include "python/numpy_api.h"
#include "base/interrupt.h"

/* Does the work on at most threads threads; returns what the last poll
 * returned. */
typedef int drop_work_fn(void *job, int threads, drop_interrupt interrupt);

/* Does work that costs so many elements. Long work runs without the GIL, on
 * several threads, and polls for Ctrl-C. The flags of floating-point
 * exceptions are then as before. Returns -1 with an exception set, or 0. */
int drop_release(drop_work_fn *work, void *job, size_t elements);

#endif
