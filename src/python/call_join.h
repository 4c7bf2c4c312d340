/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fractal joins, done.
 */
#ifndef DROP_PYTHON_CALL_JOIN_H
#define DROP_PYTHON_CALL_JOIN_H

#include "python/numpy_api.h"
#include "ops/join.h"
#include "ops/survivors.h"

/* A new join without arrays, to free with PyMem_Free: it is too large for a
 * small stack. NULL with an exception set where there is no memory. */
drop_join *drop_join_new(void);

/* The memory of a join: a tuple of paths, of out's shape and dtype. Returns -1
 * with an exception set, or 0. */
int drop_join_arrays(drop_join *job, PyArrayObject *out, PyObject *paths);

/* Removes the paths that do not survive; at least one does: a byte for each.
 */
void drop_join_select(drop_join *job, const uint8_t *keep);

/* Sets which paths survive in each sample, of a join that has its arrays and a
 * first axis of samples: a byte for each sample of each path. */
void drop_join_keep(drop_join *job, const uint8_t *keep);

/* Carry out the work. Return -1 with an exception set, or 0. */
int drop_do_join(drop_join *job);
int drop_do_survivors(drop_survivors *job);

#endif
