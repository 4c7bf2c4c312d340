/* SPDX-License-Identifier: BSD-3-Clause
 *
 * DropConnect's arrays -> masked products.
 */
#include "ops/masked_matmul.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/job_mask.h"
#include "python/release.h"
#include "python/settings.h"

/* Whether an array is native, of two axes and of this dtype. */
static int
is_matrix(PyObject *arg, int type)
{
    PyArrayObject *array = (PyArrayObject *)arg;
    return PyArray_Check(arg) && PyArray_NDIM(array) == 2 &&
           PyArray_TYPE(array) == type && PyArray_ISNOTSWAPPED(array);
}

static int
are_side_by_side(PyArrayObject *array)
{
    return PyArray_STRIDE(array, 1) == PyArray_ITEMSIZE(array) ||
           PyArray_DIM(array, 1) < 2 || PyArray_SIZE(array) == 0;
}

/* Shapes: sums (samples, outputs), a (samples, depth), m (depth, outputs); for
 * transposed the first two change places. */
static int
parse_arrays(drop_masked_matmul *job, PyObject *const *args)
{
    PyArrayObject *sum = (PyArrayObject *)args[0];
    PyArrayObject *a = (PyArrayObject *)args[1];
    PyArrayObject *m = (PyArrayObject *)args[2];
    int type = PyArray_Check(args[0]) ? PyArray_TYPE(sum) : NPY_NOTYPE;
    if ((type != NPY_FLOAT && type != NPY_DOUBLE) ||
        !is_matrix(args[0], type) || !is_matrix(args[1], type) ||
        !is_matrix(args[2], type) || !PyArray_ISWRITEABLE(sum)) {
        PyErr_SetString(PyExc_TypeError, "expected matrices of one dtype");
        return -1;
    }
    PyArrayObject *by_output = job->transposed ? a : sum;
    PyArrayObject *by_k = job->transposed ? sum : a;
    job->dtype = type == NPY_FLOAT ? DROP_F32 : DROP_F64;
    job->sum = PyArray_BYTES(sum);
    job->a = PyArray_BYTES(a);
    job->m = PyArray_BYTES(m);
    job->width = (size_t)PyArray_DIM(m, 1);
    job->sample = (drop_side){.n = (size_t)PyArray_DIM(sum, 0),
                              .sum = PyArray_STRIDE(sum, 0),
                              .a = PyArray_STRIDE(a, 0)};
    job->k = (drop_side){.n = (size_t)PyArray_DIM(m, 0),
                         .sum = PyArray_STRIDE(sum, 1),
                         .a = PyArray_STRIDE(a, 1),
                         .m = PyArray_STRIDE(m, 0)};
    if (PyArray_DIM(a, 0) != PyArray_DIM(sum, 0) ||
        PyArray_DIM(by_output, 1) != PyArray_DIM(m, 1) ||
        PyArray_DIM(by_k, 1) != PyArray_DIM(m, 0) ||
        !are_side_by_side(by_output) || !are_side_by_side(m)) {
        PyErr_SetString(PyExc_ValueError, "the matrices do not fit");
        return -1;
    }
    return 0;
}

static int
run_matmul(void *work, int threads, drop_interrupt interrupt)
{
    return drop_masked_matmul_run(work, threads, interrupt);
}

/* The mask of the products, whose axes are samples, k and outputs. */
static int
parse_mask(drop_masked_matmul *job, PyObject *arg)
{
    Py_buffer given = {0};
    drop_job mask = {.axes = 3};
    mask.axis[0].n = job->sample.n;
    mask.axis[1].n = job->k.n;
    mask.axis[2].n = job->width;
    int status = drop_parse_mask(&mask, &given, arg);
    PyBuffer_Release(&given);
    if (status < 0) {
        return -1;
    }
    job->sampler = mask.sampler;
    job->index = mask.index;
    job->sample.mask = mask.axis[0].mask;
    job->k.mask = mask.axis[1].mask;
    if (mask.given || mask.axis[2].mask != 1 ||
        (job->sample.mask != job->width && job->k.mask != job->width)) {
        PyErr_SetString(PyExc_ValueError, "no such mask");
        return -1;
    }
    return 0;
}

PyObject *
drop_core_masked_matmul(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_masked_matmul job = {.kernels = drop_settings.kernels};
    (void)self;
    if (drop_count("masked_matmul", n, 5) < 0) {
        return NULL;
    }
    job.transposed = args[3] == Py_True;
    if (parse_arrays(&job, args) < 0 || parse_mask(&job, args[4]) < 0) {
        return NULL;
    }
    if (drop_release(run_matmul, &job, drop_masked_matmul_work(&job)) < 0) {
        return NULL;
    }
    return Py_NewRef(args[0]);
}
