/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which arguments the fast path takes. It declines others, right or wrong: the
 * Python package takes those, and raises the errors.
 */
#ifndef DROP_PYTHON_FAST_ARGS_H
#define DROP_PYTHON_FAST_ARGS_H

#include "python/numpy_api.h"
#include "array/job.h"

/* Whether text is a str equal to word. */
int drop_is_word(PyObject *text, const char *word);

/* Whether mode is a mode; *train: whether it is "train". */
int drop_is_mode(PyObject *mode, int *train);

/* Whether p is a float, an int or one of NumPy's real numbers, and in [0, 1].
 */
int drop_is_rate(PyObject *p, double *rate);

/* Whether axes is an int or a tuple of different ints, negative ones counted
 * from the end, that are axes of ndim. *bits: the set of them. */
int drop_are_axes(PyObject *axes, int ndim, uint64_t *bits);

/* Whether shape is an int or a tuple of ints. Fills the job's axes and
 * lengths; declines empty masks and those beyond npy_intp. */
int drop_are_lengths(PyObject *shape, drop_job *job,
                     npy_intp lengths[DROP_MAX_AXES]);

/* Whether an object is an ndarray, not of a subclass, in native byte order,
 * with at least one axis. */
int drop_is_native(PyObject *array);

/* The same of a floating-point or complex dtype: where nothing is to be done
 * it is the result. */
int drop_is_plain(PyObject *array);

/* The same of integers or bools: they become float64. Declines large arrays,
 * which are converted part by part. */
int drop_is_small_integral(PyObject *array);

/* Whether full_shape and start, or None, say of which larger array x is a
 * block. Fills that array's lengths and where the block begins; x is the whole
 * where they are None. The larger array has no more than 2**64 elements. */
int drop_is_block(PyArrayObject *x, PyObject *full_shape, PyObject *start,
                  uint64_t whole[DROP_MAX_AXES],
                  uint64_t first[DROP_MAX_AXES]);

/* Whether x is a complex array with a kernel for its real and imaginary parts,
 * and room for them as one more axis. */
int drop_has_parts(PyArrayObject *x);

/* Whether y is a native array of x's shape and dtype. */
int drop_is_alike(PyArrayObject *x, PyArrayObject *y);

#endif
