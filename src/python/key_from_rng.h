/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The key of one call.
 */
#ifndef DROP_PYTHON_KEY_FROM_RNG_H
#define DROP_PYTHON_KEY_FROM_RNG_H

#include "python/numpy_api.h"

#include <stdint.h>

/* From the number of a Key, or None and a Generator or None. Returns -1 with
 * an exception set, 1 for any other rng, or 0. */
int drop_key_from_rng(uint64_t *key, PyObject *number, PyObject *rng);

#endif
