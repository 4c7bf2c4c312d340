/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernels/dispatch.h"

#include "base/mem.h"

#include <stdio.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Whether the processor has what a set needs: a function for each. Every
 * AArch64 has NEON. */
DROP_INLINE int
has_scalar(void)
{
    return 1;
}

DROP_INLINE int
has_neon(void)
{
    return 1;
}

#if defined(__x86_64__)
/* clang 14 cannot be asked for F16C by name. */
static int
has_avx2(void)
{
    unsigned a, b, c, d;
    return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) &&
           (c & bit_F16C);
}

static int
has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
}
#endif

#define DROP_ADDRESS(isa) &drop_kernels_##isa,
const drop_kernels *const drop_all_kernels[] = {DROP_ISAS(DROP_ADDRESS) NULL};
#undef DROP_ADDRESS

int
drop_runs_here(const drop_kernels *kernels)
{
#define DROP_RUNS(isa)                    \
    if (kernels == &drop_kernels_##isa) { \
        return has_##isa();               \
    }
    DROP_ISAS(DROP_RUNS)
#undef DROP_RUNS
    return 0;
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
