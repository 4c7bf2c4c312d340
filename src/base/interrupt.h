/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A poll by which long work can be stopped.
 */
#ifndef DROP_BASE_INTERRUPT_H
#define DROP_BASE_INTERRUPT_H

#include <stddef.h>
#include <stdint.h>

/* Elements between two polls: 0.1 to 1 ms. */
#define DROP_POLL_EVERY (UINT32_C(1) << 20)

/* poll is called during long work, and ends it by returning anything but 0.
 * NULL: the work cannot be interrupted. */
typedef struct {
    int (*poll)(void *);
    void *context;
} drop_interrupt;

/* Who polls, and how many elements were done since the last poll. */
typedef struct {
    drop_interrupt interrupt;
    size_t work;
} drop_poller;

static inline int
drop_poll(drop_interrupt interrupt)
{
    return interrupt.poll ? interrupt.poll(interrupt.context) : 0;
}

/* Counts elements that were done, and polls after each DROP_POLL_EVERY. */
static inline int
drop_count_work(drop_poller *poller, size_t n)
{
    poller->work += n;
    if (poller->work < DROP_POLL_EVERY) {
        return 0;
    }
    poller->work = 0;
    return drop_poll(poller->interrupt);
}

#endif
