/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/box.h"

#include "array/box_layout.h"
#include "array/columns.h"

/* With fewer places of an axis that goes across the rows of the mask,
 * gathering bits takes no longer than transposing them. */
#define ACROSS_LEAST 16

/* The parts of the mask and of the memory that a box is extended to by turns,
 * in elements. With less of the mask more bits of segments would be drawn for
 * nothing, and with less of the memory less of it would be contiguous. */
static const size_t mask_parts[] = {DROP_SEGMENT, 2048};
static const size_t memory_parts[] = {64, 256, DROP_HELD_BITS};

/* Finds which axes belong to a row: from the smallest stride in the mask up,
 * until the places of one are, in whole boxes, a segment or more apart, or
 * farther than those of the axis across. Boxes with fewer places have the same
 * ones, so that no more bits are held for them. Returns 0 where a row would be
 * too long. */
static int
find_row_axes(drop_boxes *b)
{
    const int across = b->across;
    const size_t most = across < 0 ? DROP_HELD_BITS : DROP_ROW_COLUMNS;
    const uint64_t apart = across < 0 ? UINT64_MAX : b->axis[across].mask;
    size_t row = 1;
    for (b->in_row = 0; b->in_row < b->drawn; b->in_row++) {
        const int a = b->by_mask[b->in_row];
        const uint64_t stride = b->axis[a].mask;
        const size_t n = b->most[a];
        if (n == 1 || a == across) {
            continue;
        }
        if (stride >= row + DROP_SEGMENT || stride > apart) {
            return row <= DROP_ROW_MOST;
        }
        if (stride > (most - row) / (n - 1)) {
            return 0;
        }
        row += (n - 1) * (size_t)stride;
    }
    return 1;
}

/* Whether the bits of a whole box can be held. */
static int
can_be_held(drop_boxes *b)
{
    drop_layout layout;
    if (!find_row_axes(b)) {
        return 0;
    }
    drop_layout_make(&layout, b, b->most);
    return layout.bits <= DROP_HELD_BITS;
}

/* At most so many of n places, as few as make no more boxes. */
static size_t
even_places(size_t n, size_t most)
{
    const size_t boxes = (n - 1) / most + 1;
    return (n - 1) / boxes + 1;
}

/* Extends a box along some axes, one after the other, until it has a number of
 * elements along them or as many bits as can be held. */
static void
extend(drop_boxes *b, const int *order, int axes, size_t target)
{
    size_t had = 1;
    for (int i = 0; i < axes && had < target; i++) {
        const size_t n = b->axis[order[i]].n;
        size_t *places = &b->most[order[i]], before = *places;
        *places = even_places(n, (target - 1) / had + 1);
        while (*places > before && !can_be_held(b)) {
            *places = even_places(n, *places - (*places / 8 + 1));
        }
        *places = *places > before ? *places : before;
        if (*places < n) {
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

/* Finds the axis across: the innermost long one of memory, unless no other has
 * places that are near each other in the mask. */
static int
find_across(const drop_boxes *b)
{
    int across = b->axes - 1;
    size_t columns = 1;
    if (b->axis[across].mask < 2) {
        return -1;
    }
    for (; across && b->axis[across].n < ACROSS_LEAST; across--) {
        columns *= b->axis[across].n;
    }
    const drop_axis *axis = &b->axis[across];
    if (axis->mask < 2 || columns > DROP_COLUMNS_MOST ||
        axis->n < (columns > 1 ? DROP_LONG_COLUMNS : ACROSS_LEAST)) {
        return -1;
    }
    const int first = b->by_mask[b->by_mask[0] == across && b->drawn > 1];
    const int has_rows =
        first != across && b->axis[first].mask <= DROP_SEGMENT;
    return has_rows ? across : -1;
}

void
drop_boxes_choose(drop_boxes *b, const drop_plan *plan)
{
    int by_memory[DROP_MAX_AXES] = {0};
    b->axes = plan->outers + plan->shareds;
    memcpy(b->axis, plan->axis, (size_t)b->axes * sizeof *b->axis);
    b->axis[b->axes++] = plan->inner;
    drop_axes_sort(b->axis, b->axes);
    sort_by_mask(b);
    b->across = find_across(b);
    for (int i = 0; i < b->axes; i++) {
        by_memory[i] = b->axes - 1 - i;
        b->most[i] = b->axis[i].mask ? 1 : b->axis[i].n;
    }
    for (size_t i = 0; i < 2; i++) {
        extend(b, by_memory, b->axes, memory_parts[i]);
        extend(b, b->by_mask, b->drawn, mask_parts[i]);
    }
    extend(b, by_memory, b->axes, memory_parts[2]);
    find_row_axes(b); /* what was tried last may not be what was chosen */
}
