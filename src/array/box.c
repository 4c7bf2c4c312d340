/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/box.h"

#include "array/columns.h"

/* With fewer places of the innermost axis, gathering bits takes no longer than
 * transposing them. */
#define TRANSPOSED_LEAST 32

/* The parts of the mask and of the memory that a box is extended to by turns,
 * in elements. With less of the mask more bits of segments would be drawn for
 * nothing, and with less of the memory less of it would be contiguous. */
static const size_t mask_parts[] = {DROP_SEGMENT, 2048};
static const size_t memory_parts[] = {64, 256, DROP_HELD_BITS};

/* Whether rows of some axes are transposed along the innermost of memory. */
static int
is_across(const drop_boxes *b, const size_t *places)
{
    const int last = b->axes - 1;
    return b->axis[last].mask > 1 && places[last] >= TRANSPOSED_LEAST;
}

/* Finds the axes of a row, and those that are far: an axis belongs to the row
 * unless its places are a segment or more apart. across is an axis that does
 * not, or -1. */
static void
find_row(drop_layout *l, const drop_boxes *b, int across)
{
    const size_t most = across < 0 ? DROP_ROW_MOST : DROP_COLUMNS;
    int is_open = 1;
    l->row = 1;
    l->fars = 0;
    for (int i = 0; i < b->drawn; i++) {
        const int a = b->by_mask[i];
        const uint64_t stride = b->axis[a].mask;
        const size_t n = l->places[a];
        l->held[a] = 0;
        if (n == 1) {
            continue;
        }
        if (a != across) {
            is_open = is_open && stride < l->row + DROP_SEGMENT &&
                      stride <= (most - l->row) / (n - 1);
        }
        if (a != across && is_open) {
            l->held[a] = (size_t)stride;
            l->row += (n - 1) * (size_t)stride;
        }
        else {
            l->far[l->fars++] = a;
        }
    }
}

/* Puts the axis across to the end of the far ones, or the longest of them:
 * rows along it are drawn together. */
static void
order_fars(drop_layout *l, int across)
{
    int last = 0;
    for (int i = 1; i < l->fars; i++) {
        const int a = l->far[i];
        if (l->far[last] != across &&
            (a == across || l->places[a] > l->places[l->far[last]])) {
            last = i;
        }
    }
    if (l->fars) {
        const int axis = l->far[last];
        l->far[last] = l->far[l->fars - 1];
        l->far[l->fars - 1] = axis;
    }
}

void
drop_layout_make(drop_layout *l, const drop_boxes *b, const size_t *places)
{
    const int last = b->axes - 1;
    memcpy(l->places, places, (size_t)b->axes * sizeof *places);
    memset(l->held, 0, sizeof l->held);
    find_row(l, b, is_across(b, places) ? last : -1);
    const int is_transposed = is_across(b, places) && l->row > 1;
    order_fars(l, is_transposed ? last : -1);
    int near = l->fars;
    l->pitch = 0;
    l->bits = l->row;
    if (is_transposed) {
        l->pitch = (places[last] + DROP_SQUARE - 1) / DROP_SQUARE * 8;
        l->bits *= 8 * l->pitch;
        for (int a = 0; a < last; a++) {
            l->held[a] *= 8 * l->pitch;
        }
        l->held[last] = 1;
        near--;
    }
    while (near) {
        const int a = l->far[--near];
        l->held[a] = l->bits;
        l->bits *= places[a];
    }
}

/* Extends a box along some axes, one after the other, until it has a number of
 * elements along them or as many bits as can be held. */
static void
extend(drop_boxes *b, const int *order, int axes, size_t target)
{
    size_t had = 1;
    for (int i = 0; i < axes && had < target; i++) {
        const drop_axis *axis = &b->axis[order[i]];
        size_t *places = &b->most[order[i]], before = *places;
        drop_layout layout;
        *places = (target - 1) / had + 1;
        *places = least(*places, axis->n);
        do {
            if (*places <= before) {
                *places = before;
                break;
            }
            drop_layout_make(&layout, b, b->most);
        } while (layout.bits > DROP_HELD_BITS && (*places = *places / 2));
        if (*places < axis->n) {
            return;
        }
        had *= *places;
    }
}

static void
sort_by_mask(drop_boxes *b)
{
    b->drawn = 0;
    for (int i = 0; i < b->axes; i++) {
        const uint64_t stride = b->axis[i].mask;
        int j = b->drawn;
        if (!stride) {
            continue;
        }
        for (; j && b->axis[b->by_mask[j - 1]].mask > stride; j--) {
            b->by_mask[j] = b->by_mask[j - 1];
        }
        b->by_mask[j] = i;
        b->drawn++;
    }
}

void
drop_boxes_choose(drop_boxes *b, const drop_plan *plan)
{
    int by_memory[DROP_MAX_AXES];
    b->axes = plan->outers + plan->shareds;
    memcpy(b->axis, plan->axis, (size_t)b->axes * sizeof *b->axis);
    b->axis[b->axes++] = plan->inner;
    drop_axes_sort(b->axis, b->axes);
    sort_by_mask(b);
    for (int i = 0; i < b->axes; i++) {
        by_memory[i] = b->axes - 1 - i;
        b->most[i] = b->axis[i].mask ? 1 : b->axis[i].n;
    }
    for (size_t i = 0; i < 2; i++) {
        extend(b, by_memory, b->axes, memory_parts[i]);
        extend(b, b->by_mask, b->drawn, mask_parts[i]);
    }
    extend(b, by_memory, b->axes, memory_parts[2]);
}
