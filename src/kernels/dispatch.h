/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which kernels run on this machine; the only file that asks the CPU.
 */
#ifndef DROP_KERNELS_DISPATCH_H
#define DROP_KERNELS_DISPATCH_H

#include "kernels/kernels.h"

/* The tables that run here, the best first and scalar last; NULL ends them. */
const drop_kernels *const *drop_dispatch(void);

/* Bytes of the last level of cache, or a guess. The operating system's files
 * are read, since the processor itself (cpuid, and so sysconf) tells a virtual
 * machine of all its host's caches, here 384 MiB for 32, and takes
 * microseconds. */
size_t drop_cache_size(void);

#endif
