/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rate for each element of a mask -> packed bits.
 */
#ifndef DROP_ARRAY_PACK_RATES_H
#define DROP_ARRAY_PACK_RATES_H

#include "base/interrupt.h"
#include "kernels/kernels.h"

/* Writes the keep bits of n elements from index on to packed bytes, element i
 * at rate p[i]. Returns 0, or what interrupted it. */
int drop_pack_rates(const drop_kernels *kernels, uint8_t *to, const double *p,
                    size_t n, uint64_t key, uint64_t index,
                    drop_interrupt interrupt);

#endif
