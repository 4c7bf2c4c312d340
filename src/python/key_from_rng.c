/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A call's key: the number of a Key, 8 bytes from the operating system, or one
 * word of a generator, under its lock. All other forms of rng are Python's.
 */
#include "python/key_from_rng.h"

#include "python/calls.h"

#include <sys/random.h>

#include <numpy/random/bitgen.h>

/* An rng by its type, if that is one of these. */
typedef enum { KEY, GENERATOR, TYPES, NONE = TYPES, OTHER } rng_kind;

static const struct {
    const char *module, *name;
} types[] = {
    [KEY] = {"droplayers.keys", "Key"},
    [GENERATOR] = {"numpy.random", "Generator"},
};

enum { WORD, BIT_GENERATOR, CAPSULE, LOCK, ACQUIRE, RELEASE };

static const char *const names[] = {
    [WORD] = "_word",      [BIT_GENERATOR] = "bit_generator",
    [CAPSULE] = "capsule", [LOCK] = "lock",
    [ACQUIRE] = "acquire", [RELEASE] = "release",
};

_Static_assert(sizeof types / sizeof *types == DROP_RNG_TYPES, "a place each");
_Static_assert(sizeof names / sizeof *names == DROP_RNG_NAMES, "a place each");
_Static_assert(sizeof(unsigned long long) == sizeof(uint64_t),
               "a key is Python's unsigned long long");

int
drop_rng_start(drop_rng_state *state)
{
    for (size_t i = 0; i < DROP_RNG_NAMES; i++) {
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
    for (size_t i = 0; i < DROP_RNG_NAMES; i++) {
        Py_CLEAR(state->names[i]);
    }
}

/* A type, borrowed from the state, or NULL where there is none (yet). Threads
 * may look for it at once: what the first one finds stays. */
static PyTypeObject *
find_type(drop_rng_state *state, rng_kind kind)
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

static rng_kind
find_kind(drop_rng_state *state, PyObject *rng)
{
    if (rng == Py_None) {
        return NONE;
    }
    rng_kind kind = 0;
    while (kind < TYPES && Py_TYPE(rng) != find_type(state, kind)) {
        kind++;
    }
    return kind < TYPES ? kind : OTHER;
}

int
drop_find_key(drop_key *key, PyObject *module, PyObject *rng, double p)
{
    drop_rng_state *state = PyModule_GetState(module);
    *key = (drop_key){0, NULL};
    if (p <= 0 || p >= 1) {
        return 1;
    }
    rng_kind kind = find_kind(state, rng);
    if (kind == KEY) {
        PyObject *word = PyObject_GetAttr(rng, state->names[WORD]);
        if (word && PyLong_Check(word)) {
            key->number = PyLong_AsUnsignedLongLong(word);
            rng = NULL;
        }
        else if (word) { /* A lazy one holds what it is to be drawn from. */
            kind = find_kind(state, word);
        }
        Py_XDECREF(word);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            return 0;
        }
    }
    key->rng = rng;
    return kind != OTHER;
}

static int draw(uint64_t *key, PyObject *module, PyObject *rng);

/* Sets the number of a Key, which is immutable for all others. */
static int
set_number(drop_rng_state *state, PyObject *owner, uint64_t key)
{
    PyObject *number = PyLong_FromUnsignedLongLong(key);
    int status =
        number ? PyObject_GenericSetAttr(owner, state->names[WORD], number)
               : -1;
    Py_XDECREF(number);
    return status;
}

/* The number of a Key. A lazy one holds an rng in its place until here. */
static int
read_number(uint64_t *key, PyObject *module, PyObject *owner)
{
    drop_rng_state *state = PyModule_GetState(module);
    int status = -1;
    PyObject *word = PyObject_GetAttr(owner, state->names[WORD]);
    if (word && PyLong_Check(word)) {
        *key = PyLong_AsUnsignedLongLong(word);
        status = PyErr_Occurred() ? -1 : 0;
    }
    else if (word) {
        status = draw(key, module, word);
        status = status ? status : set_number(state, owner, *key);
    }
    Py_XDECREF(word);
    return status;
}

static int
call(PyObject *object, PyObject *name)
{
    PyObject *result = PyObject_CallMethodObjArgs(object, name, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* The word that Generator.integers(0, 2**64, dtype=np.uint64) would be. */
static int
draw_word(uint64_t *word, drop_rng_state *state, PyObject *generator)
{
    int status = -1;
    PyObject *const *name = state->names, *capsule = NULL, *lock = NULL;
    PyObject *bits = PyObject_GetAttr(generator, name[BIT_GENERATOR]);
    bitgen_t *bitgen = NULL;
    if (bits && (capsule = PyObject_GetAttr(bits, name[CAPSULE]))) {
        bitgen = PyCapsule_GetPointer(capsule, "BitGenerator");
    }
    if (bitgen && (lock = PyObject_GetAttr(bits, name[LOCK])) &&
        call(lock, name[ACQUIRE]) == 0) {
        *word = bitgen->next_uint64(bitgen->state);
        status = call(lock, name[RELEASE]);
    }
    Py_XDECREF(lock);
    Py_XDECREF(capsule);
    Py_XDECREF(bits);
    return status;
}

/* The key from any rng, and the status as of drop_draw_key, with 1 where
 * Python knows whether there is one. */
static int
draw(uint64_t *key, PyObject *module, PyObject *rng)
{
    drop_rng_state *state = PyModule_GetState(module);
    switch (find_kind(state, rng)) {
    case KEY:
        return read_number(key, module, rng);
    case GENERATOR:
        return draw_word(key, state, rng);
    case NONE:
        return getentropy(key, sizeof *key) == 0 ? 0 : 1;
    default:
        return 1;
    }
}

int
drop_draw_key(drop_key *key, PyObject *module)
{
    return key->rng ? draw(&key->number, module, key->rng) : 0;
}

PyObject *
drop_core_draw_key(PyObject *module, PyObject *rng)
{
    uint64_t key;
    int status = draw(&key, module, rng);
    if (status > 0) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return status < 0 ? NULL : PyLong_FromUnsignedLongLong(key);
}

PyObject *
drop_core_lazy_key(PyObject *module, PyObject *rng)
{
    drop_rng_state *state = PyModule_GetState(module);
    PyTypeObject *type = find_type(state, KEY);
    if (!type || !PyType_Check((PyObject *)type)) {
        PyErr_SetString(PyExc_RuntimeError, "droplayers.keys has no Key");
        return NULL;
    }
    if (PyType_IsSubtype(Py_TYPE(rng), type)) {
        return Py_NewRef(rng);
    }
    PyObject *lazy = PyType_GenericAlloc(type, 0);
    if (lazy && PyObject_GenericSetAttr(lazy, state->names[WORD], rng) < 0) {
        Py_CLEAR(lazy);
    }
    return lazy;
}
