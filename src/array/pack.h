/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits of a mask -> packed bytes.
 */
#ifndef DROP_ARRAY_PACK_H
#define DROP_ARRAY_PACK_H

#include "array/job.h"
#include "array/mask_reader.h"
#include "base/bit_writer.h"

/* What reads the bits, and where they are appended. */
typedef struct {
    drop_mask_reader reader;
    drop_writer writer;
    drop_poller poller;
} drop_packer;

/* Appends rows of n bits, end to end: row i begins at element index +
 * i*stride. Returns 0, or what interrupted it. */
int drop_pack_rows(drop_packer *packer, uint64_t index, uint64_t stride,
                   size_t rows, size_t n);

/* Writes the bits of a job's cells, in the order of the axes, to packed bytes.
 * Returns 0, or what interrupted it. */
int drop_pack(drop_job *job, uint8_t *to, drop_interrupt interrupt);

#endif
