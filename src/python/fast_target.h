/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which arrays the fast path stores results in.
 */
#ifndef DROP_PYTHON_FAST_TARGET_H
#define DROP_PYTHON_FAST_TARGET_H

#include "python/numpy_api.h"

/* Whether out serves x and r (NULL: none), which are alike: it is writeable
 * and like them, has a place for each element, and x and r each lie as out
 * does, on the same memory, or are disjoint from it. */
int drop_is_target(PyArrayObject *x, PyArrayObject *r, PyArrayObject *out);

#endif
