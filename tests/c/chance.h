/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cases by chance, the same in every run of a test, whatever ran before it.
 */
#ifndef CHANCE_H
#define CHANCE_H

#include "kernels/kernels.h"

/* Begins again, at a place that a name decides. */
void chance_start(const char *name);

/* Takes some bytes for the numbers to come, as long as there are any, and goes
 * on as ever. What any_bytes writes is not theirs: it decides little. */
void chance_from(const uint8_t *bytes, size_t n);

uint64_t any(void);
uint64_t below(uint64_t n);
int one_in(uint64_t n);

/* Whether this case is left out: all but one in thin are. */
int is_skipped(void);

void any_bytes(uint8_t *to, size_t n);
uint64_t any_threshold(void);
drop_affine any_affine(drop_form form);

#endif
