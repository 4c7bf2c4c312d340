/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/simd/target.h"
#ifdef DROP_HAVE_NEON

#include "kernels/simd/neon.h"
#include "kernels/table.h"

KERNELS(neon);

#endif
