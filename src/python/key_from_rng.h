/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The key of one call.
 */
#ifndef DROP_PYTHON_KEY_FROM_RNG_H
#define DROP_PYTHON_KEY_FROM_RNG_H

#include "python/numpy_api.h"

#include <stdatomic.h>
#include <stdint.h>

enum { DROP_RNG_TYPES = 2, DROP_RNG_NAMES = 6 };

/* The state of the module: types that an rng may have, and interned names of
 * attributes. A type is NULL until it is first found, since its module may be
 * imported later than this one, or never. */
typedef struct {
    _Atomic(PyObject *) types[DROP_RNG_TYPES];
    PyObject *names[DROP_RNG_NAMES];
} drop_rng_state;

/* Fills a state of zeros. Returns -1 with an exception set, or 0. */
int drop_rng_start(drop_rng_state *state);

/* m_traverse, m_clear and m_free of a module with this state. Code that runs
 * after m_clear finds types anew. */
int drop_rng_traverse(PyObject *module, visitproc visit, void *arg);
int drop_rng_clear(PyObject *module);
void drop_rng_free(void *module);

/* A call's key: its number, or what that is to be drawn from, borrowed. */
typedef struct {
    uint64_t number;
    PyObject *rng; /* NULL: the number is known */
} drop_key;

/* Finds the key for a mask of rate p, for which 0 and 1 need none: from None,
 * a Key or a Generator, but not from one of a subclass, which may draw in
 * another way. Nothing is drawn. Returns whether it is found. */
int drop_find_key(drop_key *key, PyObject *module, PyObject *rng, double p);

/* Draws the number of a key that was found. Returns -1 with an exception set,
 * 1 where Python has to draw it, since getentropy fails, or 0. */
int drop_draw_key(drop_key *key, PyObject *module);

#endif
