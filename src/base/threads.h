/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Work on several threads, which live as long as the call: no pool, nothing
 * that a fork could break. The only file that knows threads.
 */
#ifndef DROP_BASE_THREADS_H
#define DROP_BASE_THREADS_H

#include "base/interrupt.h"

#include <stddef.h>

/* Does piece i of some work that all threads share. Returns what was said to
 * its questions. */
typedef int drop_task_fn(const void *work, size_t i, drop_interrupt interrupt);

/* Whether this is the thread that the process began with, or the one that
 * forked it. */
int drop_is_main_thread(void);

/* Does pieces 0 to count-1, in any order, on at most some threads, this one
 * among them; on fewer where none can be started. The caller's interrupt is
 * asked on this thread alone, after each piece too, and may end this thread:
 * the others have ended before its stack does. Returns what it said. */
int drop_run_tasks(drop_task_fn *task, const void *work, size_t count,
                   int threads, drop_interrupt interrupt);

#endif
