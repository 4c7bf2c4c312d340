/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/pack_rates.h"

#include "base/bit_writer.h"

int
drop_pack_rates(const drop_kernels *kernels, uint8_t *to, const double *p,
                size_t n, uint64_t key, uint64_t index,
                drop_interrupt interrupt)
{
    uint8_t bits[DROP_TILE / 8 + DROP_BITS_PAD];
    drop_writer writer = {to, 0, 0};
    drop_sampler sampler;
    int status = 0;
    drop_sampler_start(&sampler, key, 0);
    for (size_t some; n && !status; p += some, index += some, n -= some) {
        /* To the end of a tile: the indices of a call do not pass 2**64. */
        const size_t before = index % DROP_SEGMENT;
        const size_t room = DROP_TILE - index % DROP_TILE;
        some = least(n, room);
        kernels->bernoulli_rates(bits, index, p, some, &sampler);
        drop_bits_copy(&writer, bits, before, some);
        status = drop_poll(interrupt);
    }
    drop_bits_end(&writer);
    return status;
}
