/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Long work without the GIL, which Ctrl-C can stop.
 */
#ifndef DROP_PYTHON_RELEASE_H
#define DROP_PYTHON_RELEASE_H

#include "python/numpy_api.h"
#include "base/interrupt.h"

/* Some work on at most some threads; returns what the interrupt said. */
typedef int drop_work_fn(void *job, int threads, drop_interrupt interrupt);

/* Does work worth so many elements, without the GIL and on threads where that
 * is long, looking for Ctrl-C. Returns -1 with an exception set, or 0. */
int drop_release(drop_work_fn *work, void *job, size_t elements);

#endif
