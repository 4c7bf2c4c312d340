/* SPDX-License-Identifier: BSD-3-Clause */
#include "python/release.h"

#include "base/threads.h"
#include "python/settings.h"

#include <fenv.h>

/* Jobs below this, of some 5 us, keep the GIL. Giving it up and taking it
 * again costs 0.3 us, a third of the time of 16 Ki elements at p = 0.5. */
#define MIN_ELEMENTS_TO_RELEASE 65536

/* The same for kernels in plain C, which take up to 6 ns for an element of a
 * half type: no work keeps the GIL for more than 0.1 ms. */
#define MIN_SCALAR_ELEMENTS_TO_RELEASE 8192

/* How often a long job looks for Ctrl-C, in seconds. */
#define SIGNAL_SECONDS 0.05

typedef struct {
    PyThreadState *thread;
    double next;
} signal_check;

static int
look_for_signals(void *context)
{
    signal_check *check = context;
    double time = drop_clock();
    int is_first = check->next == 0;
    if (time < check->next) {
        return 0;
    }
    check->next = time + SIGNAL_SECONDS;
    if (is_first) {
        return 0;
    }
    PyEval_RestoreThread(check->thread);
    int status = PyErr_CheckSignals();
    check->thread = PyEval_SaveThread();
    return status;
}

static int
is_long(size_t elements)
{
    return elements >= (drop_settings.kernels == &drop_kernels_scalar
                            ? MIN_SCALAR_ELEMENTS_TO_RELEASE
                            : MIN_ELEMENTS_TO_RELEASE);
}

/* Long work. */
static int
do_released(drop_work_fn *work, void *job)
{
    signal_check check = {NULL, 0};
    drop_interrupt interrupt = {NULL, NULL};
    /* Signals come to the main thread alone. Another thread would wait for the
     * GIL in the middle of its work, and could be ended there. */
    if (drop_is_main_thread()) {
        interrupt = (drop_interrupt){look_for_signals, &check};
    }
    const int threads = drop_threads_here();
    check.thread = PyEval_SaveThread();
    int status = work(job, threads, interrupt);
    PyEval_RestoreThread(check.thread);
    return status;
}

int
drop_release(drop_work_fn *work, void *job, size_t elements)
{
    const int before = fetestexcept(FE_ALL_EXCEPT);
    const int status = is_long(elements)
                           ? do_released(work, job)
                           : work(job, 1, (drop_interrupt){NULL, NULL});
    const int raised = fetestexcept(FE_ALL_EXCEPT) & ~before;
    if (raised) { /* Clearing is slow, and seldom needed. */
        feclearexcept(raised);
    }
    return status;
}
