/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long work is stopped.
 */
#ifndef DROP_BASE_INTERRUPT_H
#define DROP_BASE_INTERRUPT_H

/* Asked now and then; not 0 ends the work. No stop: nobody is asked. */
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
