/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An allocator to preload on glibc: the n-th allocation of the process after
 * fail_at(n) fails, those before and after it do not. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_long left = -1;
static atomic_int is_armed;

void
fail_at(long n)
{
    atomic_store(&left, n);
    atomic_store(&is_armed, 1);
}

/* Ends the search. Returns whether an allocation failed. */
int
has_failed(void)
{
    atomic_store(&is_armed, 0);
    return atomic_load(&left) < 0;
}

static int
fails(void)
{
    if (!atomic_load(&is_armed) || atomic_fetch_sub(&left, 1) != 0) {
        return 0;
    }
    errno = ENOMEM;
    return 1;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int
posix_memalign(void **block, size_t alignment, size_t size)
{
    void *found = fails() ? NULL : __libc_memalign(alignment, size);
    if (found) {
        *block = found;
    }
    return found ? 0 : ENOMEM;
}
