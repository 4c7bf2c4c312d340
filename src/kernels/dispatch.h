/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which kernels run on this machine; the only file that asks the CPU.
 */
#ifndef DROP_KERNELS_DISPATCH_H
#define DROP_KERNELS_DISPATCH_H

#include "kernels/kernels.h"

/* The tables of this architecture, the best first and scalar, which runs
 * everywhere, last; NULL ends them. */
extern const drop_kernels *const drop_all_kernels[];

int drop_runs_here(const drop_kernels *kernels);

/* Bytes of the last level of cache, or a guess. They are read from the
 * operating system's files: the processor itself (cpuid, and so sysconf)
 * reports to a virtual machine the caches of its whole host, here 384 MiB
 * instead of 32, and takes microseconds. */
size_t drop_cache_size(void);

#endif
