/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The boundary between plain C and the instruction sets: what a mask is drawn
 * from, what is done with it, and the table of functions that each instruction
 * set fills. Kernels know neither Python nor threads, allocate nothing and
 * cannot fail.
 *
 * Everywhere bit 1 means kept, and packed bits are bytes in little-endian
 * order: bit i is bit i & 7 of byte i >> 3.
 */
#ifndef DROP_KERNELS_KERNELS_H
#define DROP_KERNELS_KERNELS_H

#include "stream/sampler.h"

#include <float.h>
#include <stddef.h>
#include <stdint.h>

/* Results are exact to the bit only where products and sums of doubles are
 * rounded to doubles, which x87 does not do. Floats may be summed as doubles,
 * since that rounds no differently. */
_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1,
               "doubles must be rounded to doubles: use -msse2 -mfpmath=sse");

/* Elements in a tile, the unit in which bits are drawn and applied: 1 KiB of
 * bits, two vectors of the widest kind with a segment in each lane. */
#define DROP_TILE_SEGMENTS 16
#define DROP_TILE (DROP_TILE_SEGMENTS * DROP_SEGMENT)

/* The lanes of the widest vector. Arrays that a kernel reads or writes segment
 * by segment have room up to a multiple of it. */
#define DROP_MAX_LANES 8

/* Kernels apply bits in words of so many elements. */
#define DROP_WORD 32

/* Kernels make normal variates in steps of so many: a vector of the widest
 * kind takes 8, and four vectors are made together. */
#define DROP_NORMALS_STEP 32

/* Packed bits are followed by this many readable bytes, since kernels load 8
 * at once. */
#define DROP_BITS_PAD 8

/* The dtypes that have a kernel, a row each: name, prefix of its words and
 * kernels, bytes, and NumPy's code, whose prefix python/ adds. bfloat16 has no
 * code of its own: python/ knows it by its name. DROP_BOOL is a mask itself:
 * kept is 1. */
#define DROP_FLOAT_ROWS(ROW) \
    ROW(F32, f32, 4, FLOAT)  \
    ROW(F64, f64, 8, DOUBLE) \
    ROW(F16, f16, 2, HALF)   \
    ROW(BF16, bf16, 2, NOTYPE)
#define DROP_DTYPE_ROWS(ROW) DROP_FLOAT_ROWS(ROW) ROW(BOOL, bool, 1, BOOL)

/* Items are elements of any dtype of these sizes: kernels replace them without
 * knowing the dtype. A row each: name, prefix and bytes. */
#define DROP_ITEM_ROWS(ROW) \
    ROW(ITEM1, item1, 1)    \
    ROW(ITEM2, item2, 2)    \
    ROW(ITEM4, item4, 4)    \
    ROW(ITEM8, item8, 8)    \
    ROW(ITEM16, item16, 16)
#define DROP_MAX_ITEM 16

typedef enum {
#define DROP_ENUMERATOR(name, ...) DROP_##name,
    DROP_DTYPE_ROWS(DROP_ENUMERATOR) DROP_ITEM_ROWS(DROP_ENUMERATOR)
#undef DROP_ENUMERATOR
        DROP_DTYPES
} drop_dtype;

/* What becomes of a kept and of a dropped x. */
typedef enum {
    DROP_SCALE,    /* a*x, c */
    DROP_AFFINE,   /* a*x + b, c */
    DROP_RESIDUAL, /* r + a*x, r */
    DROP_NOISE,    /* x * (1 + a*z), z a normal variate; no mask is drawn */
    DROP_REPLACE,  /* x, r: items alone, and so is the next one */
    DROP_FILL,     /* x, fill */
    DROP_FORMS
} drop_form;

/* The factors are rounded once more, to the dtype that computes. */
typedef struct {
    drop_form form;
    double a, b, c;
    unsigned char fill[DROP_MAX_ITEM]; /* the bytes of one item */
} drop_affine;

/* Hints on how to access memory; they do not change the values. */
enum {
    DROP_PREFETCH = 1,    /* x comes from beyond the cache: prefetch it */
    DROP_NONTEMPORAL = 2, /* out goes beyond it: non-temporal stores, and out
                           * is aligned to DROP_ALIGN */
};
#define DROP_ALIGN 64

/* Called after each of the first planes of a drawing: done of total are
 * finished. A drawing may end before done is total. */
typedef void drop_progress_fn(void *context, size_t done, size_t total);

/* A tile of masked products: strides in bytes of a, m, the sums and the bits.
 * Outputs lie side by side. A row of their bits begins at a byte and is
 * readable up to a multiple of DROP_WORD. */
typedef struct {
    size_t samples, depth, width; /* width: outputs */
    ptrdiff_t sum;                /* from sample to sample */
    ptrdiff_t a, a_k;             /* and from k to k */
    ptrdiff_t m;                  /* from k to k */
    size_t bits, bits_k;
} drop_matmul_tile;

