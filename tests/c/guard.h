/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory between pages that must not be touched.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>

/* What fills memory that nothing was written to. */
enum { CANARY = 0xA5 };

/* Where in it something lies: with the forbidden page right before it or
 * right behind it, or at any address between. */
typedef enum { AT_BEGIN, AT_END, WITHIN, PLACES } guard_place;

typedef struct {
    uint8_t *first;
    size_t size;
} guard;

/* Pages of at least some bytes, filled with canaries. */
guard guard_new(size_t size);
void guard_free(guard pages);

/* Where size bytes begin; address 0 modulo align, which AT_END takes only from
 * a size that is so too. */
uint8_t *guard_put(guard pages, size_t size, guard_place place, size_t align);

/* Whether the bytes around some are canaries, and makes those canaries too. */
int guard_is_clean(guard pages, uint8_t *at, size_t size);

/* Forbids a whole page, or allows it again. */
void guard_forbid(uint8_t *page, int forbidden);
size_t guard_page(void);

#endif
