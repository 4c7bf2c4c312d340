/* SPDX-License-Identifier: BSD-3-Clause */
#include "array/box_layout.h"

#include "array/columns.h"

/* Lets rows lie along an axis: one more, or the last one, if its rows follow
 * each other. held counts rows. */
static void
add_row_axis(drop_layout *l, int a, uint64_t stride)
{
    const size_t n = l->places[a];
    const int last = l->row_axes - 1;
    if (l->row_axes &&
        stride == l->row_axis[last].mask * l->row_axis[last].n) {
        l->held[a] = l->row_axis[last].n;
        l->row_axis[last].n *= n;
    }
    else {
        l->held[a] = 1;
        l->row_axis[l->row_axes++] = (drop_row_axis){stride, n};
    }
    l->row_axis_of[a] = l->row_axes - 1;
}

/* Finds the bits of a row, and the axes along which rows lie. The axis across
 * is left out. */
static void
find_rows(drop_layout *l, const drop_boxes *b)
{
    l->row = 1;
    l->row_axes = 0;
    for (int a = 0; a < b->axes; a++) {
        l->held[a] = 0;
        l->row_axis_of[a] = -1;
    }
    for (int i = 0; i < b->drawn; i++) {
        const int a = b->by_mask[i];
        const uint64_t stride = b->axis[a].mask;
        if (l->places[a] == 1 || a == b->across) {
            continue;
        }
        if (i >= b->in_row) {
            add_row_axis(l, a, stride);
            continue;
        }
        l->held[a] = (size_t)stride;
        l->row += (l->places[a] - 1) * (size_t)stride;
    }
}

/* Puts the longest row axis first: rows along it are drawn together. */
static void
put_longest_first(drop_layout *l, int axes)
{
    int longest = 0;
    for (int i = 1; i < l->row_axes; i++) {
        longest = l->row_axis[i].n > l->row_axis[longest].n ? i : longest;
    }
    const drop_row_axis first = l->row_axis[longest];
    l->row_axis[longest] = l->row_axis[0];
    l->row_axis[0] = first;
    for (int a = 0; a < axes; a++) {
        int *of = &l->row_axis_of[a];
        *of = *of == longest ? 0 : *of == 0 ? longest : *of;
    }
}

/* Makes columns of the rows. */
static void
hold_columns(drop_layout *l, const drop_boxes *b)
{
    const size_t squares = (l->places[b->across] - 1) / DROP_SQUARE + 1;
    l->pitch = squares * DROP_SQUARE / 8;
    for (int a = 0; a < b->axes; a++) {
        l->held[a] *= l->row_axis_of[a] < 0 ? 8 * l->pitch : 1;
    }
    l->held[b->across] = 1;
    l->bits *= 8 * l->pitch;
}

/* Holds rows, or their columns, end to end, along the first row axis
 * innermost. */
static void
hold_rows(drop_layout *l, const drop_boxes *b)
{
    for (int i = 0; i < l->row_axes; i++) {
        for (int a = 0; a < b->axes; a++) {
            l->held[a] *= l->row_axis_of[a] == i ? (size_t)l->bits : 1;
        }
        l->bits *= l->row_axis[i].n;
    }
}

void
drop_layout_make(drop_layout *l, const drop_boxes *b, const size_t *places)
{
    memcpy(l->places, places, (size_t)b->axes * sizeof *places);
    find_rows(l, b);
    l->bits = l->row;
    l->pitch = 0;
    if (b->across >= 0) {
        hold_columns(l, b);
    }
    if (l->row_axes && b->across < 0) {
        put_longest_first(l, b->axes);
    }
    hold_rows(l, b);
}
