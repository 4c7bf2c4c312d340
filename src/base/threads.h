/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Work on several threads, which live as long as the call: no pool, nothing
 * that a fork could break. Only base/threads.c and its headers know threads.
 */
#ifndef DROP_BASE_THREADS_H
#define DROP_BASE_THREADS_H

#include "base/interrupt.h"

#include <stddef.h>

/* Work, in elements, from which on a second thread is worth its start: 60 us
 * until it runs (Zen 5 in a virtual machine), in which this one does a million
 * elements. */
#define DROP_MIN_ELEMENTS_FOR_THREADS ((size_t)2 << 20)

/* The elements of a task, an eighth of that: threads take task after task, and
 * with small ones they end at about the same time. */
#define DROP_TASK_ELEMENTS (DROP_MIN_ELEMENTS_FOR_THREADS / 8)

/* Does task i of some work, polling now and then. All threads get the same
 * work. Returns what the last poll returned. */
typedef int drop_task_fn(const void *work, size_t i, drop_interrupt interrupt);

/* Whether this is the process's main thread: the first one, or in a child the
 * one that forked. */
int drop_is_main_thread(void);

/* Seconds since some moment; they only rise. */
double drop_clock(void);

/* Runs tasks 0 to count-1, in any order, on at most threads threads, of which
 * the calling one is one; on fewer where the system refuses them. The caller's
 * interrupt is polled on the calling thread alone, after each task too. If a
 * poll ends that thread, which it must not on Windows, the others end before
 * its stack does. Returns 0, or what the poll that ended the work returned. */
int drop_run_tasks(drop_task_fn *task, const void *work, size_t count,
                   int threads, drop_interrupt interrupt);

#endif
