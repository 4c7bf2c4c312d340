/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The functions of the module; module.c has their signatures.
 */
#ifndef DROP_PYTHON_CALLS_H
#define DROP_PYTHON_CALLS_H

#include "python/numpy_api.h"

typedef PyObject *drop_fastcall(PyObject *, PyObject *const *, Py_ssize_t);

drop_fastcall drop_core_dropout, drop_core_spatial_dropout, drop_core_replace;
drop_fastcall drop_core_drop_path, drop_core_keep_mask, drop_core_elementwise;
drop_fastcall drop_core_fractal_join;
drop_fastcall drop_core_apply, drop_core_pack;
drop_fastcall drop_core_block_mask, drop_core_masked_matmul;
drop_fastcall drop_core_survivors, drop_core_join;
drop_fastcall drop_core_uniforms, drop_core_choices, drop_core_child;
drop_fastcall drop_core_pack_rates;
drop_fastcall drop_core_take_rows, drop_core_add_rows, drop_core_empty_like;

typedef PyObject *drop_onecall(PyObject *, PyObject *);

drop_onecall drop_core_draw_key, drop_core_lazy_key;
drop_onecall drop_core_pack_given, drop_core_threshold, drop_core_address;
drop_onecall drop_core_isas, drop_core_isa, drop_core_use;
drop_onecall drop_core_threads, drop_core_set_threads;
drop_fastcall drop_core_on_one_thread;

#endif
