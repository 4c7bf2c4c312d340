/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long work is stopped.
 */
#ifndef DROP_BASE_INTERRUPT_H
#define DROP_BASE_INTERRUPT_H

/* Asked now and then; not 0 ends the work. No stop: nobody is asked. */
typedef struct {
    int (*stop)(void *);
    void *context;
} drop_watch;

static inline int
drop_ask(drop_watch watch)
{
    return watch.stop ? watch.stop(watch.context) : 0;
}

#endif
