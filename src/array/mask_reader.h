/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The bits of a job's mask: given by the caller, or drawn when they are asked
 * for. The bits that were drawn last are kept.
 */
#ifndef DROP_ARRAY_MASK_READER_H
#define DROP_ARRAY_MASK_READER_H

#include "array/draw.h"

typedef struct {
    const drop_kernels *kernels;
    const drop_sampler *sampler;
    const uint8_t *given; /* bits that are there already, or NULL */
    uint64_t end;         /* nothing is drawn ahead from here on */
    uint64_t first;       /* index of the first element in bits */
    size_t offset, n;     /* the offset of its bit; elements in bits */
    _Alignas(64) uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
} drop_mask_reader;

typedef struct {
    const uint8_t *bits;
    size_t offset, n;
} drop_bit_span;

/* index is the first element that will be asked for. Sets end as far from it
 * as possible. */
void drop_mask_reader_start(drop_mask_reader *reader,
                            const drop_kernels *kernels,
                            const drop_sampler *sampler, const uint8_t *given,
                            uint64_t index);

/* The bits of elements from index on: at most n > 0 of them, and at least one.
 * They are valid until the next call. */
drop_bit_span drop_mask_reader_get(drop_mask_reader *reader, uint64_t index,
                                   size_t n);

/* Writes the bits of rows of n <= DROP_ROW_MOST elements end to end: row i
 * begins at element index + i*stride. Rows that are contiguous in the mask are
 * read as one. */
void drop_mask_reader_rows(const drop_mask_reader *reader, drop_writer *to,
                           uint64_t index, uint64_t stride, size_t rows,
                           size_t n);

#endif
