/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/dispatch.h"

#include <stdio.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* clang 14 cannot be asked for it by name. */
static int
has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

const drop_kernels *const *
drop_dispatch(void)
{
    static const drop_kernels *tables[4];
    int n = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && has_f16c();
    if (avx2 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        tables[n++] = &drop_kernels_avx512;
    }
    if (avx2) {
        tables[n++] = &drop_kernels_avx2;
    }
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
    tables[n++] = &drop_kernels_neon;
#endif
    tables[n++] = &drop_kernels_scalar;
    tables[n] = NULL;
    return tables;
}

size_t
drop_cache_size(void)
{
    unsigned long kib;
    size_t size = (size_t)8 << 20;
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cache/index3/size", "r");
    if (file) {
        if (fscanf(file, "%luK", &kib) == 1 && kib) {
            size = (size_t)kib << 10;
        }
        fclose(file);
    }
    return size;
}
