/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the module share.
 */
#ifndef DROP_PYTHON_CALLS_H
#define DROP_PYTHON_CALLS_H

#include "python/job_from_numpy.h"

/* What the package has set, for all calls to come. */
extern struct drop_settings {
    const drop_kernels *kernels;
    int threads;
    size_t cache; /* bytes of the last one */
} drop_settings;

/* Some work on at most some threads; returns what the interrupt said. */
typedef int drop_work(void *job, int threads, drop_interrupt interrupt);

/* Does work on so many cells, without the GIL and on threads where that is
 * long, looking for Ctrl-C. Returns -1 with an exception set, or 0. */
int drop_release(drop_work *work, void *job, size_t cells);

/* Does a job: packs to to, or walks where to
 * is NULL. Returns -1 with an exception set, or 0. */
int drop_do(drop_job *job, uint8_t *to);

/* The key of one call, from the number of a Key, or None and a Generator or
 * None. Returns -1 with an exception set, 1 for any other rng, or 0. */
int drop_key_from_rng(uint64_t *key, PyObject *number, PyObject *rng);

/* Functions of the module, all METH_FASTCALL. */
PyObject *drop_core_select(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_pack(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_block_mask(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_masked_matmul(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_dropout(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_drop_path(PyObject *, PyObject *const *, Py_ssize_t);
PyObject *drop_core_keep_mask(PyObject *, PyObject *const *, Py_ssize_t);

/* Returns -1 with an exception set where n is not the expected number. */
int drop_count(const char *function, Py_ssize_t n, Py_ssize_t expected);

#endif
