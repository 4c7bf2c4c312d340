/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the package has set, for all calls to come.
 */
#ifndef DROP_PYTHON_SETTINGS_H
#define DROP_PYTHON_SETTINGS_H

#include "kernels/kernels.h"

extern struct drop_settings {
    const drop_kernels *kernels;
    int threads;
    size_t cache; /* bytes of the last one */
} drop_settings;

/* The best kernels, one thread. */
void drop_settings_start(void);

#endif
