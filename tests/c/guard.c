/* SPDX-License-Identifier: BSD-3-Clause */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "guard.h"

#include "chance.h"
#include "check.h"

#include <string.h>

/* Bytes on each side that guard_is_clean looks at: the widest vector. */
enum { AROUND = 64 };

/* Pages of a system: allocated, or NULL; freed; one forbidden or allowed. */
#if defined(_WIN32)

#include <windows.h>

static const size_t page_size = 4096;

static void *
allocate(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static int
release(void *pages, size_t size)
{
    (void)size;
    return VirtualFree(pages, 0, MEM_RELEASE) ? 0 : -1;
}

static int
protect(uint8_t *page, int forbidden)
{
    DWORD rights = forbidden ? PAGE_NOACCESS : PAGE_READWRITE, before;
    return VirtualProtect(page, page_size, rights, &before) ? 0 : -1;
}

#elif defined(__wasm__) /* nothing can be forbidden: canaries are all */

#include <stdlib.h>

static const size_t page_size = 4096;

static void *
allocate(size_t size)
{
    return aligned_alloc(page_size, size);
}

static int
release(void *pages, size_t size)
{
    (void)size;
    free(pages);
    return 0;
}

static int
protect(uint8_t *page, int forbidden)
{
    (void)page, (void)forbidden;
    return 0;
}

#else

#include <sys/mman.h>
#include <unistd.h>

#define page_size ((size_t)sysconf(_SC_PAGESIZE))

static void *
allocate(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static int
release(void *pages, size_t size)
{
    return munmap(pages, size);
}

static int
protect(uint8_t *page, int forbidden)
{
    int rights = forbidden ? PROT_NONE : PROT_READ | PROT_WRITE;
    return mprotect(page, page_size, rights);
}

#endif

size_t
guard_page(void)
{
    return page_size;
}

void
guard_forbid(uint8_t *page, int forbidden)
{
    if (protect(page, forbidden)) {
        fail("a page cannot be forbidden");
    }
}

guard
guard_new(size_t size)
{
    size_t page = guard_page(), pages = size / page + 1;
    uint8_t *all = allocate((pages + 2) * page);
    if (!all) {
        fail("no memory for %zu pages", pages + 2);
    }
    guard_forbid(all, 1);
    guard_forbid(all + (pages + 1) * page, 1);
    memset(all + page, CANARY, pages * page);
    return (guard){all + page, pages * page};
}

void
guard_free(guard pages)
{
    size_t page = guard_page();
    if (release(pages.first - page, pages.size + 2 * page)) {
        fail("pages cannot be freed");
    }
}

uint8_t *
guard_put(guard pages, size_t size, guard_place place, size_t align)
{
    size_t room = pages.size - size;
    if (place == AT_END && room % align == 0) {
        return pages.first + room;
    }
    if (place == WITHIN) {
        size_t most = room < 2 * AROUND ? room : 2 * AROUND;
        return pages.first + below(most / align + 1) * align;
    }
    return pages.first;
}

static int
are_canaries(const uint8_t *from, const uint8_t *to)
{
    while (from < to && *from == CANARY) {
        from++;
    }
    return from >= to;
}

int
guard_is_clean(guard pages, uint8_t *at, size_t size)
{
    const uint8_t *end = pages.first + pages.size, *behind = at + size;
    size_t before = (size_t)(at - pages.first);
    size_t after = (size_t)(end - behind);
    before = before < AROUND ? before : AROUND;
    after = after < AROUND ? after : AROUND;
    int clean =
        are_canaries(at - before, at) && are_canaries(behind, behind + after);
    memset(at, CANARY, size);
    return clean;
}
