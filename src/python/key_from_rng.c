/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A call's key: the number of a Key, 8 bytes from the operating system, or one
 * word of a generator, under its lock. All other forms of rng are Python's.
 */
#include "python/key_from_rng.h"

#include <sys/random.h>

#include <numpy/random/bitgen.h>

/* The attribute of an object, by a name that is made once. */
static PyObject *
get(PyObject *object, PyObject **name, const char *text)
{
    if (!*name) {
        *name = PyUnicode_InternFromString(text);
    }
    return *name ? PyObject_GetAttr(object, *name) : NULL;
}

static int
call(PyObject *object, PyObject **name, const char *text)
{
    PyObject *method = get(object, name, text);
    PyObject *result = method ? PyObject_CallNoArgs(method) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* Whether an object is a Generator: only where numpy.random is imported. */
static int
is_generator(PyObject *rng)
{
    static PyObject *type, *name;
    if (!type) {
        PyObject *module_name = PyUnicode_FromString("numpy.random");
        PyObject *module =
            module_name ? PyImport_GetModule(module_name) : NULL;
        Py_XDECREF(module_name);
        if (!module) {
            return PyErr_Occurred() ? -1 : 0;
        }
        type = get(module, &name, "Generator");
        Py_DECREF(module);
    }
    return type ? PyObject_IsInstance(rng, type) : -1;
}

/* The word that Generator.integers(0, 2**64, dtype=np.uint64) would be. */
static int
draw_word(uint64_t *word, PyObject *bit_generator)
{
    static PyObject *capsule_, *lock_, *acquire, *release;
    int status = -1;
    PyObject *lock = NULL;
    PyObject *capsule = get(bit_generator, &capsule_, "capsule");
    bitgen_t *bitgen =
        capsule ? PyCapsule_GetPointer(capsule, "BitGenerator") : NULL;
    if (bitgen) {
        lock = get(bit_generator, &lock_, "lock");
    }
    if (lock && call(lock, &acquire, "acquire") == 0) {
        *word = bitgen->next_uint64(bitgen->state);
        status = call(lock, &release, "release");
    }
    Py_XDECREF(lock);
    Py_XDECREF(capsule);
    return status;
}

int
drop_key_from_rng(uint64_t *key, PyObject *number, PyObject *rng)
{
    static PyObject *name;
    if (number != Py_None) {
        *key = PyLong_AsUnsignedLongLong(number);
        return PyErr_Occurred() ? -1 : 0;
    }
    if (rng == Py_None) {
        if (getentropy(key, sizeof *key) == 0) {
            return 0;
        }
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    int status = is_generator(rng);
    if (status <= 0) {
        return status < 0 ? -1 : 1;
    }
    PyObject *bit_generator = get(rng, &name, "bit_generator");
    if (!bit_generator) {
        return -1;
    }
    status = draw_word(key, bit_generator);
    Py_DECREF(bit_generator);
    return status;
}
