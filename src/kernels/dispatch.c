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

#define DROP_ADDRESS(isa) &drop_kernels_##isa,
const drop_kernels *const drop_all_kernels[] = {DROP_ISAS(DROP_ADDRESS) NULL};
#undef DROP_ADDRESS

int
drop_runs_here(const drop_kernels *kernels)
{
#if defined(__x86_64__)
    const int avx2 = __builtin_cpu_supports("avx2") && has_f16c();
    if (kernels == &drop_kernels_avx2) {
        return avx2;
    }
    if (kernels == &drop_kernels_avx512) {
        return avx2 && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq");
    }
#endif
    (void)kernels;
    return 1;
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
