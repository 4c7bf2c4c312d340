/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/simd/target.h"
#ifdef DROP_HAVE_X86

TARGET("avx2,f16c")
#include "kernels/simd/avx2.h"
#include "kernels/table.h"

KERNELS(avx2);
TARGET_END

#endif
