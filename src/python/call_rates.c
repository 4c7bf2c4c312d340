/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/call_rates.h"

#include "array/pack_rates.h"
#include "python/args.h"
#include "python/call_apply.h"
#include "python/calls.h"
#include "python/job_from_numpy.h"
#include "python/release.h"
#include "python/settings.h"

#include <string.h>

/* What a bit costs, in elements that are applied: it takes 1 to 2 ns. */
#define BIT_WORK 8

typedef struct {
    const drop_kernels *kernels;
    uint8_t *to;
    const double *p;
    size_t n;
    uint64_t key, index;
} packing;

static int
pack(void *work, int threads, drop_interrupt interrupt)
{
    const packing *w = work;
    (void)threads;
    return drop_pack_rates(w->kernels, w->to, w->p, w->n, w->key, w->index,
                           interrupt);
}

static int
pack_rates(uint8_t *to, PyArrayObject *rates, uint64_t key, uint64_t index)
{
    packing work = {drop_settings.kernels,         to,  PyArray_DATA(rates),
                    (size_t)PyArray_DIM(rates, 0), key, index};
    return drop_release(pack, &work, BIT_WORK * work.n);
}

static int
are_rates(PyObject *arg)
{
    PyArrayObject *array = (PyArrayObject *)arg;
    return PyArray_CheckExact(arg) && PyArray_NDIM(array) == 1 &&
           PyArray_TYPE(array) == NPY_DOUBLE && PyArray_ISCARRAY_RO(array);
}

/* Whether all p are in [0, 1] and none is -0; *is_any: whether one is not 0.
 * Doubles that are not negative are ordered as their bits are as integers. The
 * loop ORs bits and does not branch, so that compilers vectorize it. */
static int
are_inside(const double *p, size_t n, int *is_any)
{
    const uint64_t one = UINT64_C(0x3FF) << 52;
    uint64_t negative = 0, above = 0, bits;
    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, p + i, sizeof bits);
        negative |= bits;
        above |= one - bits;
    }
    *is_any = negative != 0;
    return (negative | above) >> 63 == 0;
}

int
drop_find_rates(drop_rates *rates, PyObject *prob, npy_intp n)
{
    *rates = (drop_rates){.n = (size_t)n};
    if (!are_rates(prob) || PyArray_DIM((PyArrayObject *)prob, 0) != n) {
        return 0;
    }
    const double *p = PyArray_DATA((PyArrayObject *)prob);
    int is_any;
    if (!are_inside(p, rates->n, &is_any) || !is_any) {
        return 0;
    }
    for (size_t i = 0; i < rates->n && !rates->draws; i++) {
        rates->draws = p[i] > 0 && p[i] < 1;
    }
    rates->array = (PyArrayObject *)prob;
    return 1;
}

int
drop_rates_reserve(drop_rates *rates)
{
    rates->bits = PyMem_Malloc(rates->n / 8 + 1 + DROP_BITS_PAD);
    if (!rates->bits) {
        PyErr_NoMemory();
    }
    return rates->bits ? 0 : -1;
}

void
drop_rates_free(drop_rates *rates)
{
    PyMem_Free(rates->bits);
}

int
drop_rates_do(drop_rates *rates, drop_job *job, uint64_t key, int is_scaled)
{
    PyArrayObject *array = rates->array;
    /* Drawing the key may run Python code, which may change arrays. */
    if (!are_rates((PyObject *)array) || job->axis[0].n != rates->n ||
        (size_t)PyArray_DIM(array, 0) != rates->n) {
        PyErr_SetString(PyExc_RuntimeError, "x or prob was changed");
        return -1;
    }
    if (pack_rates(rates->bits, array, key, job->index) < 0) {
        return -1;
    }
    job->given = rates->bits;
    job->index = 0;
    job->factors = is_scaled ? PyArray_DATA(array) : NULL;
    job->are_rates = is_scaled;
    return drop_do(job, NULL);
}

PyObject *
drop_core_pack_rates(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    Py_buffer packed;
    (void)self;
    if (drop_count("pack_rates", n, 4) < 0) {
        return NULL;
    }
    uint64_t key = PyLong_AsUnsignedLongLong(args[2]);
    uint64_t index = PyLong_AsUnsignedLongLongMask(args[3]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (!are_rates(args[1])) {
        PyErr_SetString(PyExc_TypeError, "expected an array of rates");
        return NULL;
    }
    if (PyObject_GetBuffer(args[0], &packed, PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    PyArrayObject *rates = (PyArrayObject *)args[1];
    int status = -1;
    if (packed.len < (PyArray_DIM(rates, 0) + 7) / 8) {
        PyErr_SetString(PyExc_ValueError, "there is no room for the bits");
    }
    else {
        status = pack_rates(packed.buf, rates, key, index);
    }
    PyBuffer_Release(&packed);
    return status ? NULL : Py_NewRef(args[0]);
}
