/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state of the module: the types by which an rng is recognized, and
 * interned names of attributes.
 */
#ifndef DROP_PYTHON_RNG_STATE_H
#define DROP_PYTHON_RNG_STATE_H

#include "python/numpy_api.h"

#include <stdatomic.h>

/* What an rng is: of one of the types, None, or anything else. */
typedef enum {
    DROP_RNG_KEY,
    DROP_RNG_GENERATOR,
    DROP_RNG_TYPES,
    DROP_RNG_NONE = DROP_RNG_TYPES,
    DROP_RNG_OTHER
} drop_rng_kind;

typedef enum {
    DROP_NAME_WORD,
    DROP_NAME_BIT_GENERATOR,
    DROP_NAME_CAPSULE,
    DROP_NAME_LOCK,
    DROP_NAME_ACQUIRE,
    DROP_NAME_RELEASE,
    DROP_NAMES
} drop_name;

/* A type is NULL until it is first found, since its module may be imported
 * later than this one, or never. */
typedef struct {
    _Atomic(PyObject *) types[DROP_RNG_TYPES];
    PyObject *names[DROP_NAMES];
} drop_rng_state;

/* Fills a state of zeros. Returns -1 with an exception set, or 0. */
int drop_rng_start(drop_rng_state *state);

/* m_traverse, m_clear and m_free of a module with this state. Code that runs
 * after m_clear finds types anew. */
int drop_rng_traverse(PyObject *module, visitproc visit, void *arg);
int drop_rng_clear(PyObject *module);
void drop_rng_free(void *module);

/* A type, borrowed from the state; NULL where its module is not imported.
 * Threads may look for it at the same time: what the first one finds is kept.
 */
PyTypeObject *drop_find_type(drop_rng_state *state, drop_rng_kind kind);

/* What an rng is by its exact type: a subclass is something else. */
drop_rng_kind drop_find_kind(drop_rng_state *state, PyObject *rng);

#endif
