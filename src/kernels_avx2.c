/* SPDX-License-Identifier: BSD-3-Clause */
#include "target.h"
#ifdef DROP_HAVE_X86

TARGET("avx2,f16c")
#include "simd_avx2.h"
#include "stages.h"

KERNELS(avx2);
TARGET_END

#endif
