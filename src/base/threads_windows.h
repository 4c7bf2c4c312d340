/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What base/threads.c needs of a system, by the calls of Windows.
 */
#ifndef DROP_BASE_THREADS_WINDOWS_H
#define DROP_BASE_THREADS_WINDOWS_H

#include <windows.h>
#include <process.h>
#include <tlhelp32.h>

typedef HANDLE thread;

typedef struct {
    SRWLOCK lock;
    CONDITION_VARIABLE signal;
} monitor;

#define MONITOR_INITIALIZER                   \
    {                                         \
        SRWLOCK_INIT, CONDITION_VARIABLE_INIT \
    }

/* Nothing runs where a thread ends within a block. Python ends threads that
 * ask for the GIL after the interpreter has ended, but the main thread, which
 * alone polls, is the one that ends it. */
#define CLEANUP_PUSH(function, argument)
#define CLEANUP_POP(function, argument) function(argument)

/* When a thread was started; the latest time where that is not known. */
static ULONGLONG
start_time(DWORD id)
{
    FILETIME start, other;
    ULARGE_INTEGER time = {.QuadPart = ~0ULL};
    HANDLE handle = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (handle) {
        if (GetThreadTimes(handle, &start, &other, &other, &other)) {
            time.LowPart = start.dwLowDateTime;
            time.HighPart = start.dwHighDateTime;
        }
        CloseHandle(handle);
    }
    return time.QuadPart;
}

/* The thread of this process that was started first; 0 where that is not
 * known. */
static DWORD
find_main_thread(void)
{
    DWORD first = 0;
    ULONGLONG earliest = ~0ULL;
    THREADENTRY32 each = {.dwSize = sizeof each};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (all == INVALID_HANDLE_VALUE) {
        return 0;
    }
    for (BOOL is_one = Thread32First(all, &each); is_one;
         is_one = Thread32Next(all, &each)) {
        if (each.th32OwnerProcessID == GetCurrentProcessId()) {
            ULONGLONG time = start_time(each.th32ThreadID);
            if (time < earliest) {
                earliest = time;
                first = each.th32ThreadID;
            }
        }
    }
    CloseHandle(all);
    return first;
}

int
drop_is_main_thread(void)
{
    /* Found once, since it takes milliseconds: all threads of the system are
     * looked at. */
    static _Atomic(DWORD) main_thread;
    if (!atomic_load(&main_thread)) {
        atomic_store(&main_thread, find_main_thread());
    }
    return GetCurrentThreadId() == atomic_load(&main_thread);
}

double
drop_clock(void)
{
    return 1e-3 * (double)GetTickCount64();
}

static unsigned __stdcall worker(void *queue)
{
    serve(queue);
    return 0;
}

/* Starts a worker. Returns whether the system did so. */
static int
start_thread(thread *new, void *queue)
{
    *new = (HANDLE)_beginthreadex(NULL, STACK_BYTES, worker, queue,
                                  STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return *new != NULL;
}

static void
join_thread(thread old)
{
    WaitForSingleObject(old, INFINITE);
    CloseHandle(old);
}

static void
enter(monitor *m)
{
    AcquireSRWLockExclusive(&m->lock);
}

static void
leave(monitor *m)
{
    ReleaseSRWLockExclusive(&m->lock);
}

static void
wake(monitor *m)
{
    WakeConditionVariable(&m->signal);
}

/* Waits for a signal, or without one until it is time to poll. Returns whether
 * there was one, or seemed to be. */
static int
wait_for_signal(monitor *m)
{
    return SleepConditionVariableSRW(&m->signal, &m->lock, POLL_MILLISECONDS,
                                     0);
}

static void
destroy(monitor *m)
{
    (void)m;
}

#endif
