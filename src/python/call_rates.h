/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Jobs whose mask has a rate for each element.
 */
#ifndef DROP_PYTHON_CALL_RATES_H
#define DROP_PYTHON_CALL_RATES_H

#include "array/job.h"
#include "python/numpy_api.h"

/* The rates of a call, and the memory of their bits. */
typedef struct {
    PyArrayObject *array; /* borrowed; NULL: there is one rate for all */
    size_t n;
    int draws; /* whether any rate is neither 0 nor 1 */
    uint8_t *bits;
} drop_rates;

/* Finds the rates of n samples: a plain array of doubles in [0, 1], at least
 * one of which is not 0. Returns whether prob is one. */
int drop_find_rates(drop_rates *rates, PyObject *prob, npy_intp n);

/* Reserves the memory of bits. Returns -1 with an exception set, or 0. */
int drop_rates_reserve(drop_rates *rates);
void drop_rates_free(drop_rates *rates);

/* Does a job that is complete but for the bits of its mask, which has an
 * element for each place of the first axis. Where is_scaled, kept elements are
 * divided by 1-p. Returns -1 with an exception set, or 0. */
int drop_rates_do(drop_rates *rates, drop_job *job, uint64_t key,
                  int is_scaled);

#endif
