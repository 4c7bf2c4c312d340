/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packed bits moved about.
 */
#ifndef DROP_BITS_H
#define DROP_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Writes bits offset..offset+n-1 of from to bits at.. of to. The bits before
 * at stay; those behind the last one in its byte become 0. */
void drop_bits_append(uint8_t *to, size_t at, const uint8_t *from,
                      size_t offset, size_t n);

/* Transposes a square: bit j of word i becomes bit i of word j. */
void drop_bits_transpose(uint64_t square[64]);

#endif
