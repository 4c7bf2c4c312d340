/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long-running work is interrupted.
 */
#ifndef DROP_BASE_INTERRUPT_H
#define DROP_BASE_INTERRUPT_H

/* poll is called now and then during long work, and ends it by returning
 * anything but 0. NULL: the work cannot be interrupted. */
typedef struct {
    int (*poll)(void *);
    void *context;
} drop_interrupt;

static inline int
drop_poll(drop_interrupt interrupt)
{
    return interrupt.poll ? interrupt.poll(interrupt.context) : 0;
}

#endif
