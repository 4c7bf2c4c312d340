/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bits -> bytes: the mask itself as a result, 1 where an element is kept.
 */
#include "kernels/kernels.h"

static void
bool_apply(void *out, const void *x, const void *r, const uint8_t *bits,
           size_t offset, size_t n, const drop_affine *affine, int hints)
{
    uint8_t *to = out;
    size_t whole = n / DROP_WORD * DROP_WORD;
    (void)x, (void)r, (void)affine, (void)hints;
    bits += offset / 8;
    offset %= 8;
    for (size_t i = 0; i < whole; i += DROP_WORD) {
        unpack32(to + i, load_bits32(bits + i / 8, offset));
    }
    if (whole < n) {
        uint8_t part[DROP_WORD];
        unpack32(part, load_bits32(bits + whole / 8, offset));
        memcpy(to + whole, part, n - whole);
    }
}
