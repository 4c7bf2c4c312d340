/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/box.h"

#include "array/columns.h"

/* With fewer places of an axis that goes across the rows of the mask,
 * gathering bits takes no longer than transposing them. */
#define ACROSS_LEAST 16

/* The parts of the mask and of the memory that a box is extended to by turns,
 * in elements. With less of the mask more bits of segments would be drawn for
 * nothing, and with less of the memory less of it would be contiguous. */
static const size_t mask_parts[] = {DROP_SEGMENT, 2048};
static const size_t memory_parts[] = {64, 256, DROP_HELD_BITS};

/* Adds an axis along which rows are far apart. Returns the far one that it is
 * in: that before it, if its rows follow each other. */
static int
add_far(drop_layout *l, const drop_axis *axis, size_t n)
{
    const int last = l->fars - 1;
    if (l->fars && axis->mask == l->far[last].mask * l->far[last].n) {
        l->far[last].n *= n;
        return last;
    }
    l->far[l->fars] = (drop_far){axis->mask, n};
    return l->fars++;
}

/* Finds the axes of a row, and those that are far: an axis belongs to the row
 * unless its places are a segment or more apart, or farther than those of the
 * axis across, which is left out.
 * Returns 0 where the row would be too long, also for a box with fewer places
 * of the axes that it has not whole: with them an axis may become far. */
static int
find_row(drop_layout *l, const drop_boxes *b)
{
    const size_t most = b->across < 0 ? DROP_HELD_BITS : DROP_ROW_COLUMNS;
    const uint64_t across =
        b->across < 0 ? UINT64_MAX : b->axis[b->across].mask;
    int are_whole = 1;
    l->row = 1;
    l->fars = 0;
    for (int a = 0; a < b->axes; a++) {
        l->held[a] = 0;
        l->far_of[a] = -1;
    }
    for (int i = 0; i < b->drawn; i++) {
        const int a = b->by_mask[i];
        const uint64_t stride = b->axis[a].mask;
        const size_t n = l->places[a];
        if (n == 1 || a == b->across) {
            continue;
        }
        if (l->fars || stride >= l->row + DROP_SEGMENT || stride > across) {
            l->far_of[a] = add_far(l, &b->axis[a], n);
            continue;
        }
        if (stride > (most - l->row) / (n - 1) ||
            (l->row > DROP_ROW_MOST && !are_whole)) {
            return 0;
        }
        are_whole &= n == b->axis[a].n;
        l->held[a] = (size_t)stride;
        l->row += (n - 1) * (size_t)stride;
    }
    return l->fars == 0 || l->row <= DROP_ROW_MOST;
}

/* Puts the longest far axis first: rows along it are drawn together. */
static void
put_longest_first(drop_layout *l, int axes)
{
    int longest = 0;
    for (int i = 1; i < l->fars; i++) {
        longest = l->far[i].n > l->far[longest].n ? i : longest;
    }
    const drop_far first = l->far[longest];
    l->far[longest] = l->far[0];
    l->far[0] = first;
    for (int a = 0; a < axes; a++) {
        l->far_of[a] = l->far_of[a] == longest ? 0
                       : l->far_of[a] == 0     ? longest
                                               : l->far_of[a];
    }
}

/* Holds the rows of the far axes end to end, along the first one innermost. */
static void
hold_fars(drop_layout *l, const drop_boxes *b)
{
    for (int i = 0; i < l->fars; i++) {
        for (int a = 0; a < b->axes; a++) {
            if (l->far_of[a] == i) {
                const uint64_t places = b->axis[a].mask / l->far[i].mask;
                l->held[a] = (size_t)places * l->bits;
            }
        }
        l->bits *= l->far[i].n;
    }
}

/* Makes columns of the rows. */
static void
hold_columns(drop_layout *l, const drop_boxes *b)
{
    const size_t squares = (l->places[b->across] - 1) / DROP_SQUARE + 1;
    l->pitch = squares * DROP_SQUARE / 8;
    for (int a = 0; a < b->axes; a++) {
        l->held[a] *= 8 * l->pitch;
    }
    l->held[b->across] = 1;
    l->bits *= 8 * l->pitch;
}

int
drop_layout_make(drop_layout *l, const drop_boxes *b, const size_t *places)
{
    memcpy(l->places, places, (size_t)b->axes * sizeof *places);
    if (!find_row(l, b)) {
        return 0;
    }
    l->bits = l->row;
    l->pitch = 0;
    if (b->across >= 0) {
        hold_columns(l, b);
    }
    if (l->fars) {
        if (b->across < 0) {
            put_longest_first(l, b->axes);
        }
        hold_fars(l, b);
    }
    return l->bits <= DROP_HELD_BITS;
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
        while (*places > before && !drop_layout_make(&layout, b, b->most)) {
            *places -= *places / 8 + 1;
        }
        *places = *places > before ? *places : before;
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
    for (int i = 0; i < b->axes; i++) {
        const size_t boxes = (b->axis[i].n - 1) / b->most[i] + 1;
        b->most[i] = (b->axis[i].n - 1) / boxes + 1;
    }
}
