/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which arguments the fast path takes. Others may be right or wrong: Python
 * decides, and raises the errors.
 */
#ifndef DROP_PYTHON_FAST_ARGS_H
#define DROP_PYTHON_FAST_ARGS_H

#include "python/numpy_api.h"
#include "array/job.h"

/* This very word. */
int drop_is_word(PyObject *text, const char *word);

/* A mode, and whether it trains. */
int drop_is_mode(PyObject *mode, int *train);

/* A number in [0, 1]: a float, an int or one of NumPy's. */
int drop_is_rate(PyObject *p, double *rate);

/* The axes of a tuple, or one axis, from the end where they are negative:
 * different ones of ndim, as bits. */
int drop_are_axes(PyObject *axes, int ndim, uint64_t *bits);

/* The lengths of a mask, a tuple or an int: of a job too, which has elements,
 * no more than NumPy can count. */
int drop_are_lengths(PyObject *shape, drop_job *job,
                     npy_intp lengths[DROP_MAX_AXES]);

/* A native ndarray of a dtype that results have, with an axis: where nothing
 * is to be done it is the result. */
int drop_is_plain(PyObject *array);

/* The larger array of which x is a block, its lengths, and where the block
 * begins; x itself where no larger array is named. The lengths are no more
 * than 2**64 elements. */
int drop_is_block(PyArrayObject *x, PyObject *full_shape, PyObject *start,
                  uint64_t whole[DROP_MAX_AXES],
                  uint64_t first[DROP_MAX_AXES]);

/* A complex array whose numbers' parts may be taken for one more axis: in C
 * order, with room for that axis. */
int drop_has_parts(PyArrayObject *x);

/* The parts of a complex array's numbers along an axis more; a real array
 * itself, and NULL for none. A new reference, to memory that x owns; NULL with
 * an exception set where there is no memory. */
PyArrayObject *drop_as_reals(PyArrayObject *x);

/* A plain array that there is a kernel for. */
int drop_has_kernel(PyArrayObject *x);

/* An array with an axis that repeats its first place: a new array like this
 * one would not have the order that NumPy gives to results. */
int drop_is_broadcast(PyArrayObject *x);

/* A plain array y of x's shape and dtype. */
int drop_is_alike(PyArrayObject *x, PyArrayObject *y);

/* An out for x and r (NULL: none) that are alike: like them, writeable, all of
 * them in C order, and each apart from it or the same array. */
int drop_is_target(PyArrayObject *x, PyArrayObject *r, PyArrayObject *out);

#endif