/* The most k of a tile for `matmul`. */
enum { DROP_MATMUL_DEPTH = 32 };

typedef void drop_matmul_fn(void *sum, const void *a, const void *m,
                            const uint8_t *bits, const drop_matmul_tile *tile);

typedef struct {
    const char *name;

    /* Draws the keep bits of n segments, 64 bytes each, by their numbers,
     * which need not be neighbours. Where asked is not NULL, only bits that
     * are 1 in it have to be drawn; the others are unspecified. progress_fn
     * may be NULL. */
    void (*bernoulli)(uint8_t *bits, const uint64_t *segment,
                      const uint64_t (*asked)[DROP_SEGMENT_WORDS], size_t n,
                      const drop_sampler *sampler,
                      drop_progress_fn *progress_fn, void *context);

    /* The uniforms of n segments as numbers, DROP_SEGMENT each. */
    void (*uniforms)(uint64_t *to, const uint64_t *segment, size_t n,
                     const drop_sampler *sampler);

    /* Draws the keep bits of n elements from index on, element i at rate p[i];
     * the sampler's threshold does not count. bits begins with the segment of
     * the first element, and has room up to a multiple of 64 bits; bits of
     * other elements are unspecified. */
    void (*bernoulli_rates)(uint8_t *bits, uint64_t index, const double *p,
                            size_t n, const drop_sampler *sampler);

    /* Applies bits offset..offset+n-1 to n contiguous elements of any
     * alignment; out may be x or r. r is read with DROP_RESIDUAL and
     * DROP_REPLACE alone; bool reads neither, and knows no form. */
    void (*apply[DROP_DTYPES])(void *out, const void *x, const void *r,
                               const uint8_t *bits, size_t offset, size_t n,
                               const drop_affine *affine, int hints);

    /* Applies bits as with DROP_SCALE, or with DROP_RESIDUAL where r is not
     * NULL, each element with its own factor a, which is of the dtype that
     * computes. Not for bool. */
    void (*apply_factors[DROP_DTYPES])(void *out, const void *x, const void *r,
                                       const uint8_t *bits, size_t offset,
                                       size_t n, const void *factors);

    /* Multiplies n contiguous elements by 1 + sigma*z, z the normal variates
     * of elements index, index + step, ..., the factor formed in double. out
     * may be x. For floats alone. */
    void (*noise[DROP_DTYPES])(void *out, const void *x, uint64_t index,
                               uint64_t step, size_t n,
                               const drop_sampler *sampler, double sigma);

    /* The mean of those of count arrays that survive, element by element:
     * their sum in the arrays' order, divided by their number; +0 where none
     * survives. Element i of array j survives where bit offset+i from bits +
     * j*pitch on is 1; bits may be NULL: all survive. out may be one of the
     * arrays. Not for bool. */
    void (*mean[DROP_DTYPES])(void *out, const void *const *x, size_t count,
                              const uint8_t *bits, size_t pitch, size_t offset,
                              size_t n);

    /* For float32 and float64: adds a[s][k] * m[k][o] to sum[s][o] where bit
     * (s, k, o) is 1, k ascending. */
    drop_matmul_fn *matmul[2];

    /* The same summed over o: adds a[s][o] * m[k][o] to lane o % DROP_WORD of
     * sum[s][k], o ascending. */
    drop_matmul_fn *matmul_t[2];

    /* Transposes 64 x 64 bits: bit j of word i becomes bit i of word j. */
    void (*transpose64)(uint64_t word[64]);

    /* Bit i of a string stays 1 where bit i - shift is 1 too or does not
     * exist, for the bits of words first to last-1. */
    void (*erode)(uint8_t *bits, size_t first, size_t last, size_t shift);

    /* How many bits of a string are 1. */
    uint64_t (*popcount)(const uint8_t *bits, size_t words);

    /* Orders this thread's DROP_NONTEMPORAL stores before all that follows. */
    void (*fence)(void);

    /* The size of x in bytes from which on prefetching it pays, if that is
     * less than half of the last cache. */
    size_t prefetch_from;
} drop_kernels;

/* The instruction sets that this machine's kind of processor can have, the
 * best first. */
#if defined(DROP_EMULATE)
#define DROP_ISAS(ISA) ISA(avx512) ISA(avx2) ISA(neon) ISA(scalar)
#elif defined(__x86_64__)
#define DROP_ISAS(ISA) ISA(avx512) ISA(avx2) ISA(scalar)
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define DROP_ISAS(ISA) ISA(neon) ISA(scalar)
#else
#define DROP_ISAS(ISA) ISA(scalar)
#endif

#define DROP_TABLE(isa) extern const drop_kernels drop_kernels_##isa;
DROP_ISAS(DROP_TABLE)
#undef DROP_TABLE

#endif
