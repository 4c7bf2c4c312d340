/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A call's key: the number of a Key, 8 bytes from the operating system, or one
 * word of a generator, under its lock. All other forms of rng are Python's.
 */
#include "python/key_from_rng.h"

#include "python/calls.h"
#include "python/rng_state.h"

#include <numpy/random/bitgen.h>

#if defined(_WIN32)
#include <windows.h>
#include <bcrypt.h>
#elif defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/random.h>
#else
#include <unistd.h>
#endif

_Static_assert(sizeof(unsigned long long) == sizeof(uint64_t),
               "a key is Python's unsigned long long");

int
drop_find_key(drop_key *key, PyObject *module, PyObject *rng, double p)
{
    drop_rng_state *state = PyModule_GetState(module);
    *key = (drop_key){0, NULL};
    if (p <= 0 || p >= 1) {
        return 1;
    }
    drop_rng_kind kind = drop_find_kind(state, rng);
    if (kind == DROP_RNG_KEY) {
        PyObject *word = PyObject_GetAttr(rng, state->names[DROP_NAME_WORD]);
        if (word && PyLong_Check(word)) {
            key->number = PyLong_AsUnsignedLongLong(word);
            rng = NULL;
        }
        else if (word) { /* A lazy Key holds the rng that it is to be drawn
                          * from. */
            kind = drop_find_kind(state, word);
        }
        Py_XDECREF(word);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            return 0;
        }
    }
    key->rng = rng;
    return kind != DROP_RNG_OTHER;
}

static int draw(uint64_t *key, PyObject *module, PyObject *rng);

/* Gives a lazy Key its number, or key the one that another thread has given it
 * meanwhile. Keys are immutable for all other code. */
static int
settle_number(drop_rng_state *state, PyObject *owner, uint64_t *key)
{
    PyObject *name = state->names[DROP_NAME_WORD], *number = NULL;
    int status = -1;
#if defined(Py_GIL_DISABLED)
    Py_BEGIN_CRITICAL_SECTION(owner);
#endif
    number = PyObject_GetAttr(owner, name);
    if (number && PyLong_Check(number)) {
        *key = PyLong_AsUnsignedLongLong(number);
        status = PyErr_Occurred() ? -1 : 0;
    }
    else if (number) {
        Py_DecRef(number); /* the owner has it too */
        number = PyLong_FromUnsignedLongLong(*key);
        status = number ? PyObject_GenericSetAttr(owner, name, number) : -1;
    }
#if defined(Py_GIL_DISABLED)
    Py_END_CRITICAL_SECTION();
#endif
    Py_XDECREF(number);
    return status;
}

/* Reads the number of a Key. A lazy one holds an rng instead, and is drawn
 * here. */
static int
read_number(uint64_t *key, PyObject *module, PyObject *owner)
{
    drop_rng_state *state = PyModule_GetState(module);
    int status = -1;
    PyObject *word = PyObject_GetAttr(owner, state->names[DROP_NAME_WORD]);
    if (word && PyLong_Check(word)) {
        *key = PyLong_AsUnsignedLongLong(word);
        status = PyErr_Occurred() ? -1 : 0;
    }
    else if (word && drop_find_kind(state, word) == DROP_RNG_KEY) {
        PyErr_SetString(PyExc_TypeError, "a Key holds a Key for its number");
    }
    else if (word) {
        status = draw(key, module, word);
        status = status ? status : settle_number(state, owner, key);
    }
    Py_XDECREF(word);
    return status;
}

/* Calls a method and drops its result. */
static int
call(PyObject *object, PyObject *name)
{
    PyObject *result = PyObject_CallMethodObjArgs(object, name, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* Draws the word that Generator.integers(0, 2**64, dtype=np.uint64) would
 * draw. */
static int
draw_word(uint64_t *word, drop_rng_state *state, PyObject *generator)
{
    int status = -1;
    PyObject *const *name = state->names, *capsule = NULL, *lock = NULL;
    PyObject *bits =
        PyObject_GetAttr(generator, name[DROP_NAME_BIT_GENERATOR]);
    bitgen_t *bitgen = NULL;
    if (bits && (capsule = PyObject_GetAttr(bits, name[DROP_NAME_CAPSULE]))) {
        bitgen = PyCapsule_GetPointer(capsule, "BitGenerator");
    }
    if (bitgen && (lock = PyObject_GetAttr(bits, name[DROP_NAME_LOCK])) &&
        call(lock, name[DROP_NAME_ACQUIRE]) == 0) {
        *word = bitgen->next_uint64(bitgen->state);
        status = call(lock, name[DROP_NAME_RELEASE]);
    }
    Py_XDECREF(lock);
    Py_XDECREF(capsule);
    Py_XDECREF(bits);
    return status;
}

/* Draws a key from the operating system. Returns 0, or 1 where it refuses. */
static int
draw_from_system(uint64_t *key)
{
#if defined(_WIN32)
    return BCryptGenRandom(NULL, (PUCHAR)key, sizeof *key,
                           BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0;
#elif defined(SYS_getrandom)
    /* The call itself, since getentropy needs glibc 2.25. */
    return syscall(SYS_getrandom, key, sizeof *key, 0) != (long)sizeof *key;
#elif defined(__linux__)
    (void)key; /* Headers older than Linux 3.17 do not know it. */
    return 1;
#else
    return getentropy(key, sizeof *key) != 0;
#endif
}

/* Draws a key from any rng. Returns -1 with an exception set, 0, or 1: not an
 * rng that C draws from; Python decides. */
static int
draw(uint64_t *key, PyObject *module, PyObject *rng)
{
    drop_rng_state *state = PyModule_GetState(module);
    switch (drop_find_kind(state, rng)) {
    case DROP_RNG_KEY:
        return read_number(key, module, rng);
    case DROP_RNG_GENERATOR:
        return draw_word(key, state, rng);
    case DROP_RNG_NONE:
        return draw_from_system(key);
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
    PyTypeObject *type = drop_find_type(state, DROP_RNG_KEY);
    if (!type || !PyType_Check((PyObject *)type)) {
        PyErr_SetString(PyExc_RuntimeError, "droplayers.keys has no Key");
        return NULL;
    }
    if (PyType_IsSubtype(Py_TYPE(rng), type)) {
        return Py_NewRef(rng);
    }
    PyObject *lazy = PyType_GenericAlloc(type, 0);
    if (lazy &&
        PyObject_GenericSetAttr(lazy, state->names[DROP_NAME_WORD], rng) < 0) {
        Py_CLEAR(lazy);
    }
    return lazy;
}
