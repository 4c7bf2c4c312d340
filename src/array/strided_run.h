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

/* Elements of a size along one axis or more, the last of them innermost. */
typedef struct {
    const drop_axis *axis;
    int axes;
    ptrdiff_t size;
} drop_strided;

/* Contiguous memory with the elements of a run: the run's own, or copies in
 * the buffers x and r. Where out is not contiguous it is the buffer x. */
drop_run drop_gather_run(const drop_strided *s, drop_run run, char *x,
                         char *r);

/* Copies what was stored in such memory to out, unless that is the run's. */
void drop_scatter_run(const drop_strided *s, drop_run run, const char *out);

/* Applies bits to bits.n elements along an axis, whatever its strides. */
void drop_strided_apply(const drop_operation *op, drop_run run,
                        const drop_axis *axis, drop_bit_span bits);

#endif
