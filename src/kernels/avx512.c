/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/simd/target.h"
#ifdef DROP_HAVE_X86

TARGET("avx2,f16c,avx512f,avx512bw,avx512vl,avx512dq")
#include "kernels/simd/avx512.h"
#include "kernels/table.h"

KERNELS(avx512);
TARGET_END

#endif
