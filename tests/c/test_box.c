/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Boxes of any axes: their bits can be held, and each element has the bit of
 * its index.
 */
#include "chance.h"
#include "check.h"
#include "array/box_run.h"

#include <string.h>

enum { TIMES = 3000, AXES = 6 };

/* The index of the element that each bit is of, as the rows of a box are
 * drawn. */
static uint64_t drawn[DROP_HELD_BITS];

/* Draws the rows along the first i row axes. Returns the bits behind them. */
static size_t
draw(const drop_boxes *b, const drop_layout *l, int i, size_t bit,
     uint64_t index)
{
    if (i) {
        const drop_row_axis *rows = &l->row_axis[i - 1];
        for (size_t j = 0; j < rows->n; j++) {
            bit = draw(b, l, i - 1, bit, index + j * rows->mask);
        }
        return bit;
    }
    const size_t step = l->pitch ? 8 * l->pitch : 1;
    const size_t count = l->pitch ? l->places[b->across] : 1;
    for (size_t j = 0; j < l->row; j++) {
        for (size_t k = 0; k < count; k++) {
            const uint64_t mask = count > 1 ? b->axis[b->across].mask : 0;
            drawn[bit + j * step + k] = index + j + k * mask;
        }
    }
    return bit + l->row * step;
}

/* Checks the bits of a box's elements from axis i on. */
static void
check_bits(const drop_boxes *b, const drop_layout *l, int i, size_t bit,
           uint64_t index)
{
    if (i == b->axes) {
        if (bit >= l->bits || drawn[bit] != index) {
            fail("bit %zu of %" PRIu64 " is not that of element %" PRIu64, bit,
                 l->bits, index);
        }
        return;
    }
    const size_t n = b->axis[i].mask ? l->places[i] : 1;
    for (size_t j = 0; j < n; j++) {
        check_bits(b, l, i + 1, bit + j * l->held[i],
                   index + j * b->axis[i].mask);
    }
}

static void
check_box(const drop_boxes *b, const size_t *places)
{
    drop_layout layout;
    drop_layout_make(&layout, b, places);
    if (layout.bits > DROP_HELD_BITS) {
        fail("%" PRIu64 " bits of a box of %d axes cannot be held",
             layout.bits, b->axes);
    }
    draw(b, &layout, layout.row_axes, 0, 0);
    check_bits(b, &layout, 0, 0, 0);
    checks++;
}

/* A whole box, and those of the last along some axes. */
static void
check_boxes(const drop_axis *axis, int axes)
{
    drop_plan plan = {.outers = axes - 1, .inner = axis[axes - 1]};
    drop_boxes boxes;
    size_t places[DROP_MAX_AXES];
    memcpy(plan.axis, axis, (size_t)plan.outers * sizeof *axis);
    drop_boxes_choose(&boxes, &plan);
    memcpy(places, boxes.most, sizeof places);
    check_box(&boxes, places);
    for (int i = 0; i < boxes.axes; i++) {
        if (one_in(2)) {
            places[i] = (boxes.axis[i].n - 1) % boxes.most[i] + 1;
        }
    }
    check_box(&boxes, places);
}

/* Axes of a mask in any order of memory, some shared, some a part of longer
 * ones; or with strides that do not depend on each other. */
static void
check_any_boxes(void)
{
    const int axes = 1 + (int)below(AXES), strange = one_in(3);
    drop_axis axis[AXES];
    uint64_t mask = 1;
    ptrdiff_t step = 4;
    for (int i = 0; i < axes; i++) {
        const size_t n = 2 + (one_in(3) ? below(3000) : below(12));
        axis[i] = (drop_axis){.n = n, .mask = one_in(4) ? 0 : mask};
        mask *= axis[i].mask ? n + (one_in(3) ? below(600) : 0) : 1;
        if (strange && axis[i].mask) {
            axis[i].mask = one_in(3) ? 0 - below(mask) : 1 + below(mask);
        }
    }
    for (int i = axes; i-- > 0;) {
        const int j = (int)below((uint64_t)i + 1);
        const drop_axis next = axis[j];
        axis[j] = axis[i];
        axis[i] = next;
        axis[i].out = axis[i].x = axis[i].r = step;
        step *= (ptrdiff_t)axis[i].n;
    }
    check_boxes(axis, axes);
}

/* Axes that are of a row in whole boxes alone: rows along both would be too
 * many. */
static void
check_rows(void)
{
    const drop_axis axis[][AXES] = {
        {{.n = 4, .out = 2 << 24, .mask = 48240},
         {.n = 10, .out = 3 << 22, .mask = 2680},
         {.n = 2676, .out = 1956, .mask = 7},
         {.n = 163, .out = 12, .mask = 2910},
         {.n = 3, .out = 4, .mask = 2680}},
        {{.n = 2192, .out = 1 << 20, .mask = 1},
         {.n = 13, .out = 1 << 16, .mask = 541},
         {.n = 2007, .out = 28, .mask = 1351},
         {.n = 7, .out = 4, .mask = 1149}},
        {{.n = 2264, .out = 1 << 15, .mask = 1},
         {.n = 732, .out = 24, .mask = 1736},
         {.n = 3, .out = 8, .mask = 1715},
         {.n = 2, .out = 4, .mask = 1715}},
    };
    check_boxes(axis[0], 5);
    check_boxes(axis[1], 4);
    check_boxes(axis[2], 4);
}

void
test_box(void)
{
    check_rows();
    for (int i = 0; i < TIMES; i++) {
        if (!is_skipped()) {
            check_any_boxes();
        }
    }
}
