/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs over any arrays and any masks, and what they are to do, element by
 * element.
 */
#ifndef GEOMETRY_H
#define GEOMETRY_H

#include "guard.h"
#include "array/traverse.h"

#define GEOMETRY_AXES 5

/* The memory of one array: its bytes begin at first, its cell 0 is at cell. */
typedef struct {
    guard pages;
    uint8_t *first, *cell;
    size_t bytes;
    ptrdiff_t stride[GEOMETRY_AXES];
} array;

typedef struct {
    drop_job job; /* with all its axes, in the order of the mask's elements */
    array out, x, r;
    guard given, factors;
    uint64_t key, threshold;
    size_t cells;
} geometry;

/* A job of at most some cells on the tested kernels. */
void geometry_start(geometry *g, size_t most);
void geometry_end(geometry *g);

/* Another array for a job's cells, which out's strides do not decide. */
void geometry_new_array(array *a, const drop_job *job);

/* The part of geometry_start that is about the mask. */
void geometry_start_mask(geometry *g);

/* The keep bit of each cell, in the order of the axes. */
void geometry_mask(const geometry *g, uint8_t *keep);

/* What out's bytes are to be, from what they and x's and r's are now. */
void geometry_expect(const geometry *g, const uint8_t *keep, uint8_t *to);

/* Compares out's bytes, which may differ in the payload of NaN. */
void geometry_compare(const geometry *g, const uint8_t *expected,
                      const char *what);

/* Says all of a job, and ends the program. */
void geometry_fail(const geometry *g, const char *what, size_t at,
                   uint64_t expected, uint64_t got) __attribute__((noreturn));

#endif
