/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which kernels run on this machine; the only file that asks the CPU.
 */
#ifndef DROP_DISPATCH_H
#define DROP_DISPATCH_H

#include "kernels.h"

/* The tables that run here, the best first and scalar last; NULL ends them. */
const drop_kernels *const *drop_dispatch(void);

/* Bytes of the largest cache, or a guess. */
size_t drop_cache_size(void);

#endif
