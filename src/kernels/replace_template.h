/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits x items of one size: #define TYPE item1, item2, item4, item8 or item16
 * before each inclusion. Bytes are selected and copied; nothing is computed.
 */

typedef T_(v) T_(_factor); /* of which there are none */

DROP_INLINE
T_(v) T_(_kept)(T_(v) x, T_(v) r, const T_(_factor) * factor, drop_form form)
{
    (void)r, (void)factor, (void)form;
    return x;
}

#include "kernels/run_template.h"

static void
T_(_apply)(void *out, const void *x, const void *r, const uint8_t *bits,
           size_t offset, size_t n, const drop_affine *affine, int hints)
{
    char fill[T_(_lanes) * T_(_size)];
    for (size_t at = 0; at < sizeof fill; at += T_(_size)) {
        memcpy(fill + at, affine->fill, T_(_size));
    }
    const T_(_factor) *factor = NULL;
    const T_(v) dropped = T_(_load)(fill);
    r = reads_r(affine->form) ? r : x; /* NULL cannot be added to */
    switch (affine->form << 2 | hints) {
        RUN_CASES(DROP_REPLACE);
        RUN_CASES(DROP_FILL);
    }
}

#undef TYPE
#undef VECTOR
