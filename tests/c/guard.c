/* SPDX-License-Identifier: BSD-3-Clause */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "guard.h"

#include "chance.h"
#include "check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes on each side that guard_is_clean looks at: the widest vector. */
enum { AROUND = 64 };

size_t
guard_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void
guard_forbid(uint8_t *page, int forbidden)
{
    int rights = forbidden ? PROT_NONE : PROT_READ | PROT_WRITE;
    if (mprotect(page, guard_page(), rights)) {
        fail("mprotect failed");
    }
}

guard
guard_new(size_t size)
{
    size_t page = guard_page(), pages = size / page + 1;
    uint8_t *all = mmap(NULL, (pages + 2) * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        fail("mmap of %zu pages failed", pages + 2);
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
    munmap(pages.first - page, pages.size + 2 * page);
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
