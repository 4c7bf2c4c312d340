/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Uniforms as STREAM.md has them, fast where many of a segment are asked for:
 * what drop_uniform gives, which draws the segment for each.
 */
#ifndef UNIFORM_H
#define UNIFORM_H

#include <stdint.h>

/* The uniform of an element. */
uint64_t uniform(uint64_t key, uint64_t index);

#endif
