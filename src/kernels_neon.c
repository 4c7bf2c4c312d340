/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"
#ifdef DROP_HAVE_NEON

#include "simd_neon.h"
#include "stages.h"

KERNELS(neon);

#endif
