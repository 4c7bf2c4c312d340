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
/* Registers that the operating system has to save, as bits of XCR0. */
enum { XMM_YMM = 0x6, OPMASK_ZMM = 0xE0 };

/* Whether the system saves registers: not all processors that have them run
 * one that does. */
static int
saves(unsigned registers)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) {
        return 0;
    }
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & registers) == registers;
}

/* cpuid is asked, and not __builtin_cpu_supports: clang 14 does not know F16C
 * by name, and on Windows what the builtin calls is not linked. */
static int
has_avx2(void)
{
    unsigned a, b, c, d;
    return saves(XMM_YMM) && __get_cpuid(1, &a, &b, &c, &d) &&
           (c & bit_F16C) && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (b & bit_AVX2);
}

static int
has_avx512(void)
{
    const unsigned all =
        bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    unsigned a, b, c, d;
#if !defined(__APPLE__) /* which saves them from their first use on */
    if (!saves(OPMASK_ZMM)) {
        return 0;
    }
#endif
    return has_avx2() && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (b & all) == all;
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
