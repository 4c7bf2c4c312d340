/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/mask_reader.h"

void
drop_mask_reader_start(drop_mask_reader *reader, const drop_kernels *kernels,
                       const drop_sampler *sampler, const uint8_t *given,
                       uint64_t index)
{
    reader->kernels = kernels;
    reader->sampler = sampler;
    reader->given = given;
    reader->end = index - 1;
    reader->first = index - DROP_TILE; /* the first call continues no other */
    reader->offset = 0;
    reader->n = 0;
}

drop_bit_span
drop_mask_reader_get(drop_mask_reader *reader, uint64_t index, size_t n)
{
    if (reader->given) {
        return (drop_bit_span){reader->given + index / 8, index % 8, n};
    }
    size_t room = DROP_TILE - index % DROP_TILE;
    if (n > room) {
        n = room;
    }
    uint64_t at = index - reader->first;
    if (at + n > reader->n || at >= reader->n) {
        /* A call that continues where the last drawing ended is probably
         * followed by more: draws to the end of the tile, or of what is
         * wanted. */
        const uint64_t left = reader->end - index;
        const size_t ahead = left < room ? (size_t)left : room;
        const int goes_on = at - reader->n < DROP_SEGMENT && ahead > n;
        reader->n = goes_on ? ahead : n;
        reader->first = index;
        reader->offset =
            (size_t)(index - drop_draw(reader->kernels, reader->sampler,
                                       reader->bits, index, reader->n, NULL,
                                       NULL));
        at = 0;
    }
    return (drop_bit_span){reader->bits, reader->offset + (size_t)at, n};
}

void
drop_mask_reader_rows(const drop_mask_reader *reader, drop_writer *to,
                      uint64_t index, uint64_t stride, size_t rows, size_t n)
{
    if (stride == n) { /* contiguous rows are one */
        n *= rows;
        rows = 1;
    }
    for (size_t i = 0; reader->given && i < rows; i++) {
        const uint64_t at = index + i * stride;
        drop_bits_copy(to, reader->given, (size_t)at, n);
    }
    if (!reader->given) {
        drop_draw_rows(reader->kernels, reader->sampler, to, index, stride,
                       rows, n);
    }
}
