/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/loop.h"

int
drop_count_work(drop_loop *loop, size_t n)
{
    loop->work += n;
    if (loop->work < DROP_POLL_EVERY) {
        return 0;
    }
    loop->work = 0;
    return drop_poll(loop->job->interrupt);
}

void
drop_copy_bits(drop_loop *loop, drop_writer *to, uint64_t index, size_t n)
{
    loop->work += DROP_SEGMENT; /* which may be drawn for these few */
    for (size_t i = 0; i < n;) {
        drop_bit_span some =
            drop_mask_reader_get(&loop->reader, index + i, n - i);
        drop_bits_copy(to, some.bits, some.offset, some.n);
        i += some.n;
    }
}
