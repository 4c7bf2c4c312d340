/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Element-wise jobs, and masks alone.
 */
#include "python/call_apply.h"

#include "array/pack.h"
#include "array/traverse.h"
#include "python/args.h"
#include "python/calls.h"
#include "python/job_from_numpy.h"
#include "python/job_mask.h"
#include "python/release.h"
#include "python/settings.h"

typedef struct {
    drop_job *job;
    uint8_t *to;
} packing;

static int
traverse(void *work, int threads, drop_interrupt interrupt)
{
    return drop_traverse(work, threads, interrupt);
}

static int
pack(void *work, int threads, drop_interrupt interrupt)
{
    packing *p = work;
    (void)threads;
    return drop_pack(p->job, p->to, interrupt);
}

int
drop_do(drop_job *job, uint8_t *packed)
{
    const size_t elements = drop_job_work(job);
    job->op.kernels = drop_settings.kernels;
    return packed ? drop_release(pack, &(packing){job, packed}, elements)
                  : drop_release(traverse, job, elements);
}

PyObject *
drop_core_apply(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0};
    PyArrayObject *x, *r, *out, *factors;
    int status = -1;
    (void)self;
    if (drop_count("apply", n, 5) < 0 || drop_parse_array(&out, args[0]) < 0 ||
        drop_parse_array(&x, args[1]) < 0 ||
        drop_parse_array(&r, args[2]) < 0 ||
        drop_parse_affine(&job.op.affine, &factors, args[4]) < 0) {
        return NULL;
    }
    const drop_form form = job.op.affine.form;
    const int needs_r = form == DROP_RESIDUAL || form == DROP_REPLACE;
    if ((r != NULL) != needs_r || !out ||
        (!x && (form == DROP_NOISE || form == DROP_REPLACE))) {
        PyErr_SetString(PyExc_TypeError, "an array is missing or too many");
        return NULL;
    }
    if (drop_job_arrays(&job, out, x, r) == 0 &&
        drop_parse_mask(&job, &given, args[3]) == 0 &&
        (!factors || drop_parse_factors(&job, factors) == 0)) {
        status = drop_do(&job, NULL);
    }
    PyBuffer_Release(&given);
    return status ? NULL : Py_NewRef(args[0]);
}

PyObject *
drop_core_pack(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    drop_job job;
    Py_buffer given = {0}, out = {0};
    int status = -1;
    (void)self;
    if (drop_count("pack", n, 3) < 0 || drop_job_shape(&job, args[1]) < 0) {
        return NULL;
    }
    job.op = (drop_operation){.dtype = DROP_BOOL};
    if (drop_parse_mask(&job, &given, args[2]) == 0 &&
        PyObject_GetBuffer(args[0], &out, PyBUF_WRITABLE) == 0) {
        const size_t cells = drop_job_size(&job);
        if ((size_t)out.len >= cells / 8 + (cells % 8 != 0)) {
            status = drop_do(&job, out.buf);
        }
        else {
            PyErr_SetString(PyExc_ValueError, "out has no room for the bits");
        }
    }
    PyBuffer_Release(&given);
    PyBuffer_Release(&out);
    return status ? NULL : Py_NewRef(args[0]);
}
