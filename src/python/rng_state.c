/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/rng_state.h"

static const struct {
    const char *module, *name;
} types[DROP_RNG_TYPES] = {
    [DROP_RNG_KEY] = {"droplayers.keys", "Key"},
    [DROP_RNG_GENERATOR] = {"numpy.random", "Generator"},
};

static const char *const names[DROP_NAMES] = {
    [DROP_NAME_WORD] = "_word",
    [DROP_NAME_BIT_GENERATOR] = "bit_generator",
    [DROP_NAME_CAPSULE] = "capsule",
    [DROP_NAME_LOCK] = "lock",
    [DROP_NAME_ACQUIRE] = "acquire",
    [DROP_NAME_RELEASE] = "release",
};

int
drop_rng_start(drop_rng_state *state)
{
    for (size_t i = 0; i < DROP_NAMES; i++) {
        state->names[i] = PyUnicode_InternFromString(names[i]);
        if (!state->names[i]) {
            return -1;
        }
    }
    return 0;
}

int
drop_rng_traverse(PyObject *module, visitproc visit, void *arg)
{
    drop_rng_state *state = PyModule_GetState(module);
    for (size_t i = 0; i < DROP_RNG_TYPES; i++) {
        PyObject *type = atomic_load(&state->types[i]);
        Py_VISIT(type);
    }
    return 0;
}

int
drop_rng_clear(PyObject *module)
{
    drop_rng_state *state = PyModule_GetState(module);
    for (size_t i = 0; i < DROP_RNG_TYPES; i++) {
        Py_XDECREF(atomic_exchange(&state->types[i], NULL));
    }
    return 0;
}

void
drop_rng_free(void *module)
{
    drop_rng_state *state = PyModule_GetState(module);
    drop_rng_clear(module);
    for (size_t i = 0; i < DROP_NAMES; i++) {
        Py_CLEAR(state->names[i]);
    }
}

PyTypeObject *
drop_find_type(drop_rng_state *state, drop_rng_kind kind)
{
    PyObject *type = atomic_load(&state->types[kind]), *first = NULL;
    if (!type) {
        PyObject *name = PyUnicode_FromString(types[kind].module);
        PyObject *module = name ? PyImport_GetModule(name) : NULL;
        type =
            module ? PyObject_GetAttrString(module, types[kind].name) : NULL;
        Py_XDECREF(name);
        Py_XDECREF(module);
        PyErr_Clear();
        if (type && !atomic_compare_exchange_strong(&state->types[kind],
                                                    &first, type)) {
            Py_DECREF(type);
            type = first;
        }
    }
    return (PyTypeObject *)type;
}

drop_rng_kind
drop_find_kind(drop_rng_state *state, PyObject *rng)
{
    if (rng == Py_None) {
        return DROP_RNG_NONE;
    }
    drop_rng_kind kind = 0;
    while (kind < DROP_RNG_TYPES &&
           Py_TYPE(rng) != drop_find_type(state, kind)) {
        kind++;
    }
    return kind < DROP_RNG_TYPES ? kind : DROP_RNG_OTHER;
}
