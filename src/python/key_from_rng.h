/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The key of one call.
 */
#ifndef DROP_PYTHON_KEY_FROM_RNG_H
#define DROP_PYTHON_KEY_FROM_RNG_H

#include "python/numpy_api.h"

#include <stdint.h>

/* A call's key: its number, or what that is to be drawn from, borrowed. */
typedef struct {
    uint64_t number;
    PyObject *rng; /* NULL: the number is known */
} drop_key;

/* Finds the key for a mask of rate p from None, a Key or a Generator, but not
 * an instance of a subclass, which may draw in another way. Rates 0 and 1 need
 * no key. Nothing is drawn. Returns whether the key is found. */
int drop_find_key(drop_key *key, PyObject *module, PyObject *rng, double p);

/* Draws the number of a key that was found. Returns -1 with an exception set,
 * 1 where Python has to draw it, since the system refuses, or 0. */
int drop_draw_key(drop_key *key, PyObject *module);

#endif
