/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs whose elements are not contiguous.
 */
#ifndef DROP_ARRAY_STRIDED_RUN_H
#define DROP_ARRAY_STRIDED_RUN_H

#include "array/axes.h"
#include "array/mask_reader.h"
#include "array/run.h"

/* Elements that are gathered at once, where they fit the bytes of a buffer. */
#define DROP_GATHER 512
#define DROP_GATHER_BYTES 4096

/* Rows of fewer bytes that are not contiguous are gathered, several at once.
 */
#define DROP_GATHER_ROW 256

/* The number of elements of a size that are gathered at once. */
size_t drop_gather_most(size_t size);

/* Copies n elements of 1, 2, 4, 8 or 16 bytes between strided memory. */
void drop_strided_copy(char *restrict to, ptrdiff_t to_stride,
                       const char *restrict from, ptrdiff_t from_stride,
                       size_t n, ptrdiff_t size);

/* The same for rows of n elements each, whose first elements are a row's
 * stride apart. Copies along the longer side. */
void drop_copy_strided_rows(char *restrict to, ptrdiff_t to_row,
                            ptrdiff_t to_step, const char *restrict from,
                            ptrdiff_t from_row, ptrdiff_t from_step,
                            size_t rows, size_t n, ptrdiff_t size);

/* Whether rows of n elements each with these strides follow each other. */
int drop_rows_contiguous(ptrdiff_t row, ptrdiff_t step, size_t rows, size_t n,
                         ptrdiff_t size);

/* Contiguous memory with such rows: from, or a copy in buffer. */
const char *drop_gather_rows(char *buffer, const char *from, ptrdiff_t row,
                             ptrdiff_t step, size_t rows, size_t n,
                             ptrdiff_t size);

/* Contiguous memory with n elements: from, or a copy in buffer. */
const char *drop_gather(char *buffer, const char *from, ptrdiff_t stride,
                        size_t n, ptrdiff_t size);

/* Applies bits to bits.n elements along an axis, whatever its strides. */
void drop_strided_apply(const drop_operation *op, drop_run run,
                        const drop_axis *axis, drop_bit_span bits);

#endif
