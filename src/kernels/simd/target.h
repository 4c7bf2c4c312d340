/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The compiler's intrinsics, or with DROP_EMULATE those of tests/c, and
 * TARGET("avx2,f16c") ... TARGET_END, between which those instructions may be
 * used without a flag for the file. Headers of the system are included before
 * TARGET.
 */
#ifndef DROP_KERNELS_SIMD_TARGET_H
#define DROP_KERNELS_SIMD_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(DROP_EMULATE)
#include "emulate.h"
#define DROP_HAVE_X86
#define DROP_HAVE_NEON
#elif defined(__x86_64__)
#include <immintrin.h>
#define DROP_HAVE_X86
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#include <arm_neon.h>
#define DROP_HAVE_NEON
#endif

#define TARGET_PRAGMA(text) _Pragma(#text)
#if defined(DROP_EMULATE)
#define TARGET(features)
#define TARGET_END
#elif defined(__clang__)
#define TARGET(features)                                                  \
    TARGET_PRAGMA(clang attribute push(__attribute__((target(features))), \
                                       apply_to = function))
#define TARGET_END TARGET_PRAGMA(clang attribute pop)
#else
#define TARGET(features) \
    TARGET_PRAGMA(GCC push_options) TARGET_PRAGMA(GCC target(features))
#define TARGET_END TARGET_PRAGMA(GCC pop_options)
#endif

#endif
