/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Settings of the process, for all calls to come.
 */
#ifndef DROP_PYTHON_SETTINGS_H
#define DROP_PYTHON_SETTINGS_H

#include "kernels/kernels.h"

#include <stdatomic.h>

/* Atomic, since a thread may read what another one sets, with or without a
 * GIL. */
extern struct drop_settings {
    const drop_kernels *_Atomic kernels;
    atomic_int threads;
    atomic_size_t cache; /* bytes of the last level */
} drop_settings;

/* The best kernels, one thread. */
void drop_settings_start(void);

/* The threads of a call on this thread: the setting, or one within
 * on_one_thread. */
int drop_threads_here(void);

#endif
