/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Philox4x32-10 (Salmon et al., SC'11) for a single counter, and the numbers
 * that are drawn with one call of it.
 */
#ifndef DROP_STREAM_PHILOX_H
#define DROP_STREAM_PHILOX_H

#include <stdint.h>

#define PHILOX_M0 UINT64_C(0xD2511F53)
#define PHILOX_M1 UINT64_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)
#define PHILOX_ROUNDS 10

/* The domains that the C code draws from (STREAM.md has the table). */
enum { DROP_MASKS = 0, DROP_CHILDREN = 1, DROP_NORMALS = 2, DROP_CHOICES = 3 };

void drop_philox(uint32_t word[4], const uint32_t counter[4], uint64_t key);

/* Child index of a key. */
uint64_t drop_child(uint64_t key, uint64_t index);

/* One of count choices for a sample: c2 says which choice it is. */
uint32_t drop_choice(uint64_t key, uint64_t index, uint32_t count,
                     uint32_t c2);

#endif
